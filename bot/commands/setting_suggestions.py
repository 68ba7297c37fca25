"""What the value of a setting may become while it is typed: `/settings name:timezone value:par` offers Europe/Paris."""

from collections.abc import Iterator

from bot.commands.suggestions import Suggestion, SuggestionScope
from bot.domain.errors import BadArgument
from bot.domain.place_settings import PlaceSetting, PlaceSettings
from bot.domain.time_zones import zones_like
from bot.messages.cards.settings import SETTING_VALUES, value_label

_MOST_ZONES = 25  # of 500: what Discord shows


def suggest_setting_values(scope: SuggestionScope, typed: str) -> Iterator[Suggestion]:
    """Yield values for the setting that was named before; nothing before one is named."""
    name = scope.given.get("name", "")
    if name not in tuple(PlaceSetting):
        return
    setting, wanted = PlaceSetting(name), typed.strip().lower()
    if setting is PlaceSetting.TIMEZONE and wanted:
        yield from ((zone, zone) for zone in zones_like(typed, _MOST_ZONES))
        return
    labelled = [(value_label(setting, value), value) for value in SETTING_VALUES[setting]]
    usual = [pair for pair in labelled if any(word.lower().startswith(wanted) for word in pair)]
    yield from usual
    try:
        value = PlaceSettings().with_value(setting, typed).value_of(setting)
    except BadArgument:
        return
    if value not in [value for _, value in usual]:  # “22-6” is 22:00-06:00
        yield value_label(setting, value), value
