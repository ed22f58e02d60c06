"""How far a waiting request has come: who has approved, and what is still needed. Pure."""

from slack_bot import rich_text
from slack_bot.blocks.mentions import listed, people
from slack_bot.blocks.upstream_name import UpstreamName
from slack_bot.plain_text import one_line
from slack_bot.policy import Tally
from slack_bot.rich_text import Line, line, text
from upstream_client.models import Verdict


def so_far(tally: Tally) -> str:
    """In numbers: "1 of 2"."""
    return f"{len(tally.given)} of {tally.asked_in_all}"


def progress(tally: Tally, upstream: UpstreamName) -> list[Line]:
    """One line; none where one approval of anybody is enough, and nobody has approved."""
    if tally.needed <= 1 and not tally.given and not tally.open_seats:
        return []
    by = [text(", by "), *people(tally.given)] if tally.given else []
    begin = line(text("Approvals: ", bold=True), text(so_far(tally)), *by)
    return [[*begin, *(_still_needed(tally) if tally.more else _enough(tally, upstream))]]


def _still_needed(tally: Tally) -> Line:
    seats = {group: tally.open_seats.count(group) for group in dict.fromkeys(tally.open_seats)}
    parts = [line(text(f"{count} of "), rich_text.group(group)) for group, count in seats.items()]
    if others := tally.more - len(tally.open_seats):
        parts.append(line(text(f"{others} more")))
    return line(text(" · still needed: "), *listed(parts), text(f", by the rule “{tally.rule}”"))


def _enough(tally: Tally, upstream: UpstreamName) -> Line:
    """The policy, or who is in a group, has changed since the last press: nothing is decided without one."""
    if tally.verdict is Verdict.DENY:
        return []
    return line(text(f" · that is enough now: the next press of “{one_line(upstream.approve)}” decides"))
