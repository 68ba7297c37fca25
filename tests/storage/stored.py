"""Reads from the outbox's keys, as an operator does with `redis-cli`, what was sent and what was given up."""

from bot.domain.place import Place
from bot.storage.store import Store


async def newest_message(store: Store, incident: str, place: Place) -> str | None:
    """Return the id of the newest message about an incident in a place, None where there is none."""
    message = await store.database.command("HGET", f"{{ob}}:sent:{incident}", str(place))
    return message.decode().partition(" ")[0] if message else None


async def given_up(store: Store) -> list[dict[str, str]]:
    """Return the facts of every delivery that was given up, newest first."""
    entries = await store.database.command("XREVRANGE", "{ob}:dead", "+", "-")
    return [{name.decode(): value.decode() for name, value in fields.items()} for _, fields in entries]
