"""Which language an answer is written in: the asker's app and the place each may have a say.

An app tells its language with every question, such as `es-419`. On Discord that decides, for Discord itself speaks it
to the asker; a place's own language is for those whose language has no catalogue. On Telegram the members of a group
read the same answers, so there the place decides alone; in a private chat it does if its person has set one, and else
the app does.
"""

from bot.domain.place import Platform
from bot.language.languages import ENGLISH, LANGUAGES, supported_language


def answer_language(platform: Platform, place_language: str, asker_language: str, *, private: bool) -> str:
    """Return the code of the language of an answer.

    `place_language` is the setting of the place, `asker_language` the tag that the asker's app sent, "" for none.
    """
    if of_asker := deciding_asker_language(platform, asker_language):
        return of_asker
    of_asker = supported_language(asker_language)
    # One that only a newer program has says nothing here.
    of_place = place_language if place_language in LANGUAGES else ""
    if platform is Platform.TELEGRAM and private:
        return of_place or of_asker or ENGLISH
    return of_place or ENGLISH


def deciding_asker_language(platform: Platform, asker_language: str) -> str:
    """Return the code of the asker's language where it decides whatever the place has set, else ""."""
    return supported_language(asker_language) if platform is Platform.DISCORD else ""
