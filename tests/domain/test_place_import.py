"""What an import changes in a place, and what of a file it leaves out."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.errors import AskerError
from bot.domain.mute import Mute, UntilWorse
from bot.domain.place import Place, Platform, Subscription
from bot.domain.place_export import PlaceExport
from bot.domain.place_import import ImportPlan, ImportTarget, LeftOut, Omission, plan_import
from bot.domain.place_settings import PlaceSettings
from bot.domain.setting_change import SettingEditor
from bot.domain.severity import Sensitivity, Severity
from tests.builders import DAY, HERE, HOUR, NOON, subscription

ON_DISCORD = Place(Platform.DISCORD, "77")
ANN = SettingEditor("telegram:7", "Ann")
DEFAULTS = tuple(sorted(PlaceSettings().as_fields().items()))


def plan(file: PlaceExport, present: PlaceExport | None = None, **target: Any) -> ImportPlan:
    return plan_import(file, ImportTarget(present or PlaceExport(HERE, (), DEFAULTS), ANN, NOON, **target))


def file_of(*subscriptions: Subscription, place: Place = HERE, **parts: Any) -> PlaceExport:
    return PlaceExport(place, subscriptions, **parts)


def test_a_file_adds_and_changes_and_removes_nothing() -> None:
    severe = subscription(severity=Severity.SEVERE)
    present = file_of(subscription(), subscription("kraken"), subscription(None), settings=DEFAULTS)

    found = plan(file_of(severe, subscription("okx"), subscription(None)), present)

    assert [added.exchange for added in found.added] == ["okx"]
    assert [(before, after.min_severity) for before, after in found.changed] == [(subscription(), Severity.SEVERE)]
    assert (found.kept, found.unchanged) == (1, 1)
    assert [kept.exchange for kept in found.changes.subscriptions] == ["okx", "binance"]


def test_who_imports_is_who_has_subscribed() -> None:
    """They are told when the place cannot be reached: a file must not name somebody else for that."""
    elsewhere = replace(
        subscription(place=ON_DISCORD), created_by="discord:1", title="Boss", follows=((42, Sensitivity.EARLY),)
    )
    (added,) = plan(file_of(elsewhere, place=ON_DISCORD)).added

    assert added == replace(subscription(), created_by="telegram:7", created_at=NOON)


def test_a_file_a_second_time_changes_nothing() -> None:
    mute = Mute(HERE, "okx", NOON, NOON + HOUR)
    file = file_of(subscription(usd=5e7), settings=(("quiet", "22:00-07:00"),), mutes=(mute,))
    first = plan(file)
    fields = tuple(sorted({**dict(DEFAULTS), "quiet": "22:00-07:00"}.items()))

    again = plan(file, PlaceExport(HERE, first.changes.subscriptions, fields, first.changes.mutes))

    assert not first.changes.are_none
    assert again.changes.are_none
    assert again.left_out == ()


@pytest.mark.parametrize(
    ("origin", "place", "refused", "omission"),
    [
        (ON_DISCORD, HERE, (), Omission.NO_MENTIONS),
        (ON_DISCORD, ON_DISCORD, ("123",), Omission.MENTION_REFUSED),
        (ON_DISCORD, ON_DISCORD, ("456",), None),
        (HERE, HERE, (), None),
        (HERE, ON_DISCORD, (), None),
    ],
)
def test_a_mention_is_left_out_where_it_cannot_be(
    origin: Place, place: Place, refused: tuple[str, ...], omission: Omission | None
) -> None:
    present = file_of(place=place, settings=DEFAULTS)
    found = plan(file_of(subscription(mention="123", place=origin)), present, refused_mentions=refused)

    assert found.added[0].mention == (None if omission else "123")
    assert found.left_out == ((LeftOut(omission, "binance"),) if omission else ())


def test_a_mention_that_a_place_has_already_stays() -> None:
    own = subscription(mention="123", place=ON_DISCORD)
    present = file_of(own, place=ON_DISCORD, settings=DEFAULTS)
    assert plan(file_of(own), present, refused_mentions=("123",)).changes.are_none


def test_an_operator_keeps_who_subscribed() -> None:
    kept = replace(subscription(), created_by="telegram:1", created_at=NOON - DAY, follows=((42, Sensitivity.EARLY),))
    assert plan(file_of(kept), keeps_authors=True).added == (kept,)


def test_a_place_that_would_have_too_much_is_refused() -> None:
    present = file_of(*(subscription(f"x{number}") for number in range(99)), settings=DEFAULTS)
    assert plan(file_of(subscription("okx")), present).added
    with pytest.raises(AskerError, match="would have 101 subscriptions; a place may have 100"):
        plan(file_of(subscription("okx"), subscription("gate")), present)


def test_what_this_bot_does_not_know_is_left_out_once_it_knows_a_list() -> None:
    file = file_of(subscription("gone"), subscription(None))

    known = plan(file, known_exchanges={"binance"})
    assert [added.exchange for added in known.added] == [None]
    assert known.left_out == (LeftOut(Omission.UNKNOWN_EXCHANGE, "gone"),)
    assert len(plan(file).added) == 2


def test_a_language_that_this_bot_does_not_know_is_left_out_and_the_rest_taken_over() -> None:
    file = file_of(settings=(("language", "eo"), ("timezone", "Europe/Paris")))

    found = plan(file)
    assert [(name, after) for name, _, after in found.settings] == [("timezone", "Europe/Paris")]
    assert found.left_out == (LeftOut(Omission.UNKNOWN_LANGUAGE, "eo"),)


@pytest.mark.parametrize(
    ("until", "worse", "omission"),
    [
        (NOON + HOUR, None, None),
        (NOON, None, Omission.MUTE_OVER),
        (NOON - DAY, None, Omission.MUTE_OVER),
        (NOON + 31 * DAY, None, Omission.MUTE_TOO_LONG),
        (NOON + HOUR, UntilWorse(42, Severity.SEVERE), Omission.WAITS_FOR_INCIDENT),
    ],
)
def test_a_mute_is_taken_over_while_it_lasts(until: Any, worse: UntilWorse | None, omission: Omission | None) -> None:
    found = plan(file_of(mutes=(Mute(ON_DISCORD, None, NOON - DAY, until, "discord:1", worse),)))

    assert found.left_out == ((LeftOut(omission, None),) if omission else ())
    assert [(mute.place, mute.by, mute.until) for mute in found.mutes] == ([] if omission else [(HERE, ANN.id, until)])


def test_a_mute_that_ends_otherwise_is_changed() -> None:
    kept = Mute(HERE, "okx", NOON - HOUR, NOON + HOUR, id="m1")
    longer = replace(kept, until=kept.until + timedelta(minutes=1))
    assert plan(file_of(mutes=(longer,)), file_of(settings=DEFAULTS, mutes=(kept,))).mutes
    almost = replace(kept, until=kept.until + timedelta(milliseconds=900))
    assert not plan(file_of(mutes=(almost,)), file_of(settings=DEFAULTS, mutes=(kept,))).mutes


def test_settings_that_a_file_names_are_changed_and_no_others() -> None:
    present = tuple(sorted({**dict(DEFAULTS), "digest": "daily 08:00"}.items()))
    found = plan(file_of(settings=(("notices", "off"), ("quiet", "off"))), file_of(settings=present))

    assert found.settings == (("notices", "on", "off"),)
    assert found.changes.settings == (("notices", "off"),)


@pytest.mark.parametrize(("name", "value"), [("language", "xx"), ("timezone", "Mars/Phobos")])
def test_what_a_place_has_and_this_bot_does_not_know_keeps_nothing_from_being_changed(name: str, value: str) -> None:
    """A newer program may have stored it, or the tables of zones of another system."""
    present = tuple(sorted({**dict(DEFAULTS), name: value}.items()))

    quiet = plan(file_of(settings=(("quiet", "22:00-07:00"),)), file_of(settings=present))
    itself = plan(file_of(settings=((name, dict(DEFAULTS)[name]),)), file_of(settings=present))

    assert quiet.settings == (("quiet", "off", "22:00-07:00"),)
    assert itself.settings == ((name, value, dict(DEFAULTS)[name]),)


def test_an_empty_place_is_said_to_be() -> None:
    assert PlaceExport(HERE).is_empty
    assert not PlaceExport(HERE, (subscription(),)).is_empty
