"""A step of reserves that is held or not counted is said, once, with its outcome."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerting.data_notice import HEARD_AS, as_notice_listener
from bot.alerting.judging_round import key_of
from bot.alerting.jump_event import jump_events
from bot.alerting.routing import audience
from bot.domain.flow import Hold, HoldReason
from bot.domain.incident import Ending, IncidentState, StepReason
from bot.domain.jump import Jump, JumpReason, Verdict
from bot.domain.place import Subscription
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Signal
from tests.alerting.notices import Notices
from tests.builders import DAY, HOUR, NOON, flow, signal, subscription

WAITING, NOT_COUNTED, COUNTED, RETURNED = (
    Verdict.WAITING,
    Verdict.NOT_COUNTED,
    Verdict.COUNTED,
    Verdict.RETURNED,
)


def jump(
    share: float = -0.12, verdict: Verdict = WAITING, *, at: datetime = NOON, group: str = "BTC", reserves: float = 1e10
) -> Jump:
    return Jump(group, at, share * reserves, share, JumpReason.ALONE, verdict, ())


def seen(*jumps: Jump, at: datetime = NOON, exchange: str = "binance") -> Signal:
    """Return the signal of a calm reading an hour after the last one."""
    return replace(signal(-0.001, at=at, exchange=exchange), jumps=jumps)


@pytest.mark.parametrize(
    ("share", "severity"),
    [
        (-0.03, Severity.WATCH),
        (0.03, Severity.WATCH),
        (-0.1499, Severity.WATCH),
        (-0.15, Severity.ELEVATED),
        (0.4, Severity.ELEVATED),
    ],
)
@pytest.mark.parametrize("verdict", [WAITING, NOT_COUNTED])
def test_a_step_that_is_not_counted_opens_a_notice_at_once_in_either_direction(
    share: float, severity: Severity, verdict: Verdict
) -> None:
    notices = Notices()

    assert notices.judge(seen(jump(share, verdict))) == [StepReason.OPENED]
    assert (notices.newest.rule, notices.newest.severity, notices.newest.confirmed) == ("data", severity, True)
    assert (notices.newest.number, notices.newest.first_as_of) == (1, NOON)


@pytest.mark.parametrize(
    "outflow",
    [
        seen(jump(-0.0299)),
        seen(jump(verdict=COUNTED)),
        seen(jump(verdict=RETURNED)),
        seen(jump(at=NOON - 2 * HOUR)),
        seen(),
        replace(signal(None, flows=[flow(-0.001, hold=Hold(HoldReason.WITHHELD, "a migration"))]), jumps=(jump(),)),
    ],
)
def test_what_is_small_counted_old_or_withheld_is_not_said(outflow: Signal) -> None:
    assert Notices().judge(outflow) == []


def test_a_step_that_was_found_one_reading_later_is_said() -> None:
    assert Notices().judge(seen(jump(verdict=NOT_COUNTED), at=NOON + HOUR)) == [StepReason.OPENED]


@pytest.mark.parametrize(
    ("later", "ending"),
    [(RETURNED, Ending.RETURNED), (COUNTED, Ending.COUNTED)],
)
def test_it_ends_with_its_outcome(later: Verdict, ending: Ending) -> None:
    notices = Notices()
    notices.judge(seen(jump()))
    assert notices.judge(seen(jump(verdict=NOT_COUNTED), at=NOON + HOUR)) == [StepReason.UPDATED]
    assert notices.judge(seen(jump(verdict=NOT_COUNTED), at=NOON + 2 * HOUR)) == []

    assert notices.judge(seen(jump(verdict=later), at=NOON + 3 * HOUR)) == [StepReason.RESOLVED]
    assert (notices.newest.ending, notices.newest.number, notices.open) == (ending, 1, [])
    assert notices.judge(seen(jump(verdict=later), at=NOON + 4 * HOUR)) == []


@pytest.mark.parametrize("jumps", [(jump(verdict=NOT_COUNTED),), (jump(),), ()])
def test_what_stays_ends_after_three_days(jumps: Sequence[Jump]) -> None:
    """Also where the step is not remembered any more by then, or where nothing was ever decided."""
    notices = Notices()
    notices.judge(seen(jump(verdict=NOT_COUNTED)))

    notices.judge(seen(*jumps, at=NOON + 72 * HOUR - timedelta(minutes=1)))
    assert len(notices.open) == 1
    assert notices.judge(seen(*jumps, at=NOON + 72 * HOUR)) == [StepReason.RESOLVED]
    assert notices.newest.ending is Ending.NOT_COUNTED


def test_a_step_that_is_forgotten_is_no_news() -> None:
    notices = Notices()
    notices.judge(seen(jump()))

    assert [notices.judge(seen(at=NOON + hour * HOUR)) for hour in range(1, 5)] == [[], [], [], []]


def test_the_steps_of_one_reading_are_one_event() -> None:
    notices = Notices()
    both = (jump(-0.02), jump(-0.02, group="Tron"), jump(0.01, group="ETH"))

    assert notices.judge(seen(*both)) == [StepReason.OPENED]
    assert notices.newest.signal.reasons[0].value == pytest.approx(-0.04)
    assert [part.group for part in notices.newest.signal.jumps] == ["BTC", "ETH", "Tron"]


def test_the_least_settled_of_its_steps_decides_what_became_of_an_event() -> None:
    verdicts = [
        ((WAITING, COUNTED), WAITING),
        ((COUNTED, RETURNED), COUNTED),
        ((NOT_COUNTED, RETURNED), NOT_COUNTED),
        ((RETURNED, RETURNED), RETURNED),
    ]
    for parts, verdict in verdicts:
        (event,) = jump_events([jump(verdict=part, group=str(index)) for index, part in enumerate(parts)])
        assert event.verdict is verdict


def test_what_came_does_not_make_what_left_smaller() -> None:
    (event,) = jump_events([jump(-0.05), jump(0.06, group="ETH")])

    assert event.share == pytest.approx(0.06)
    assert event.usd == pytest.approx(6e8)


def test_two_events_of_one_exchange_are_two_notices() -> None:
    notices = Notices()
    first, second = jump(verdict=NOT_COUNTED), jump(0.05, at=NOON + HOUR, group="ETH")
    notices.judge(seen(first))

    assert notices.judge(seen(first, second, at=NOON + HOUR)) == [StepReason.OPENED]
    assert [(notice.number, notice.rule) for notice in notices.open] == [(1, "data"), (2, "data")]
    assert len({key_of(notice) for notice in notices.open}) == 2
    returned = replace(first, verdict=RETURNED)
    assert notices.judge(seen(returned, second, at=NOON + 2 * HOUR)) == [StepReason.RESOLVED]
    assert [notice.number for notice in notices.open] == [2]


def test_a_source_that_changes_its_mind_every_hour_is_told_twice() -> None:
    """For two days each reading comes from one of two servers, of which one lacks a fifth."""
    notices = Notices()
    jumps: list[Jump] = []
    for hour in range(48):
        at = NOON + hour * HOUR
        jumps = [replace(step, verdict=RETURNED) for step in jumps]
        if hour % 2 == 0:
            jumps.append(jump(-0.22, at=at))
        notices.judge(seen(*jumps, at=at))

    opened = [step.incident for step in notices.steps if step.reason is StepReason.OPENED and step.incident]
    assert [notice.first_as_of - NOON for notice in opened] == [timedelta(), 2 * HOUR]
    assert notices.open == []


def test_the_third_step_that_stays_away_is_said_after_all() -> None:
    notices = Notices()
    back = [jump(-0.22, RETURNED, at=NOON - hour * HOUR) for hour in (4, 2)]
    stays = jump(-0.22)
    for hour in range(6):
        stays = replace(stays, verdict=NOT_COUNTED if hour else WAITING)
        assert notices.judge(seen(*back, stays, at=NOON + hour * HOUR)) == []

    assert notices.judge(seen(*back, stays, at=NOON + 6 * HOUR)) == [StepReason.OPENED]
    assert notices.judge(seen(*back, stays, at=NOON + 72 * HOUR)) == [StepReason.RESOLVED]
    assert notices.judge(seen(*back, stays, at=NOON + 73 * HOUR)) == []


def test_steps_of_other_chains_or_of_last_week_are_no_change_of_mind() -> None:
    others = [jump(-0.22, RETURNED, at=NOON - 72 * HOUR), jump(-0.22, RETURNED, at=NOON - HOUR, group="Tron")]
    small = [jump(-0.02, RETURNED, at=NOON - hour * HOUR) for hour in (3, 2)]

    assert Notices().judge(seen(*others, *small, jump())) == [StepReason.OPENED]


def test_every_exchange_has_its_own() -> None:
    notices = Notices()

    assert notices.judge(seen(jump()), seen(jump(), exchange="okx")) == [StepReason.OPENED] * 2
    assert {notice.subject for notice in notices.open} == {"binance", "okx"}


def test_a_reading_that_is_judged_again_changes_nothing() -> None:
    notices = Notices()
    notices.judge(seen(jump()))

    assert notices.judge(seen(jump(verdict=RETURNED))) == []


@pytest.mark.parametrize(
    ("asked", "of_watch", "of_elevated"),
    [
        (Severity.WATCH, True, True),
        (Severity.ELEVATED, True, True),
        (Severity.SEVERE, False, True),
        (Severity.CRITICAL, False, False),
    ],
)
def test_it_is_told_to_those_who_hear_of_elevated_and_a_large_one_to_those_who_hear_of_severe(
    asked: Severity, *, of_watch: bool, of_elevated: bool
) -> None:
    for share, is_told in ((-0.12, of_watch), (0.2, of_elevated)):
        notices = Notices()
        notices.judge(seen(jump(share)))
        mine = as_notice_listener(subscription(severity=asked, sensitivity=Sensitivity.EARLY))
        assert bool(audience(None, notices.steps[-1], [mine]).post) is is_told
    assert HEARD_AS[Severity.WATCH] is Severity.ELEVATED


@pytest.mark.parametrize(
    ("asked", "is_told"),
    [(subscription(share=0.2), False), (subscription(usd=1e9), True), (subscription(usd=2e9), False)],
)
def test_a_place_with_limits_of_its_own_hears_of_what_reaches_them(asked: Subscription, *, is_told: bool) -> None:
    notices = Notices()
    notices.judge(seen(jump(0.12)))
    mine = as_notice_listener(asked)

    assert bool(audience(None, notices.steps[-1], [mine]).post) is is_told


verdicts = st.lists(st.tuples(st.sampled_from((1, 6, 30, 80)), st.sampled_from((*Verdict, None))), max_size=12)


@given(st.sampled_from((WAITING, NOT_COUNTED)), verdicts)
def test_an_event_is_one_message_with_at_most_one_end(first: Verdict, drawn: list[tuple[int, Verdict | None]]) -> None:
    """Whatever verdicts follow, and however often: one opening, then changes, and at last one resolution."""
    notices = Notices()
    reasons = notices.judge(seen(jump(verdict=first)))
    at = NOON
    for hours, verdict in drawn:
        at += hours * HOUR
        reasons += notices.judge(seen(*((jump(verdict=verdict),) if verdict else ()), at=at))

    assert reasons[0] is StepReason.OPENED
    assert {*reasons[1:]} <= {StepReason.UPDATED, StepReason.RESOLVED}
    assert reasons.count(StepReason.RESOLVED) <= 1
    assert (notices.open == []) is (reasons[-1] is StepReason.RESOLVED)
    if at - NOON >= 3 * DAY:
        assert notices.newest.state is IncidentState.RESOLVED


def test_what_leaves_after_its_notice_is_over_is_said_again() -> None:
    """A label of 12 % appeared, uncounted, and is taken back: after five days its end is said, after one it is not."""
    for days, reasons in ((5, [StepReason.OPENED]), (1, [])):
        gone = replace(jump(0.12, RETURNED, at=NOON - days * DAY), turned_at=NOON)
        notices = Notices()

        assert notices.judge(seen(gone)) == reasons
        assert [notice.signal.jumps[0].share for notice in notices.open] == [-0.12] * len(reasons)
