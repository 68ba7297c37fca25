"""Makes deliveries due at once that failed in a place and were postponed, when the place can be written to again.

Example: a group took the bot's rights away, and its alert was postponed by 30 minutes. Two minutes later the rights are
back: the alert is sent now, not after 28 more minutes.
"""

from collections.abc import Sequence

from bot.domain.place import Place
from bot.storage import keys
from bot.storage.connection import Database
from bot.storage.lua import script

# Per call of the script, so that other commands get their turn in between.
_PLACES_PER_CALL, _DELIVERIES_PER_CALL = 100, 500


async def retry_now(database: Database, places: Sequence[Place]) -> None:
    """Make due what was postponed because it failed in these places; raise StorageError.

    The time depends on the deliveries of these places alone, however many wait for others.
    """
    for start in range(0, len(places), _PLACES_PER_CALL):
        batch = [str(place) for place in places[start : start + _PLACES_PER_CALL]]
        # The script returns 1 as long as there may be more than one call handles.
        while await database.script(script("lanes", "retry_now"), keys.FANOUT.key(), _DELIVERIES_PER_CALL, *batch):
            pass
