"""Who may decide in a channel: told, named in words, or picked in the welcome."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from slack_bot import answers
from slack_bot.audit import Kind
from slack_bot.blocks import declared_in_file, farewell, mark_of
from slack_bot.channel_store import Channel, Source
from slack_bot.conversation import as_json, registering, welcomes
from slack_bot.conversation.admins import require_admin
from slack_bot.conversation.asked import Announcement, Asked, Change, Reply
from slack_bot.conversation.changing import Done, carry_out, is_begun
from slack_bot.conversation.outsiders import refuse_outsiders
from slack_bot.conversation.places import not_here, registered
from slack_bot.conversation.registering import Surroundings
from slack_bot.directory import CannotTell
from slack_bot.policy import ChannelPolicy, Standing
from slack_bot.policy.opt_out import opted
from slack_bot.policy.words import how_many_in_words
from slack_bot.refusal import No

MOST_USERS, MOST_GROUPS = 30, 10
"""More than these are better put into a user group; what is stored has its limit too."""


@dataclass(frozen=True, slots=True)
class Picked:
    """What was picked in the welcome that is the message ``ts``, which showed the policy that has this ``mark``.

    ``groups`` is None where no menu offered any. ``quorum``: whether more than one approver is to be asked for,
    None where nothing offered that.
    """

    ts: str
    mark: str
    users: tuple[str, ...]
    groups: tuple[str, ...] | None
    everyone: bool
    quorum: bool | None = None


def tell(asked: Asked) -> Reply:
    """The policy here, and where each part comes from; directly, of every channel. Raises `No`, `Busy`."""
    if asked.channel:
        return Reply(answers.policy_of(registered(asked)))
    refuse_outsiders(asked)
    lines = answers.policies_of(asked.desk.channels.all())
    if asked.desk.channels.trouble:
        lines.append(not_here(asked))
    return Reply("\n".join(lines) or answers.NO_CHANNELS)


def name(asked: Asked, users: Iterable[str], groups: Iterable[str], *, everyone: bool) -> Reply:
    """Lets these decide in this channel, and says so to all in it. Raises `No`, `slack_bot.directory.Busy`."""
    if not asked.channel:
        raise No("no channel named", answers.SAY_IT_THERE)
    channel = registered(asked)
    require_admin(asked)
    policy = _checked(asked, channel.policy, users, groups, everyone=everyone)
    caveats = _caveats(asked, policy)
    around = _surroundings(asked) if welcomes.is_known(asked, channel.id) else None
    after, done = _set(asked, channel, policy)
    if around is not None:
        caveats += welcomes.keep_true(asked, channel.id, registering.drawn(asked, after, around))
    line = Announcement(channel.id, answers.chosen(after.policy, asked.user))
    words = answers.policy_now(after.policy, [*caveats, *done.caveats])
    return Reply(words, changes=done.changes, announcements=(line,))


def _surroundings(asked: Asked) -> Surroundings | None:
    """None where Slack does not tell: what was asked is more than that the welcome shows it."""
    try:
        return registering.look_around(asked)
    except No:
        return None


def pick(asked: Asked, picked: Picked) -> Reply:
    """Lets those decide who were picked, and draws the welcome again. Raises `No`, `slack_bot.directory.Busy`."""
    channel = asked.registered
    if channel is None:
        raise _no_channel(asked, picked)
    require_admin(asked)
    _refuse_declared(asked, picked, channel)
    groups = channel.policy.groups if picked.groups is None else picked.groups
    policy = _checked(asked, channel.policy, picked.users, groups, everyone=picked.everyone)
    if picked.quorum is not None:
        policy = opted(policy, out=not picked.quorum)
    caveats = _caveats(asked, policy)
    around = registering.look_around(asked)
    if picked.mark != mark_of(channel.policy) and not is_begun(asked):
        failed = welcomes.draw(asked, channel.id, picked.ts, registering.drawn(asked, channel, around))
        raise No("menu out of date", " ".join([answers.MENU_OUT_OF_DATE, *failed]))
    after, done = _set(asked, channel, policy)
    caveats += welcomes.draw(asked, channel.id, picked.ts, registering.drawn(asked, after, around))
    quorum = _quorum(after, done)
    words = answers.policy_now(after.policy, [*quorum, *caveats, *done.caveats])
    lines = [Announcement(channel.id, answers.quorum_chosen(one, asked.user)) for one in quorum]
    return Reply(words, changes=done.changes, announcements=tuple(lines))


def _quorum(after: Channel, done: Done) -> list[str]:
    """How many must approve from now on, where that was changed: the record tells it, after a crash as well."""
    said = [(_numbers(change.before), _numbers(change.after)) for change in done.changes]
    return [how_many_in_words(after.policy)] if any(one != other for one, other in said) else []


def _numbers(policy: object) -> object:
    """What a policy, as the audit log keeps it, says of how many must approve."""
    return policy.get("approvals") if isinstance(policy, dict) else None


def _no_channel(asked: Asked, picked: Picked) -> No:
    """Why nothing can be picked here. A welcome of a channel that was removed offers it no more."""
    if asked.desk.channels.trouble:
        return No("channels unread", answers.channels_unread(asked.desk.channels.trouble))
    failed = welcomes.draw(asked, asked.channel, picked.ts, farewell(asked.channel))
    return No("channel not registered", " ".join([answers.NOT_REGISTERED, *failed]))


def _refuse_declared(asked: Asked, picked: Picked, channel: Channel) -> None:
    """What the file declares is changed there alone: a welcome from before offers it no more. Raises `No`."""
    if why := asked.desk.channels.why_declared(channel.id):
        failed = welcomes.draw(asked, channel.id, picked.ts, declared_in_file(channel.id, why))
        raise No("declared elsewhere", " ".join([why, *failed]))


def _checked(
    asked: Asked, before: ChannelPolicy, users: Iterable[str], groups: Iterable[str], *, everyone: bool
) -> ChannelPolicy:
    """The policy that names these, its terms as before. Raises `No` for what cannot decide, or is too much."""
    people, named = tuple(dict.fromkeys(users)), tuple(dict.fromkeys(groups))
    if len(people) > MOST_USERS or len(named) > MOST_GROUPS:
        raise No("too many approvers", answers.too_many(MOST_USERS, MOST_GROUPS))
    for user in people:
        _refuse_who_cannot_decide(asked, user)
    _refuse_unknown_groups(asked, named)
    return replace(before, users=people, groups=named, everyone=everyone)


def _refuse_who_cannot_decide(asked: Asked, user: str) -> None:
    try:
        person = asked.desk.directory.person(user, f"who <@{user}> is")
    except CannotTell as error:
        raise No("cannot tell who is named", f"{error} Nothing is changed.") from error
    if person.standing is Standing.BOT:
        raise No("no bots", answers.is_bot(user))
    if person.standing is Standing.DEACTIVATED:
        raise No("no deactivated accounts", answers.is_deactivated(user))


def _refuse_unknown_groups(asked: Asked, groups: Sequence[str]) -> None:
    """Where the groups cannot be read, any is taken: the answer says that it cannot be checked."""
    try:
        known = {group.id for group in asked.desk.directory.groups()} if groups else set()
    except CannotTell:
        return
    if unknown := [group for group in groups if group not in known]:
        raise No("no such group", answers.no_such_group(unknown[0]))


def _caveats(asked: Asked, policy: ChannelPolicy) -> list[str]:
    """What keeps the policy from working as it reads."""
    directory, caveats = asked.desk.directory, []
    if policy.groups:
        try:
            directory.groups()
        except CannotTell as error:
            caveats.append(answers.groups_unread(str(error)))
    if policy.everyone:
        try:
            directory.place(asked.channel)
        except CannotTell as error:
            caveats.append(answers.members_unread(str(error)))
    return caveats


def _set(asked: Asked, channel: Channel, policy: ChannelPolicy) -> tuple[Channel, Done]:
    """The channel as it holds then, and what is to be recorded."""
    by = channel.policy.registered_by
    if channel.source is Source.ENVIRONMENT:
        by = by or asked.user  # the setting names nobody
    after = replace(policy, registered_by=by)
    before, wanted = as_json.policy(channel.policy), as_json.policy(after)
    wish = Change(Kind.CHANNEL_CHANGED, channel.id, before, wanted)
    done = carry_out(
        asked,
        wish,
        lambda: asked.desk.channels.set_policy(channel.id, policy, asked.user),
        stands=before == wanted,
    )
    return replace(channel, policy=after), done
