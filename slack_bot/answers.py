"""What people are told about what they pressed or wrote. Pure; mrkdwn, in our own words."""

from collections.abc import Sequence
from dataclasses import replace

from slack_bot.blocks import UpstreamName
from slack_bot.channel import Channel, Source
from slack_bot.clock import MINUTE, SECOND, utc_text
from slack_bot.command_parser import HELP
from slack_bot.plain_text import escaped
from slack_bot.policy import (
    Admins,
    ChannelPolicy,
    Tally,
    describe,
    describe_admins,
    in_words,
    with_short_lists,
)
from upstream_client.models import Duration, Risk

OLD_NEWS = 10 * MINUTE
"""After so long an upstream's list is worth a warning."""

STALE = (
    "I could not get to what you pressed within 15 minutes, so I did not count it. "
    "If the card still has its buttons, please press again."
)
NOT_OURS = (
    "This button does not belong to this card, so I did nothing. The people who run me will see it in my log."
)
OUTDATED_CARD = (
    "This card is no longer the current one, so I did nothing. Please use the newest card of the request."
)
CHANGED = (
    "The request changed since the card you saw, so I did not count your answer. Please read the card again."
)
RUN_OUT = (
    "The moment until which you approved is less than a minute away by now, so I did not count it. "
    "If you still approve, please name a later one."
)
NOT_CONFIGURED = (
    "I am not connected any more to the system that asked for this, so I did nothing. Please tell an admin."
)
NOT_REGISTERED = "No approvals are decided in this channel any more, so I did nothing. Please ask an admin."
CHOOSE_DURATION = "I need a duration that the card offers, so I did nothing. Please choose one from its menu."


SAID_TOO_LONG_AGO = (
    "I could not get to what you asked within 15 minutes, so I leave it. "
    "Please look at `status`, and ask again if you still want it."
)
LEFT_UNDONE = (
    "I was stopped in the middle of what you asked, and by now it is more than 15 minutes old, so I leave it: it "
    "is not done. Please ask again if you still want it."
)
NOT_STORED_AFTER_ALL = (
    "What you asked is not stored, so I go on as before. Please ask again if you still want it."
)
OVERTAKEN = (
    "What you asked had to wait, and what was asked after it is done already, so I leave it. "
    "Please look at `status`, and ask again if you still want it."
)
CHANGED_SINCE = (
    "I was stopped in the middle of what you asked, and somebody else has changed the same since, so I leave "
    "it. Please look at `status`, and ask again if you still want it."
)
TOO_LONG = "That was longer than any command, so I did nothing. Please write it shorter."
NOT_OUR_MENU = (
    "This menu does not belong to a message that I keep, so I did nothing. "
    "The people who run me will see it in my log."
)
MENU_OUT_OF_DATE = (
    "This menu was out of date: the policy of this channel was changed since it was drawn, so I saved nothing. "
    "I draw it anew. Please pick again, or mention me with `approvers @person`."
)
WHICH_CHANNEL = "Which channel do you mean? Please write it in the channel, or name the channel with its #."
SAY_IT_THERE = "Please write this in the channel that you mean."
WHICH_SCHEDULE = (
    "Which schedule do you mean? Here you have to say it: `autoapprove all …`, or `autoapprove #channel …`."
)
NO_CHANNELS = "No channel is registered yet. An admin registers one by mentioning me in it."
FOR_MEMBERS = "Guests and people of other workspaces can ask me this only in a channel where I post requests."
ONLY_FOR_APPROVERS = (
    "I tell this to those who may decide, and to admins. Please ask in a channel where I post."
)
NO_DIRECT_CHANNEL = "I post requests in channels only. Invite me into one, and mention me there."
ARCHIVED = "This channel is archived, so I cannot post requests here."
SHARED = (
    "This channel is shared with another organisation: its people cannot decide here unless they are picked "
    "by name."
)
HAS_SCHEDULE = (
    "A schedule from before still approves requests here without a person. "
    "See “autoapprove status”; “autoapprove off” ends it."
)
HAS_SCHEDULE_FOR_ALL = (
    "The schedule for all channels approves requests here without a person. "
    "See “autoapprove status”; “autoapprove all off” ends it, and “autoapprove off” for this channel."
)
STILL_FOR_ALL = (
    "No channel is registered now, but the schedule for all is still on: it approves again as soon as one is. "
    "`autoapprove all off` ends it."
)
STILL_ROUTED = (
    "⚠️ Requests are still routed there, and what no other channel of their route shows is shown nowhere: "
    "see `route list`."
)
MOST_TOLD = 4_000
"""Characters with which a text is shown best (docs.slack.dev/reference/methods/chat.postMessage)."""
MOST_OF_A_PART = 1_000
"""As many people and groups as can be named in Slack take less."""


def too_long(longest: Duration) -> str:
    """For somebody who wanted to approve for longer than the channel allows."""
    return (
        f"In this channel an approval holds for {longest.words} at most, so I did nothing. "
        "Please choose a shorter time."
    )


def too_long_to_write(longest: Duration) -> str:
    """The same in the form, where nothing is lost yet."""
    return f"In this channel an approval holds for {longest.words} at most. Please write a shorter time."


def none_short_enough(longest: Duration, upstream: UpstreamName) -> str:
    """For somebody who wanted to approve what can be approved only for longer than the channel allows."""
    return (
        f"In this channel an approval holds for {longest.words} at most, and {upstream.title} offers nothing so "
        "short, so I did nothing. You may deny it, or an admin may allow more: see `policy`."
    )


def repeated(tally: Tally, how_long: str) -> str:
    """For somebody who approved once more; ``how_long`` is what they chose before."""
    return (
        f"Your approval counts already. It is for {how_long}, and stays so. "
        f"It needs {tally.missing}, by the rule “{tally.rule}”."
    )


def not_registered(who: str) -> str:
    """For somebody who wants something of a channel in which nothing is posted; ``who`` can help."""
    return (
        "This channel is not registered, so I post no requests here. "
        f"To register it, an admin mentions me here without any other words. {who}"
    )


def who_are_admins(admins: Admins) -> str:
    """A sentence."""
    return f"Admins are {describe_admins(admins)}."


def about(channel: Channel, waiting: int) -> str:
    """What the bot does in a registered channel, in which so many requests wait on cards."""
    return f"I post approval requests here. {how_many(waiting)} waiting on cards here. {who_decides(channel)}"


def how_many(waiting: int) -> str:
    """The beginning of a sentence on how many requests wait."""
    return "No request is" if waiting == 0 else "1 request is" if waiting == 1 else f"{waiting} requests are"


def help_on(topic: str = "") -> str:
    """What can be written, in all or of one command."""
    about_topic = [(write, does) for write, does in HELP if topic and write.split()[0] == topic]
    lines = (f"• `{write}`: {does}" for write, does in about_topic or HELP)
    return "\n".join(
        ["In a channel begin with my name; to me alone, or after `/approvals`, just write:", *lines]
    )


def not_stored(why: str) -> str:
    """The store did not take a change. ``why`` are its own words."""
    return f"I could not store this, so I go on as before. {escaped(why)}"


def unsettled(why: str) -> str:
    """Nobody knows whether the store took a change. ``why`` are its own words."""
    return (
        f"I cannot tell yet whether this is stored: {escaped(why)} "
        "Until I can, I approve nothing without a person. I look again, and tell you."
    )


def stored_over(why: str) -> str:
    """The store took a change, over somebody else's. ``why`` are its own words."""
    return f"⚠️ Somebody else changed this as well. {escaped(why)}"


def state_unread(why: str) -> str:
    """What channels and schedules there are cannot be read. ``why`` are the store's own words."""
    return (
        f"⚠️ I cannot read the channels and schedules that are stored: {escaped(why)} "
        "I go by what I read last, and approve nothing without a person."
    )


def routes_unread(why: str, *, holds_up: bool) -> str:
    """The routes cannot be read. ``why`` are the store's words; ``holds_up``: nobody can tell what goes where."""
    no_cards = " and post no new card, unless its request was asked in one channel" if holds_up else ""
    return (
        f"⚠️ I cannot read the routes that are stored: {escaped(why)} "
        f"Until I can, I approve nothing without a person{no_cards}."
    )


STANDING_BY = (
    "⚠️ Another replica of mine runs with another channels.json or SLACK_CHANNEL, and started after me. "
    "I decide nothing, and leave what you press to it. If none but me should run, restart me."
)


def not_changed_unread(why: str) -> str:
    """For whoever wants to change what cannot be read. ``why`` are the store's own words."""
    return f"{state_unread(why)} So I changed nothing: please ask again when that is mended."


def who_decides(channel: Channel) -> str:
    """A sentence; where nobody is named and nobody registered the channel, with what to do."""
    policy = channel.policy
    if policy.names_somebody_for(Risk.LOW) or policy.registered_by:
        return describe(policy)
    if channel.source is Source.FILE:
        return f"{describe(policy)} An admin has to name its approvers in channels.json."
    return f"{describe(policy)} An admin has to mention me in it, or name its approvers: `approvers @person`."


def where_from(channel: Channel) -> str:
    """What a channel is registered by, a sentence."""
    at = channel.registered_at
    by = f" by <@{channel.registered_by}>" if channel.registered_by else ""
    when = f", {moment(at)}" if at is not None else ""
    match channel.source:
        case Source.FILE:
            return "This is declared in channels.json."
        case Source.ENVIRONMENT:
            return "The channel is declared by SLACK_CHANNEL."
        case Source.STORE:
            return f"The channel was registered{by}{when}."


def policy_of(channel: Channel) -> str:
    """All that holds in a channel, and where each part comes from."""
    who, *others = in_words(channel.policy)
    parts = [replace(who, words=who_decides(channel)), *others]
    lines = (f"• *{part.rule}*: {_told(part.words)} ({part.said.value})" for part in parts)
    return "\n".join([f"{where_from(channel)} This holds here:", *lines])


def policies_of(registered: Sequence[Channel]) -> list[str]:
    """The same of every channel; where that is too much for one message, who decides in as many as fit."""
    whole = [f"<#{one.id}>: {policy_of(one)}" for one in registered]
    if len("\n".join(whole)) <= MOST_TOLD:
        return whole
    short = [f"<#{one.id}>: {_told(who_decides(one))} {where_from(one)}" for one in registered]
    fitting = [line for at, line in enumerate(short) if len("\n".join(short[: at + 1])) <= MOST_TOLD]
    left_out = len(short) - len(fitting)
    more = f"… and {left_out} more. " if left_out else ""
    return [*fitting, f"{more}To see all that holds in a channel, write `policy` there."]


def _told(words: str) -> str:
    """Without the end of a list that nobody reads: how many more there are; what comes after it is told."""
    words = with_short_lists(words)
    if len(words) <= MOST_OF_A_PART:
        return words
    begin = words[:MOST_OF_A_PART].rpartition(", ")[0]
    return f"{begin} … and {words.count('<') - begin.count('<')} more."


def groups_unread(why: str) -> str:
    """``why`` are the words of what failed."""
    return f"{why} Until I can, nobody decides by being in a user group."


def members_unread(why: str) -> str:
    """``why`` are the words of what failed."""
    return f"{why} Until I can read who is in this channel, nobody decides by being in it."


def policy_now(policy: ChannelPolicy, caveats: Sequence[str]) -> str:
    """For whoever chose approvers: what holds from now on."""
    begin = "This holds from now on." if policy.names_somebody else "Nobody is picked now."
    return " ".join([begin, describe(policy), *caveats])


def chosen(policy: ChannelPolicy, by: str) -> str:
    """For everybody in the channel whose approvers somebody named in words."""
    return f"From now on: {describe(policy)} <@{by}> has set this."


def quorum_chosen(how_many_must: str, by: str) -> str:
    """For everybody in a channel where the number of approvers was changed; the first are sentences."""
    return f"From now on: {how_many_must} <@{by}> has set this."


def too_many(users: int, groups: int) -> str:
    """More were named than are looked at."""
    return (
        f"I take at most {users} people and {groups} user groups, so nothing is changed. "
        "Please make a user group of them, and name that."
    )


def is_bot(user: str) -> str:
    """Somebody named a bot."""
    return f"<@{user}> is a bot, and bots cannot decide. Nothing is changed: please leave it out."


def is_deactivated(user: str) -> str:
    """Somebody named an account that is no more."""
    return f"The account of <@{user}> is deactivated. Nothing is changed: please leave it out."


def no_such_group(group: str) -> str:
    """Somebody named a group that is disabled, or not of this workspace."""
    return (
        f"<!subteam^{group}> is no user group that is in use here. Nothing is changed: please leave it out."
    )


def not_redrawn(why: str) -> str:
    """The choice stands, and the message where it was made still shows the one before."""
    return f"I could not draw the welcome again ({why}): it does not show this yet."


def removed(by: str) -> str:
    """For everybody in a channel that is registered no more."""
    return f"<@{by}> has removed this channel: I post no new requests here, and nothing is decided here any more."


def is_removed(channel: str) -> str:
    """For whoever removed a channel."""
    return (
        f"<#{channel}> is not registered any more, and it has no schedule of its own. "
        "Cards that stand there are still settled when their requests are."
    )


def nothing_to_remove(channel: str) -> str:
    """For whoever wanted to remove a channel that is none of ours."""
    return f"<#{channel}> is not registered, so there is nothing to remove."


def schedule_of_unregistered(channel: str) -> str:
    """For whoever wants a schedule where nothing is posted."""
    return f"<#{channel}> is not registered, so it has no schedule. An admin registers it by mentioning me in it."


def length(us: int) -> str:
    """How long something waits, in its largest unit."""
    minutes = max(us, 0) // MINUTE
    for size, noun in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            count = minutes // size
            return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
    return "less than a minute"


def channels_unread(why: str) -> str:
    """For a press in a channel that may well be registered: nobody can tell at the moment."""
    return (
        f"I cannot read which channels are registered, so I did nothing: {escaped(why)} "
        "Please press again later."
    )


def registrations_unread(why: str) -> str:
    """For somebody in a channel that may well be registered: nobody can tell at the moment."""
    return f"I cannot read which channels are registered: {escaped(why)} Please ask again later."


def as_of(title: str, read_at: int | None, now: int) -> str:
    """How old what is known of an upstream is. ``read_at``: when its list was last read."""
    if read_at is None:
        return f"⚠️ {title}: not read yet since I started."
    stale = "⚠️ " if now - read_at > OLD_NEWS else ""
    return f"{stale}{title}: as of {length(now - read_at)} ago."


def channels(registered: Sequence[Channel]) -> str:
    """Where requests are posted, a sentence."""
    return f"I post in {listed([f'<#{one.id}>' for one in registered])}." if registered else NO_CHANNELS


def scopes_missing(off: Sequence[tuple[str, str]]) -> str:
    """(scope, what is off without it), one below the other."""
    lines = (f"• `{scope}`: {what}" for scope, what in off)
    return "\n".join(["The app was not given these optional scopes, so this is off:", *lines])


def note(words: str) -> str:
    """What the operator should change."""
    return f"⚠️ {escaped(words)}"


def listed(parts: Sequence[str]) -> str:
    """A, B and C."""
    return " and ".join(part for part in (", ".join(parts[:-1]), *parts[-1:]) if part)


def moment(at: int) -> str:
    """A time in each reader's own zone, without "on" before it: of a near day Slack makes "today".

    ``at`` is in microseconds since 1970 UTC.
    """
    return f"<!date^{at // SECOND}^{{date_short_pretty}} at {{time}}|{utc_text(at)}>"
