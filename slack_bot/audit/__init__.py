"""The audit log: what happened, in order, chained by hashes, written in the transaction that made it happen."""

from slack_bot.audit.log import append, records, tell_again
from slack_bot.audit.record import THE_BOT, Kind, Record

__all__ = ["THE_BOT", "Kind", "Record", "append", "records", "tell_again"]
