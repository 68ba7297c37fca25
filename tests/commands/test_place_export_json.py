"""The file of a place's settings: read back it is what was written, and everything else is refused with a sentence."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.place_export_json import export_text, read_export
from bot.commands.strict_json import read_json
from bot.domain.errors import AskerError
from bot.domain.mute import Mute, UntilWorse
from bot.domain.place import Place, Platform, Subscription
from bot.domain.place_export import PlaceExport
from bot.domain.severity import Sensitivity, Severity
from tests.builders import HERE, HOUR, NOON, subscription

FULL = Subscription(
    HERE, "okx", Severity.SEVERE, Sensitivity.EARLY, 5e7, 0.03, "123456", "telegram:42", NOON, "Traders",
    ((42, Sensitivity.NORMAL),),
)  # fmt: skip
TOPIC = replace(HERE, thread="7")

subscriptions = st.builds(
    Subscription,
    place=st.just(HERE),
    exchange=st.sampled_from(["binance", "gate.io", "crypto-com", "bücher"]) | st.none(),
    min_severity=st.sampled_from(Severity),
    sensitivity=st.sampled_from(Sensitivity),
    usd=st.none() | st.floats(1, 1e12),
    share=st.none() | st.floats(1e-9, 1),
    mention=st.sampled_from([None, "here", "everyone", "123456789012345678"]),
    created_by=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40),
    created_at=st.none() | st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 — hypothesis adds it
    follows=st.lists(st.tuples(st.integers(1, 999), st.sampled_from(Sensitivity)), max_size=2).map(tuple),
)


@given(st.lists(subscriptions, max_size=4, unique_by=lambda kept: kept.exchange))
def test_what_was_written_is_read_back_whole(kept: list[Subscription]) -> None:
    export = PlaceExport(HERE, tuple(sorted(kept, key=lambda each: each.exchange or "")))
    assert read_export(export_text([export], NOON)) == (export,)


def test_a_file_is_sorted_and_leaves_defaults_out() -> None:
    places = [PlaceExport(TOPIC, (subscription("okx"), subscription(None))), PlaceExport(HERE, (FULL,))]
    text = export_text(places, NOON)

    assert text.splitlines()[:3] == [
        "{",
        '  "exported_at": "2022-12-13T12:00:00+00:00",',
        '  "format": "runwatch-settings",',
    ]
    assert json.loads(text)["places"][0]["subscriptions"] == [{"exchange": "all"}, {"exchange": "okx"}]
    assert list(json.loads(text)["places"][1]["subscriptions"][0]) == [
        *("exchange", "follows", "mention", "sensitivity", "severity", "share"),
        *("subscribed_at", "subscribed_by", "title", "usd"),
    ]


def file_with(**changes: Any) -> str:
    """Return a file with one subscription, with fields of that changed; None leaves one out."""
    fields = {"exchange": "binance"} | changes
    kept = {name: value for name, value in fields.items() if value is not None}
    header = {"format": "runwatch-settings", "format_version": 1}
    return json.dumps(header | {"places": [{"place": str(HERE), "subscriptions": [kept]}]})


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("exchange", None, "places[0].subscriptions[0].exchange is missing in the file."),
        ("exchange", "bin\nance", "has to be the id of an exchange"),
        ("exchange", "*", "has to be the id of an exchange"),
        ("exchange", "bin\u202eance", "has to be the id of an exchange"),
        ("exchange", 7, "places[0].subscriptions[0].exchange in the file is “7”"),
        ("severity", "bad", "it has to be one of watch, elevated, severe, critical."),
        ("severity", [], "it has to be one of watch"),
        ("sensitivity", "loud", "it has to be one of calm, normal, early."),
        ("usd", 0, "it has to be a number from 1 to 1e+12."),
        ("usd", True, "it has to be a number from 1"),
        ("usd", "50M", "“50M”; it has to be a number"),
        ("share", 1.5, "it has to be a number from 1e-09 to 1."),
        ("mention", "@here", "it has to be here, everyone or the id of a role."),
        ("subscribed_at", "2026-11-30", "it has to be a time such as"),
        ("subscribed_at", 5, "it has to be a time such as"),
        ("follows", [[1]], "has to be an incident's number and a sensitivity"),
        ("follows", [["x", "early"]], "has to be an incident's number and a sensitivity"),
        ("follows", [[True, "early"]], "has to be an incident's number and a sensitivity"),
        ("follows", {}, "it has to be a list of 1000 at most."),
        ("colour", "red", "places[0].subscriptions[0].colour in the file is not known here"),
    ],
)
def test_a_wrong_field_is_named_with_what_it_may_be(field: str, value: object, words: str) -> None:
    with pytest.raises(AskerError) as refused:
        read_export(file_with(**{field: value}))
    assert words in str(refused.value)


GOOD = json.loads(file_with())
MUTE = {"exchange": "all", "since": "2026-11-30T12:00:00+00:00", "until": "2026-11-30T16:00:00+00:00"}


def changed(**changes: object) -> str:
    return json.dumps({name: value for name, value in (GOOD | changes).items() if value is not None})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "The file isn't valid JSON (line 1: Expecting value)."),
        ("<html>", "The file isn't valid JSON"),
        ('{"a": 1,\n}', "line 2:"),
        ("[" * 100_000, "The file is nested too deeply"),
        ('{"usd": NaN}', "“NaN” in the file is no number."),
        ('{"usd": -Infinity}', "“-Infinity” in the file is no number."),
        ('{"usd": 1e999}', "The number 1e999 in the file is too large."),
        ('{"usd": ' + "9" * 5000 + "}", "in the file is too large."),
        ('{"usd": 0.' + "1" * 5000 + "}", "in the file is too large."),
        ('{"usd": 1, "usd": 2}', "The file says “usd” twice in one place."),
        ('{"u\\u200bsd": 1}', "The name “usd” in the file has hidden characters."),
        ("[]", "The file has to be an object"),
        ("{}", "This isn't a file of Runwatch's settings."),
        (changed(format="other"), "This isn't a file of Runwatch's settings."),
        (changed(format_version=2), "The file has version 2; this Runwatch reads version 1."),
        (changed(format_version=True), "The file has version True"),
        (changed(format_version=None), "The file has version None"),
        (changed(exported_at="today"), "exported_at in the file is “today”"),
        (changed(places=None), "The file names no places."),
        (changed(places=["x"]), "places[0] has to be an object"),
        (changed(places=[{}]), "places[0].place is missing"),
        (changed(places=[{"place": "signal:7"}]), "it has to be a place such as telegram:-100"),
        (changed(extra=1), "extra in the file is not known here, perhaps because a newer Runwatch wrote it."),
        (changed(places=[{"place": str(HERE), "colour": 1}]), "places[0].colour in the file is not known here"),
        (changed(places=[{"place": str(HERE), "mutes": [MUTE] * 2}]), "places[0].mutes names an exchange twice."),
        (changed(places=[{"place": str(HERE), "mutes": [{"exchange": "okx"}]}]), "places[0].mutes[0].since is missing"),
        (
            changed(places=[{"place": str(HERE), "mutes": [MUTE | {"until_worse": [1, "bad"]}]}]),
            "places[0].mutes[0].until_worse in the file has to be an incident's number and a severity.",
        ),
        (
            changed(places=[{"place": str(HERE), "settings": {"quiet": "at night"}}]),
            "places[0].settings in the file: “at night”",
        ),
        (
            changed(places=[{"place": str(HERE), "settings": {"mood": "good"}}]),
            "places[0].settings.mood in the file is",
        ),
        (
            changed(places=[{"place": str(HERE), "subscriptions": [{"exchange": "all"}] * 2}]),
            "places[0].subscriptions[1] is to all, as an earlier one is. Keep one.",
        ),
        (
            changed(places=[{"place": str(HERE), "subscriptions": [{"exchange": f"x{n}"} for n in range(101)]}]),
            "places[0].subscriptions in the file is “101 entries”; it has to be a list of 100 at most.",
        ),
    ],
)
def test_what_is_no_file_of_ours_is_refused_with_what_to_do(text: str, words: str) -> None:
    with pytest.raises(AskerError) as refused:
        read_export(text)
    assert words in str(refused.value)
    assert len(str(refused.value)) < 400


def test_settings_and_mutes_are_read_back_whole() -> None:
    mutes = (
        Mute(HERE, None, NOON, NOON + HOUR, "telegram:7"),
        Mute(HERE, "okx", NOON, NOON + 2 * HOUR, worse=UntilWorse(42, Severity.SEVERE)),
    )
    settings = (("digest", "weekly mon 08:00"), ("notices", "off"), ("timezone", "Europe/Paris"))
    export = PlaceExport(HERE, (), settings, mutes)
    assert read_export(export_text([export], NOON)) == (export,)


def test_the_mark_that_windows_puts_in_front_is_no_fault() -> None:
    assert read_export(f"\ufeff{file_with()}") == (PlaceExport(HERE, (subscription(),)),)


@given(st.text(max_size=60) | st.recursive(st.none() | st.booleans() | st.floats(), st.lists).map(json.dumps))
def test_no_text_makes_the_reader_fail_otherwise(text: str) -> None:
    with suppress(AskerError):
        read_json(text)


def test_a_place_on_each_platform_can_be_named() -> None:
    for place in (Place(Platform.DISCORD, "77"), Place(Platform.TERMINAL, "here"), TOPIC):
        assert read_export(export_text([PlaceExport(place)], NOON)) == (PlaceExport(place),)
