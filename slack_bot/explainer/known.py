"""What the bot knows beside the request: the channels and how they decide, and how risky requests are."""

from dataclasses import dataclass
from pathlib import Path

from slack_sdk import WebClient

from slack_bot.channel_names import NoSuchChannel, channel_id
from slack_bot.channel_store import FOLDER, Channel, ChannelStore, Declarations, Source
from slack_bot.config import Settings
from slack_bot.explainer.settings import CannotExplain
from slack_bot.parameter_store import ParameterStore, open_store
from slack_bot.policy import ChannelPolicy
from slack_bot.risk_rules import rate
from upstream_client.models import ApprovalRequest


@dataclass(frozen=True, slots=True)
class Known:
    """Reads as the bot does, and writes nothing; the ledger is not opened. ``slack`` is None offline."""

    settings: Settings
    declared: Declarations
    slack: WebClient | None

    def rated(self, request: ApprovalRequest) -> tuple[ApprovalRequest, int | None]:
        """The request with the risk that it has for the bot, and the place of the rule that gives it."""
        rules = self.declared.risk_rules
        place = next((place for place, rule in enumerate(rules) if rule.fits(request)), None)
        return rate(request, rules), place

    def channel(self, wanted: str) -> Channel | None:
        """The registered channel with this id; None where it is not registered.

        Raises `CannotExplain` or a `slack_bot.slack_api.SlackFailure` where that cannot be told.
        """
        channels = self._channels()
        found = channels.get(wanted)
        if channels.trouble and (found is None or found.source is Source.ENVIRONMENT):
            raise CannotExplain(f"Cannot tell how {wanted} decides: {channels.trouble}")
        if found is None and self._is_named(wanted):
            channels.declare(_by_setting(wanted))
        return channels.get(wanted)

    def _channels(self) -> ChannelStore:
        setting, file = self.settings.slack_channel, self.settings.channels_file
        named = [_by_setting(setting)] if setting and not setting.startswith("#") else []
        channels = ChannelStore(
            [*self.declared.channels, *named],
            _store(self.settings.state),
            file=file,
            defaults=self.declared.defaults,
        )
        channels.refresh()
        return channels

    def _is_named(self, wanted: str) -> bool:
        """Whether SLACK_CHANNEL means this one by its name."""
        name = self.settings.slack_channel
        if not name.startswith("#"):
            return False
        if self.slack is None:
            raise CannotExplain(f"Cannot tell offline whether SLACK_CHANNEL, {name}, is {wanted}.")
        try:
            return channel_id(self.slack, name) == wanted
        except NoSuchChannel:
            return False


def _by_setting(channel: str) -> Channel:
    return Channel(channel, ChannelPolicy(), Source.ENVIRONMENT, is_default=True)


def _store(state: str) -> ParameterStore | None:
    """None for a folder that the bot has not made yet: to read it would make it."""
    kind, _, place = state.partition(":")
    if kind == "file" and not (Path(place).expanduser() / FOLDER).is_dir():
        return None
    return open_store(state)
