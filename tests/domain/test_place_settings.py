import re
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import BadArgument
from bot.domain.local_time import DigestSchedule, QuietHours, Weekday
from bot.domain.place_settings import AUTOMATIC, AnswerAudience, PlaceSetting, PlaceSettings
from bot.domain.severity import Severity
from bot.domain.time_zones import zone_names
from bot.language.languages import LANGUAGES

clock_times = st.builds(time, st.integers(0, 23), st.integers(0, 59))
quiet_hours = st.builds(QuietHours, clock_times, clock_times).filter(lambda quiet: quiet.start != quiet.end)
all_settings = st.builds(
    PlaceSettings,
    timezone=st.sampled_from(zone_names()),
    quiet=st.none() | quiet_hours,
    digest=st.none() | st.builds(DigestSchedule, clock_times, st.none() | st.sampled_from(Weekday)),
    answers=st.sampled_from(AnswerAudience),
    language=st.sampled_from([AUTOMATIC, *LANGUAGES]),
    notices=st.booleans(),
    pegs=st.booleans(),
    recovered=st.booleans(),
    drills=st.booleans(),
    approval=st.booleans(),
    publish=st.booleans(),
    sound=st.sampled_from([AUTOMATIC, *Severity]),
)


@given(all_settings)
def test_settings_are_read_back_as_they_were_written(settings: PlaceSettings) -> None:
    assert PlaceSettings.from_fields(settings.as_fields()) == settings
    assert PlaceSettings.from_fields(settings.changed_fields()) == settings


def test_what_is_as_at_first_is_no_changed_field() -> None:
    assert PlaceSettings().changed_fields() == {}
    assert PlaceSettings(notices=False, timezone="Asia/Tokyo").changed_fields() == {
        "timezone": "Asia/Tokyo",
        "notices": "off",
    }


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("timezone", "paris", "Europe/Paris"),
        ("quiet", "22:00-07:00", "22:00-07:00"),
        ("quiet", "22-7", "22:00-07:00"),
        ("quiet", "22:30 – 7:05", "22:30-07:05"),
        ("quiet", "22:00 to 07:00", "22:00-07:00"),
        ("quiet", "22:00 07:00", "22:00-07:00"),
        ("quiet", "OFF", "off"),
        ("digest", "daily 8", "daily 08:00"),
        ("digest", "Weekly Mon 08:00", "weekly mon 08:00"),
        ("digest", "weekly wednesday 20:15", "weekly wed 20:15"),
        ("digest", "off", "off"),
        ("answers", "Private", "private"),
        ("notices", "off", "off"),
        ("recovered", " off ", "off"),
        ("drills", "On", "on"),
        ("sound", "Severe", "severe"),
        ("sound", "AUTO", "auto"),
        ("language", "Auto", "auto"),
        ("language", "ES", "es"),
        ("language", "pt-br", "pt-BR"),
        ("language", "pt", "pt-BR"),
        ("language", "zh", "zh-CN"),
        ("language", "es_MX", "es"),
        ("language", "español", "es"),
        ("language", "Espanol", "es"),
        ("language", "TÜRKÇE", "tr"),
        ("language", "русский", "ru"),
        ("language", "português", "pt-BR"),
        ("language", "Português (Brasil)", "pt-BR"),
        ("language", "简体中文", "zh-CN"),
        ("language", "english", "en"),
    ],
)
def test_a_setting_is_read_as_people_type_it(name: str, typed: str, value: str) -> None:
    setting = PlaceSetting(name)
    assert PlaceSettings().with_value(setting, typed).value_of(setting) == value


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("timezone", "Pariss", "Did you mean Europe/Paris?"),
        ("quiet", "night", "“night” isn't a time span. Use one such as 22:00-07:00, or off."),
        ("quiet", "22:00-24:00", "“24:00” isn't a time of day. Use the 24-hour clock, for example 08:00 or 22:30."),
        ("quiet", "22:60-7", "“22:60” isn't a time of day."),
        ("quiet", "7:5-8", "“7:5” isn't a time of day."),
        ("quiet", "22:00-22:00", "Quiet hours need a beginning and a different end"),
        ("digest", "8:00", "“8:00” isn't a time for a digest. Use daily 08:00, weekly mon 08:00, or off."),
        ("digest", "daily", "Use daily 08:00, weekly mon 08:00, or off."),
        ("digest", "weekly 8:00", "Use daily 08:00, weekly mon 08:00, or off."),
        ("digest", "weekly xyz 8:00", "Use daily 08:00, weekly mon 08:00, or off."),
        ("digest", "daily mon 8:00", "Use daily 08:00, weekly mon 08:00, or off."),
        ("digest", "at dawn!", "Use daily 08:00, weekly mon 08:00, or off."),
        ("digest", "daily 31", "“31” isn't a time of day."),
        ("answers", "loud", "“loud” is not possible. Answers are public or private."),
        (
            "sound",
            "loud",
            "“loud” is not possible. Sound is auto or a severity: watch, elevated, severe, critical.",
        ),
        ("notices", "maybe", "“maybe” is not possible. This is on or off."),
        (
            "language",
            "klingon",
            "“klingon” is not possible. Languages: auto · en English · es Español · ru Русский · tr Türkçe · pt-BR",
        ),
        ("language", "zh-TW", "“zh-TW” is not possible. Languages: auto · en English"),
        ("moon", "full", "There is no setting “moon”. The settings are timezone, language, quiet, sound, digest"),
    ],
)
def test_a_wrong_value_is_answered_with_what_to_do(name: str, typed: str, sentence: str) -> None:
    with pytest.raises(BadArgument, match=re.escape(sentence)):
        PlaceSettings.from_fields({name: typed})


def test_quiet_hours_and_digest_go_by_the_places_zone() -> None:
    settings = PlaceSettings.from_fields(
        {"timezone": "Europe/Paris", "quiet": "22:00-07:00", "digest": "weekly mon 08:00"}
    )
    late, noon = datetime(2026, 6, 10, 21, tzinfo=UTC), datetime(2026, 6, 10, 12, tzinfo=UTC)
    assert settings.zone == ZoneInfo("Europe/Paris")
    assert settings.is_quiet_at(late)
    assert not settings.is_quiet_at(noon)
    assert settings.next_digest_after(noon) == datetime(2026, 6, 15, 6, tzinfo=UTC)
    assert not PlaceSettings().is_quiet_at(late)
    assert PlaceSettings().next_digest_after(noon) is None


def test_a_zone_that_this_system_does_not_know_is_utc() -> None:
    assert PlaceSettings(timezone="Mars/Olympus_Mons").zone == ZoneInfo("UTC")
