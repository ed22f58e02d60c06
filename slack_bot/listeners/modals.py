"""The modals behind a card: opened for a press, and the answers that come back from them."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from slack_bolt import Ack, App

from slack_bot import answers, audit, inbox
from slack_bot.ballots import Ballot
from slack_bot.blocks import (
    APPROVE_FORM,
    BREAK_GLASS_FORM,
    CHOSEN_DURATION,
    DENY_FORM,
    DURATION_BLOCK,
    LONGEST_REASON,
    REASON,
    REASON_BLOCK,
    TYPED_DURATION,
    Asking,
    Choice,
    View,
    announced_in,
    approve_form,
    break_glass_form,
    deny_form,
    details,
    duration_of,
    option_value,
    told_duration,
)
from slack_bot.clock import MINUTE, SECOND
from slack_bot.desk import Desk
from slack_bot.directory import Busy
from slack_bot.inbox import Inbox, Item
from slack_bot.language.duration_text import NotADuration, read_duration, read_end
from slack_bot.listeners.payloads import at
from slack_bot.listeners.votes import (
    VALUE,
    Entitled,
    Pressed,
    approver,
    count,
    is_backup_called,
    offered_duration,
    refuse,
    refuse_the_late,
    refuse_the_old,
    refuse_too_long,
    refuse_where_none_is_short_enough,
    shown_request,
    tally,
)
from slack_bot.plain_text import one_line
from slack_bot.policy import ChannelPolicy
from slack_bot.refusal import No
from slack_bot.requesters import who_asked
from slack_bot.rows import RequestRow, votes_of
from slack_bot.slack_api import Refused, SlackFailure
from upstream_client.models import ONE_TIME, ApprovalRequest, Duration, Verdict

KIND = "submission"
MALFORMED = "malformed form"
TRIGGER_LIVES = 3 * SECOND
"""So long after a press a modal may be opened (docs.slack.dev/interactivity/handling-user-interaction)."""
KEPT_OF_MALFORMED = 2_000
LONGEST_ZONE = 64
LONGEST_INPUT = 3_000
"""Slack's own limit for what is typed into one input."""

TOO_SLOW = "That took too long, and I counted nothing. Please press again."
NOT_OPENED = "Slack did not let me open the form, so I counted nothing. Please press again, or tell an admin."
NOT_OUR_FORM = (
    "This form does not belong to a card of mine, so I did nothing. "
    "The people who run me will see it in my log."
)
REASON_NEEDED = "Please write a reason."
REASON_TOO_LONG = f"Please write at most {LONGEST_REASON:,} characters."

FORMS = (APPROVE_FORM, DENY_FORM, BREAK_GLASS_FORM)

_CHANNEL = "[A-Z0-9]{2,20}"

log = structlog.get_logger(__name__)


class Form(BaseModel):
    """What a form remembers of the press that opened it, in its private_metadata.

    ``duration`` is the option's value of the only one offered, which the form told and did not ask; ``longest``
    that of the longest the channel allows, as the form told it.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    channel: str = Field(pattern=f"^{_CHANNEL}$")
    message_ts: str = Field(pattern=r"^[0-9]{1,16}\.[0-9]{1,9}$")
    value: str = Field(pattern=f"^{VALUE}$")
    zone: str = Field(max_length=LONGEST_ZONE)
    opened_at: int = Field(ge=0, lt=2**63)
    duration: str | None = Field(default=None, max_length=150)
    longest: str | None = Field(default=None, pattern="^(once|[1-9][0-9]{0,15})$")

    def refuse_too_long(self, duration: Duration) -> None:
        """No approval holds for longer than the form said. Raises `NotADuration`."""
        if self.longest is None:
            return
        longest = duration_of(self.longest)
        if duration.exceeds(longest):
            raise NotADuration(answers.too_long_to_write(longest))


class Submission(BaseModel):
    """A submitted form, as much as is needed of Slack's view_submission payload.

    ``typed`` or ``chosen`` is the duration: words, or an option's value.
    """

    model_config = ConfigDict(frozen=True)

    user: str = Field(pattern=r"^[A-Z0-9]{2,20}$")
    view_id: str = Field(pattern=r"^[A-Z0-9]{2,40}$")
    callback_id: str = Field(pattern=f"^({'|'.join(FORMS)})$")
    form: Form
    typed: str | None = Field(max_length=LONGEST_INPUT)
    chosen: str | None = Field(max_length=150)
    reason: str = Field(max_length=LONGEST_INPUT)

    @classmethod
    def read(cls, body: dict[str, Any]) -> Self:
        """From Slack's payload. Raises `pydantic.ValidationError` where it lacks what a submission must have."""
        inputs = at(body, "view", "state", "values")
        metadata = at(body, "view", "private_metadata")
        return cls.model_validate(
            {
                "user": at(body, "user", "id"),
                "view_id": at(body, "view", "id"),
                "callback_id": at(body, "view", "callback_id"),
                "form": Form.model_validate_json(metadata if isinstance(metadata, str) else ""),
                "typed": at(inputs, DURATION_BLOCK, TYPED_DURATION, "value"),
                "chosen": at(inputs, DURATION_BLOCK, CHOSEN_DURATION, "selected_option", "value"),
                "reason": at(inputs, REASON_BLOCK, REASON, "value") or "",
            }
        )

    @property
    def verdict(self) -> Verdict:
        """What the form was for."""
        return Verdict.DENY if self.callback_id == DENY_FORM else Verdict.APPROVE

    @property
    def breaks_glass(self) -> bool:
        """Whether it is to decide for the whole quorum."""
        return self.callback_id == BREAK_GLASS_FORM

    def problems(self, now: int) -> dict[str, str]:
        """What the person has to mend before it can be taken: {block_id: words}."""
        found = {}
        needs_reason = self.verdict is Verdict.DENY or self.breaks_glass
        if needs_reason and not one_line(self.reason):
            found[REASON_BLOCK] = REASON_NEEDED
        if len(self.reason) > LONGEST_REASON:
            found[REASON_BLOCK] = REASON_TOO_LONG
        if self.verdict is Verdict.APPROVE and self.typed is not None:
            try:
                self.form.refuse_too_long(read_duration(self.typed, now, self.form.zone))
            except NotADuration as error:
                found[DURATION_BLOCK] = str(error)
        return found


def register(app: App, box: Inbox) -> None:
    """Saves submitted forms, then acknowledges them; what has to be mended is said in the form, and not saved."""

    def receive(ack: Ack, body: dict[str, Any]) -> None:
        try:
            submission = Submission.read(body)
        except ValidationError:
            _save_malformed(box, body)
            ack()
            return
        if problems := submission.problems(box.now()):
            ack(response_action="errors", errors=problems)
            return
        box.save(
            KIND,
            f"view:{submission.user}:{submission.view_id}",
            channel=submission.form.channel,
            user_id=submission.user,
            payload=submission.model_dump_json(),
        )
        ack()

    for callback_id in FORMS:
        app.view(callback_id)(receive)


def _save_malformed(box: Inbox, body: dict[str, Any]) -> None:
    user, view = str(at(body, "user", "id"))[:20], body.get("view")
    submitted = json.dumps(view, default=str)[:KEPT_OF_MALFORMED]
    once = f"malformed view:{user}:{at(view, 'id')}"
    channel = _channel_of(at(view, "private_metadata"))
    box.save(MALFORMED, once, channel=channel, user_id=user, payload=json.dumps({"submitted": submitted}))


def _channel_of(metadata: object) -> str:
    """Where the person may be told, if the form says so; nobody else reads it."""
    try:
        told = at(json.loads(metadata), "channel") if isinstance(metadata, str) else None
    except (ValueError, RecursionError):
        return ""
    return told if isinstance(told, str) and re.fullmatch(_CHANNEL, told) else ""


def handle_malformed(item: Item, desk: Desk, now: int) -> None:
    """A form that is none of ours: told to the person and to the log."""
    desk.refuse(item, now, "malformed form", NOT_OUR_FORM, security=True, click=True)


def handle(item: Item, desk: Desk, now: int) -> None:
    """Counts a submitted form as a vote, or says in private why not.

    Raises `slack_bot.directory.Busy` where Slack asks to wait before it tells who the person is.
    """
    submission = Submission.model_validate_json(item.payload)
    form = submission.form
    pressed = Pressed(submission.user, form.channel, form.message_ts, form.value)
    key = None
    try:
        refuse_the_old(item, now)
        _refuse_the_future(item, form)
        key, shown = pressed.read_value()
        row = shown_request(pressed, key, desk)
        who = approver(pressed, desk, row, submission.verdict, now, break_glass=submission.breaks_glass)
        ballot = _ballot(item, submission, shown, row, desk, who)
    except No as no:
        refuse(item, desk, now, no.worded({answers.NOT_OURS: NOT_OUR_FORM}), key)
    else:
        count(item, ballot, row, desk, now, who.requester)


def _refuse_the_future(item: Item, form: Form) -> None:
    """A form opened after it was submitted: the clock was set back, or its metadata is not ours."""
    if form.opened_at - item.received_at > MINUTE:
        raise No("opened in the future", answers.STALE)


def _ballot(
    item: Item, submission: Submission, shown: str, row: RequestRow, desk: Desk, who: Entitled
) -> Ballot:
    form = submission.form
    duration, until_at = _duration(item, submission, row, desk)
    refuse_too_long(duration, who.policy)
    return Ballot(
        shown,
        form.channel,
        who.voter,
        who.person.name,
        submission.verdict,
        duration,
        item.id,
        # What the form showed is as old as the form, however late it was submitted.
        pressed_at=min(form.opened_at, item.received_at),
        rules=who.policy,
        # PostgreSQL keeps no NUL.
        reason=submission.reason.replace("\0", "").strip(),
        until_at=until_at,
        backup_called=who.backup_called,
        break_glass=submission.breaks_glass,
    )


def _duration(item: Item, submission: Submission, row: RequestRow, desk: Desk) -> tuple[Duration, int | None]:
    """For how long, counted from the submission, and until which moment, where one was typed. Raises `No`."""
    form = submission.form
    if submission.verdict is Verdict.DENY:
        return ONE_TIME, None
    if submission.typed is None:
        told = form.duration if submission.chosen is None else submission.chosen
        return offered_duration(row, told), None
    try:
        duration = read_duration(submission.typed, item.received_at, form.zone)
        until_at = read_end(submission.typed, item.received_at, form.zone)
    except NotADuration as error:
        raise No("not a duration", str(error)) from error
    takes_others = desk.upstreams[row.upstream].other_durations
    if not takes_others and (until_at is not None or duration not in row.asked.durations):
        raise No("duration not offered", answers.CHOOSE_DURATION, security=True)
    return duration, until_at


@dataclass(frozen=True, slots=True)
class Opening:
    """What was chosen on a card. ``menu`` is what its menu of durations showed, ``trigger`` Slack's trigger id."""

    pressed: Pressed
    choice: Choice
    menu: str | None
    trigger: str


def open_for(item: Item, desk: Desk, now: int, row: RequestRow, opening: Opening) -> None:
    """Opens the modal that was chosen on the card; counts nothing.

    Raises `slack_bot.listeners.votes.No`, or `slack_bot.directory.Busy`.
    """
    if now - item.received_at > TRIGGER_LIVES:
        raise No("trigger expired", TOO_SLOW)
    is_form = opening.choice is not Choice.DETAILS
    view = _form(row, opening, desk, now) if is_form else _details(row, opening.pressed, desk, now)
    result = _open(desk, opening.trigger, view)
    with desk.ledger.write() as tx:
        if inbox.is_waiting(tx, item):
            desk.note_click(tx, item, now, row.key)
            inbox.finish(tx, item, now, result)


def _form(row: RequestRow, opening: Opening, desk: Desk, now: int) -> View:
    """Refuses before anything is typed."""
    pressed, upstream = opening.pressed, desk.upstreams[row.upstream]
    verdict = Verdict.DENY if opening.choice is Choice.REASON else Verdict.APPROVE
    breaks_glass = opening.choice is Choice.BREAK_GLASS
    who = approver(pressed, desk, row, verdict, now, break_glass=breaks_glass)
    refuse_the_late(row, pressed, desk)
    metadata = _metadata(row, pressed, desk, now, who)
    if verdict is Verdict.DENY:
        return deny_form(row, upstream, metadata)
    refuse_where_none_is_short_enough(row, desk, who.policy)
    asking = Asking(row, upstream, who.policy, opening.menu, who.person.zone[:LONGEST_ZONE], metadata)
    if not breaks_glass:
        return approve_form(asking)
    with desk.ledger.read() as connection:
        so_far = tally(connection, row, pressed.channel, who.policy, now, backup_called=who.backup_called)
    return break_glass_form(asking, so_far, announced_in(pressed.channel, who.policy))


def _metadata(row: RequestRow, pressed: Pressed, desk: Desk, now: int, who: Entitled) -> str:
    told = told_duration(row.asked, desk.upstreams[row.upstream], who.policy)
    form = Form(
        channel=pressed.channel,
        message_ts=pressed.message_ts,
        value=pressed.value,
        zone=who.person.zone[:LONGEST_ZONE],
        opened_at=now,
        duration=None if told is None else option_value(told),
        longest=None if who.policy.longest is None else option_value(who.policy.longest),
    )
    # Without what is left out: a replica of the version before takes a form that has no longest.
    return form.model_dump_json(exclude_none=True)


def _details(row: RequestRow, pressed: Pressed, desk: Desk, now: int) -> View:
    channel = desk.channels.get(pressed.channel)
    policy = None if channel is None else channel.policy
    with desk.ledger.read() as connection:
        votes = votes_of(connection, row.key, row.revision, pressed.channel)
        records = audit.records(connection, row.key)
    return details(
        row,
        desk.upstreams[row.upstream],
        policy,
        votes,
        records,
        _requester(row.asked, policy, desk),
        backup_called=is_backup_called(pressed, desk, row),
        now=now,
    )


def _requester(asked: ApprovalRequest, policy: ChannelPolicy | None, desk: Desk) -> str:
    """Who asked, by their id in Slack; "" where that cannot be told: the details are worth showing without."""
    try:
        return who_asked(desk.directory, desk.scopes, policy or ChannelPolicy(), asked).user_id
    except Busy as error:
        log.info("who asked is not known in Slack", why=str(error))
        return ""


def _open(desk: Desk, trigger: str, view: View) -> str:
    """What became of it. Raises `No`."""
    try:
        desk.call("views.open", {"trigger_id": trigger, "view": view})
    except Refused as refused:
        if refused.code == "exchanged_trigger_id":
            return "opened before"
        log.warning("a modal was not opened", why=str(refused))
        words = TOO_SLOW if refused.code == "expired_trigger_id" else NOT_OPENED
        raise No(f"modal not opened: {refused.code}", words) from refused
    except SlackFailure as failure:
        log.warning("a modal was not opened", why=str(failure))
        raise No("modal not opened", TOO_SLOW) from failure
    return "opened"


HANDLERS: Mapping[str, Callable[[Item, Desk, int], None]] = {KIND: handle, MALFORMED: handle_malformed}
