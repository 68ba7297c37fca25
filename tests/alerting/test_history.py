"""What an incident remembers: the signal it was raised on, and when and why nothing was concluded."""

from collections.abc import Sequence
from datetime import datetime

import pytest

from bot.alerting.lifecycle import advance
from bot.alerting.lifecycle_policy import Policy
from bot.domain.flow import Window
from bot.domain.incident import Incident, StepReason, WorstMoment
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Signal, Size, Unit
from tests.builders import CHAIN_MISSING, DAY, HOUR, NOON, STALE, flow, signal


def life_of(*seen: Signal) -> Incident:
    """Return the incident after these signals, of which the first two open it."""
    incident: Incident | None = None
    for newest in seen:
        incident = advance(Policy(), incident, newest, newest.as_of, sensitivity=Sensitivity.NORMAL).incident
    assert incident
    return incident


def raised_on(incident: Incident) -> datetime:
    assert incident.raised_by
    return incident.raised_by.as_of


OPENED = (signal(-0.036), signal(-0.036, at=NOON + HOUR))


def test_it_remembers_the_signal_that_opened_it_and_then_the_one_that_was_worse() -> None:
    assert raised_on(life_of(*OPENED, signal(-0.05, at=NOON + 2 * HOUR))) == NOON + HOUR
    assert raised_on(life_of(*OPENED, signal(-0.09, at=NOON + 2 * HOUR))) == NOON + 2 * HOUR


def test_what_eases_or_ends_it_leaves_what_it_was_raised_on() -> None:
    calm = [signal(-0.001, at=NOON + DAY + hour * HOUR) for hour in (0, 7)]

    over = life_of(*OPENED, *calm)

    assert over.events[-1].reason is StepReason.RESOLVED
    assert raised_on(over) == NOON + HOUR


def test_assets_are_remembered_of_the_window_that_led_and_of_no_other() -> None:
    with_week = signal(-0.09, at=NOON + 2 * HOUR, flows=[flow(-0.01, Window.WEEK)])

    raised_by = life_of(*OPENED, with_week).raised_by

    assert raised_by
    assert [(remembered.window, len(remembered.assets)) for remembered in raised_by.flows] == [
        (Window.DAY, 2),
        (Window.WEEK, 0),
    ]


def test_a_hold_is_remembered_with_its_causes_and_its_end() -> None:
    held = [flow(hold=CHAIN_MISSING), flow(-0.05, Window.WEEK, hold=CHAIN_MISSING), flow(0, Window.MONTH, hold=STALE)]

    story = life_of(*OPENED, signal(None, at=NOON + 2 * HOUR, flows=held), signal(-0.036, at=NOON + 8 * HOUR))

    assert [(event.at - NOON, event.reason, event.holds) for event in story.events] == [
        (HOUR, StepReason.OPENED, ()),
        (2 * HOUR, StepReason.HELD, (CHAIN_MISSING, STALE)),
        (8 * HOUR, StepReason.RELEASED, ()),
    ]


def test_the_worst_moment_is_remembered_though_nobody_was_told_of_it() -> None:
    story = life_of(*OPENED, signal(-0.037, at=NOON + 2 * HOUR), signal(-0.02, at=NOON + 3 * HOUR))

    assert story.worst_moment == WorstMoment(
        NOON + 2 * HOUR, Severity.ELEVATED, Window.DAY, Size(-0.037, Unit.RESERVES, -0.037 * 6.41e10), 0.037 / 0.03
    )


@pytest.mark.parametrize(
    ("later", "worst"),
    [
        ((signal(-0.09, at=NOON + 2 * HOUR),), (Window.DAY, 2)),
        ((signal(-0.001, at=NOON + 2 * HOUR, flows=[flow(-0.25, Window.MONTH)]),), (Window.MONTH, 2)),
        ((signal(-0.001, at=NOON + 2 * HOUR, flows=[flow(-0.22, Window.MONTH)]),), (Window.DAY, 1)),
        (
            (
                signal(-0.09, at=NOON + 2 * HOUR),
                signal(-0.001, at=NOON + 30 * HOUR, flows=[flow(-0.25, Window.MONTH)]),
            ),
            (Window.DAY, 2),
        ),
        ((signal(-0.036, at=NOON + 2 * HOUR),), (Window.DAY, 1)),
    ],
)
def test_of_two_windows_the_more_severe_is_worse_then_the_one_further_past_its_limit_and_of_one_the_larger(
    later: Sequence[Signal], worst: tuple[Window, int]
) -> None:
    moment = life_of(*OPENED, *later).worst_moment

    assert moment
    assert (moment.measurement, (moment.as_of - NOON) / HOUR) == worst
