"""What channels were called when Slack told last: kept in the ledger, for the next start and for other replicas."""

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from slack_bot.ledger import Ledger, channel_names


def kept_names(connection: Connection) -> dict[str, str]:
    """The names by the channels' ids, without the #; also of channels that are registered no more."""
    query = select(channel_names.c.channel, channel_names.c.name)
    return {row.channel: row.name for row in connection.execute(query)}


def keep_name(ledger: Ledger, channel: str, name: str, now: int) -> None:
    """Keeps it in place of the earlier one."""
    values = {"name": name, "read_at": now}
    here = channel_names.c.channel == channel
    try:
        with ledger.write() as tx:
            if tx.execute(update(channel_names).where(here).values(values)).rowcount == 0:
                tx.execute(insert(channel_names).values(channel=channel, **values))
    except IntegrityError:
        return  # another replica has just done it
