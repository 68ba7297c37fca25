"""A part of the reserves that the source does not tell any more is said, once, with its outcome."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerting.judging_round import key_of
from bot.domain.flow import Hold, HoldReason
from bot.domain.incident import Ending, IncidentState, StepReason
from bot.domain.jump import Jump, JumpReason, Verdict
from bot.domain.severity import Severity
from bot.domain.signal import Signal
from tests.alerting.notices import Notices
from tests.builders import DAY, HOUR, NOON, flow, signal

WAITING, NOT_COUNTED, RETURNED = Verdict.WAITING, Verdict.NOT_COUNTED, Verdict.RETURNED
SIX = NOON + 6 * HOUR


def part(
    share: float = 0.12,
    verdict: Verdict = WAITING,
    *,
    at: datetime = NOON,
    name: str = "Tron",
    back: float | None = None,
) -> Jump:
    """Return a part that was worth a share of $10 B, away since noon, and what share it holds if it is back."""
    back_usd = None if back is None else back * 1e10
    return Jump(name, at, -share * 1e10, -share, JumpReason.UNREPORTED, verdict, (), back_usd=back_usd)


def lacking(*parts: Jump, at: datetime = SIX, jumps: Sequence[Jump] = ()) -> Signal:
    return replace(signal(-0.001, at=at), unreported=parts, jumps=tuple(jumps))


@pytest.mark.parametrize(
    ("share", "severity"),
    [(0.03, Severity.WATCH), (0.1499, Severity.WATCH), (0.15, Severity.ELEVATED), (0.6, Severity.ELEVATED)],
)
def test_it_opens_a_notice_once(share: float, severity: Severity) -> None:
    notices = Notices()

    assert notices.judge(lacking(part(share))) == [StepReason.OPENED]
    assert (notices.newest.rule, notices.newest.severity, notices.newest.first_as_of) == ("data", severity, NOON)
    later = [notices.judge(lacking(part(share), at=SIX + hour * HOUR)) for hour in range(1, 66)]
    assert later == [[]] * 65


@pytest.mark.parametrize(
    "outflow",
    [
        lacking(),
        lacking(part(0.0299)),
        lacking(part(verdict=NOT_COUNTED), at=NOON + 80 * HOUR),
        lacking(part(verdict=RETURNED, back=0.12)),
        replace(lacking(part()), flows=(flow(-0.001, hold=Hold(HoldReason.WITHHELD, "a migration")),)),
    ],
)
def test_what_is_small_over_or_withheld_is_not_said(outflow: Signal) -> None:
    assert Notices().judge(outflow) == []


def test_it_ends_when_it_is_back() -> None:
    notices = Notices()
    notices.judge(lacking(part()))

    assert notices.judge(lacking(part(verdict=RETURNED, back=0.1), at=SIX + HOUR)) == [StepReason.RESOLVED]
    assert (notices.newest.ending, notices.open) == (Ending.RETURNED, [])
    assert notices.newest.announced.jumps[0].back_usd == 1e9
    assert notices.judge(lacking(part(verdict=RETURNED, back=0.1), at=SIX + 2 * HOUR)) == []


def test_what_stays_away_ends_after_three_days_and_is_not_told_again() -> None:
    notices = Notices()
    notices.judge(lacking(part()))
    assert notices.judge(lacking(part(), at=NOON + 71 * HOUR)) == []

    gone = part(verdict=NOT_COUNTED)
    assert notices.judge(lacking(gone, at=NOON + 72 * HOUR)) == [StepReason.RESOLVED]
    assert notices.newest.ending is Ending.UNREPORTED
    assert [notices.judge(lacking(gone, at=NOON + day * DAY)) for day in range(4, 30)] == [[]] * 26


def test_a_second_reading_that_comes_late_is_told_and_over_with_the_third() -> None:
    """Readings are four days apart: the second that lacks the part is the first that can be told of."""
    notices = Notices()

    assert notices.judge(lacking(part(), at=NOON + 4 * DAY)) == [StepReason.OPENED]
    assert notices.judge(lacking(part(verdict=NOT_COUNTED), at=NOON + 8 * DAY)) == [StepReason.RESOLVED]


def test_parts_that_went_together_are_one_notice_that_says_which_are_back() -> None:
    notices = Notices()
    both = (part(0.02), part(0.02, name="Solana"))

    assert notices.judge(lacking(*both)) == [StepReason.OPENED]
    assert notices.newest.signal.reasons[0].value == pytest.approx(-0.04)
    back = (replace(both[0], verdict=RETURNED, back_usd=2e8), both[1])
    assert notices.judge(lacking(*back, at=SIX + HOUR)) == [StepReason.UPDATED]
    assert notices.judge(lacking(*back, at=SIX + 2 * HOUR)) == []
    whole = (back[0], replace(both[1], verdict=RETURNED, back_usd=2e8))
    assert notices.judge(lacking(*whole, at=SIX + 3 * HOUR)) == [StepReason.RESOLVED]
    assert notices.newest.ending is Ending.RETURNED


def test_what_went_with_it_and_is_back_already_is_no_part_of_it() -> None:
    """Solana, 10 %, went in the same reading and was back six hours later; Tron alone is told, at its own size."""
    solana = part(0.1, RETURNED, name="Solana", back=0.1)
    notices = Notices()

    assert notices.judge(lacking(part(0.02), solana)) == []
    assert notices.judge(lacking(part(0.12), solana, at=SIX + HOUR)) == [StepReason.OPENED]
    assert notices.judge(lacking(part(0.12), solana, at=SIX + 2 * HOUR)) == []
    assert [jump.group for jump in notices.newest.signal.jumps] == ["Tron"]
    assert (notices.newest.severity, notices.newest.signal.reasons[0].value) == (Severity.WATCH, -0.12)


def test_a_step_and_a_loss_of_one_reading_are_two_notices() -> None:
    """BTC left in the reading that was the first to lack Tron: neither takes the place of the other."""
    step = Jump("BTC", NOON, -1e9, -0.1, JumpReason.ALONE, WAITING, ())
    notices = Notices()
    notices.judge(lacking(jumps=[step], at=NOON))
    step = replace(step, verdict=NOT_COUNTED)
    notices.judge(lacking(jumps=[step], at=NOON + HOUR))

    assert notices.judge(lacking(part(), jumps=[step])) == [StepReason.OPENED]
    assert len({key_of(notice) for notice in notices.open}) == 2
    assert notices.judge(lacking(part(verdict=RETURNED, back=0.12), jumps=[step], at=SIX + HOUR)) == [
        StepReason.RESOLVED
    ]
    assert [notice.announced.jumps[0].group for notice in notices.open] == ["BTC"]


def test_a_part_of_which_nothing_is_known_any_more_is_told_again() -> None:
    """The source repaired its history: by that the part was never away."""
    notices = Notices()
    notices.judge(lacking(part()))

    assert notices.judge(lacking(at=SIX + HOUR)) == [StepReason.RESOLVED]
    assert notices.newest.ending is Ending.RETURNED


def test_a_part_that_went_an_hour_earlier_by_a_revised_history_is_not_told_twice() -> None:
    notices = Notices()
    notices.judge(lacking(part()))
    earlier = part(at=NOON - HOUR)

    assert notices.judge(lacking(earlier, at=SIX + HOUR)) == []
    assert notices.judge(lacking(replace(earlier, verdict=RETURNED), at=SIX + 2 * HOUR)) == [StepReason.RESOLVED]
    assert notices.newest.ending is Ending.RETURNED


def test_a_chain_that_is_away_half_of_every_day_is_told_twice_in_three_days() -> None:
    """From the third time on it has to be away for a day."""
    notices, gaps = Notices(), list[Jump]()
    for hour in range(7 * 24):
        at = NOON + hour * HOUR
        gaps = [replace(gap, verdict=RETURNED, back_usd=1.2e9) if hour % 12 == 0 else gap for gap in gaps]
        if hour % 24 == 6:
            gaps.append(part(at=at - 6 * HOUR))
        gaps = [gap for gap in gaps if at - gap.at <= 84 * HOUR]
        notices.judge(lacking(*gaps, at=at))

    opened = [step.incident.first_as_of for step in notices.steps if step.reason is StepReason.OPENED and step.incident]
    assert opened == [NOON, NOON + DAY]


def test_the_third_gap_that_lasts_a_day_is_told() -> None:
    notices = Notices()
    back = [part(verdict=RETURNED, at=NOON - hours * HOUR, back=0.12) for hours in (40, 20)]

    assert notices.judge(lacking(*back, part(), at=NOON + 23 * HOUR)) == []
    assert notices.judge(lacking(*back, part(), at=NOON + 24 * HOUR)) == [StepReason.OPENED]
    others = [part(verdict=RETURNED, at=NOON - hours * HOUR, name="Solana") for hours in (40, 20)]
    assert Notices().judge(lacking(*others, part())) == [StepReason.OPENED]


verdicts = st.lists(st.tuples(st.sampled_from((1, 6, 30, 80)), st.sampled_from((WAITING, NOT_COUNTED, RETURNED, None))))


@given(verdicts)
def test_it_is_one_message_with_at_most_one_end(drawn: list[tuple[int, Verdict | None]]) -> None:
    """Whatever is known of it later, and however late: one opening, and at last one resolution."""
    notices = Notices()
    reasons = notices.judge(lacking(part()))
    at = SIX
    for hours, verdict in drawn:
        if notices.open:
            at += hours * HOUR
            reasons += notices.judge(lacking(*((part(verdict=verdict),) if verdict else ()), at=at))

    assert reasons[0] is StepReason.OPENED
    assert set(reasons[1:]) <= {StepReason.UPDATED, StepReason.RESOLVED}
    assert reasons.count(StepReason.RESOLVED) == (not notices.open)
    if at - NOON >= timedelta(hours=72):
        assert notices.newest.state is IncidentState.RESOLVED
