import re
from zoneinfo import ZoneInfo

import pytest

from bot.domain.errors import BadArgument
from bot.domain.time_zones import nearest_zones, zone_named, zone_names, zones_like


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Europe/Paris", "Europe/Paris"),
        ("europe/paris", "Europe/Paris"),
        (" Paris ", "Europe/Paris"),
        ("new york", "America/New_York"),
        ("utc", "UTC"),
        ("Europe/Kiev", "Europe/Kiev"),  # renamed since, and still typed
    ],
)
def test_a_zone_is_found_by_its_name_or_its_city(typed: str, name: str) -> None:
    assert zone_named(typed) == name


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("Pariss", "No time zone is called “Pariss”. Did you mean Europe/Paris?"),
        ("Moscov", "No time zone is called “Moscov”. Did you mean Europe/Moscow?"),
        ("CET", "No time zone is called “CET”. Use a name such as Europe/Paris, America/New_York, Asia/Singapore."),
        ("Louisville", "Did you mean America/Kentucky/Louisville or America/Louisville?"),
        ("x", "No time zone is called “x”. Use a name such as Europe/Paris, America/New_York, Asia/Singapore."),
        ("qqqqqqq", "Use a name such as Europe/Paris"),
        ("a" * 5000, "Use a name such as Europe/Paris"),
        ("UTC+3", "An offset does not say when clocks change. Use a name such as Europe/Paris"),
        ("+05:30", "An offset does not say when clocks change."),
        ("Etc/GMT+3", "No time zone is called “Etc/GMT+3”."),
        ("", "No time zone is called “”."),
    ],
)
def test_what_is_no_zone_is_answered_with_the_nearest(typed: str, sentence: str) -> None:
    with pytest.raises(BadArgument, match=re.escape(sentence)):
        zone_named(typed)


def test_at_most_three_zones_are_near() -> None:
    assert len(nearest_zones("America/Argentina/San")) == 3


@pytest.mark.parametrize(
    ("typed", "zones"),
    [
        ("par", ["America/Paramaribo", "Europe/Paris"]),
        ("europe/ber", ["Europe/Berlin"]),
        ("york", ["America/New_York"]),
        ("berln", ["Europe/Berlin"]),
        ("", ["UTC", "Europe/Paris", "America/New_York", "Asia/Singapore"]),
        ("zzzzzz", []),
    ],
)
def test_zones_complete_what_is_typed(typed: str, zones: list[str]) -> None:
    assert list(zones_like(typed, 25)) == zones
    assert list(zones_like(typed, 1)) == zones[:1]


def test_every_zone_can_be_used() -> None:
    """A slim container has no rules of its own; those of the package tzdata are found then."""
    for name in zone_names():
        ZoneInfo.no_cache(name)
