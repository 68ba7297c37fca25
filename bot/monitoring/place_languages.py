"""In which language something is posted that nobody has just asked for: the one that its place has set, else English.

An answer may go by the language of the asker's app. What is posted by itself has no asker, so that `auto` is English.
"""

from collections.abc import Mapping

from bot.domain.errors import StorageError
from bot.domain.place import Place
from bot.domain.place_settings import PlaceSettings
from bot.language.languages import ENGLISH, LANGUAGES
from bot.ports.place_settings import PlaceSettingsStore


def posting_language(settings: PlaceSettings) -> str:
    """Return the code of the language that is posted in a place with these settings."""
    return settings.language if settings.language in LANGUAGES else ENGLISH


async def place_languages(place_settings: PlaceSettingsStore) -> Mapping[Place, str]:
    """Return the languages of the places that have set another one than English; none while the store is away.

    An alert in English is better than none.
    """
    try:
        return await place_settings.languages()
    except StorageError:
        return {}
