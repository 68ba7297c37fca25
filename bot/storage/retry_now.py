"""What was put off because a place could not be written to, tried at once when it can be again."""

from collections.abc import Sequence

from bot.domain.place import Place
from bot.storage import keys
from bot.storage.connection import Database
from bot.storage.lua import script

_PLACES_AT_A_TIME, _AT_A_TIME = 100, 500


async def retry_now(database: Database, places: Sequence[Place]) -> None:
    """Make due what failed in these places and was put off, some hundred at a time; raise StorageError.

    It costs nothing for what waits for other places, however much that is.
    """
    for start in range(0, len(places), _PLACES_AT_A_TIME):
        words = [str(place) for place in places[start : start + _PLACES_AT_A_TIME]]
        while await database.script(script("lanes", "retry_now"), keys.FANOUT.key(), _AT_A_TIME, *words):
            pass
