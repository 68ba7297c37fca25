"""What closed withdrawals do to an outflow: critical at once, and nothing eases while they are closed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alerting.lifecycle import advance
from bot.alerting.lifecycle_policy import Policy
from bot.detection.outflow import grade
from bot.domain.assets import MAJORS
from bot.domain.flow import Hold, HoldReason
from bot.domain.incident import Incident, IncidentState, Step, StepReason
from bot.domain.severity import Sensitivity, Severity, rank
from bot.domain.signal import CLOSED_WITHDRAWALS, Signal
from bot.domain.withdrawal_reading import WithdrawalState
from bot.domain.withdrawals import DEAD_AFTER, Majors
from tests.builders import DAY, HOUR, NOON, STALE, flow, majors, signal

MINUTE = timedelta(minutes=1)
CALM, WATCH, ELEVATED, SEVERE = -0.002, -0.02, -0.04, -0.1
ALL_OPEN, TWO_CLOSED = majors(), majors("BTC", "ETH")
TWO_DARK = tuple(
    replace(major, state=WithdrawalState.UNKNOWN, last_known=WithdrawalState.CLOSED)
    if major.asset in {"BTC", "ETH"}
    else major
    for major in ALL_OPEN
)
DARK_AND_CLOSED = (TWO_DARK[0], TWO_CLOSED[1], *ALL_OPEN[2:])
EXCUSED = majors("BTC", "ETH", network_event="TRON")
ANNOUNCED = majors("BTC", "ETH", in_maintenance=True)
HALF_ANNOUNCED = (ANNOUNCED[0], TWO_CLOSED[1], *ALL_OPEN[2:])
DEAD = majors("BTC", "ETH", since=NOON - DEAD_AFTER - DAY, is_dead=True)
WITHHELD = Hold(HoldReason.WITHHELD, "wallets are moved")


@dataclass
class Story:
    """An incident of Binance that lives through one signal after another, from elevated at noon on."""

    steps: list[Step]
    previous: datetime

    @classmethod
    def elevated(cls, withdrawals: Majors | None = ALL_OPEN, share: float = ELEVATED) -> "Story":
        story = cls([], NOON - 2 * HOUR)
        story.see(-1, share, withdrawals)
        story.see(0, share, withdrawals)
        return story

    @property
    def incident(self) -> Incident:
        found = self.steps[-1].incident
        assert found
        return found

    def see(
        self, hours: float, share: float | None, withdrawals: Majors | None, *, hold: Hold | None = None, now: float = 0
    ) -> StepReason:
        """Judge a reading of so many hours after noon, at that time or at `now` hours after noon."""
        at = NOON + hours * HOUR
        held = [flow(ELEVATED, at=at, hold=hold)] if hold else []
        raw = replace(signal(share, at=at, flows=held, previous=self.previous), withdrawals=withdrawals)
        self.previous = at
        before = self.steps[-1].incident if self.steps else None
        judged_at = max(at, NOON + now * HOUR)
        seen = grade(raw, Sensitivity.NORMAL)
        self.steps.append(advance(Policy(), before, seen, judged_at, sensitivity=Sensitivity.NORMAL))
        return self.steps[-1].reason


def test_it_is_critical_at_once_when_withdrawals_close_and_not_only_with_the_next_reading() -> None:
    story = Story.elevated()

    assert story.see(0, ELEVATED, TWO_CLOSED, now=0.8) is StepReason.ESCALATED
    assert (story.incident.severity, story.incident.signal.as_of) == (Severity.CRITICAL, NOON)
    assert story.incident.signal.reasons[-1].measure == CLOSED_WITHDRAWALS
    assert story.see(0, ELEVATED, TWO_CLOSED, now=0.9) is StepReason.NOTHING


def test_what_waits_for_a_second_reading_opens_at_once_when_withdrawals_close() -> None:
    story = Story([], NOON - HOUR)
    assert story.see(0, ELEVATED, ALL_OPEN) is StepReason.PENDING
    assert story.see(0, ELEVATED, ALL_OPEN, now=0.1) is StepReason.NOTHING

    assert story.see(0, ELEVATED, TWO_CLOSED, now=0.2) is StepReason.OPENED
    assert story.incident.severity is Severity.CRITICAL


def test_the_life_of_a_run_that_ends_well() -> None:
    story = Story.elevated()
    told = [
        story.see(0, ELEVATED, TWO_CLOSED, now=0.5),
        *[story.see(hours, CALM, TWO_CLOSED) for hours in range(1, 20)],
        story.see(19, CALM, ALL_OPEN, now=19.9),
        story.see(20, CALM, ALL_OPEN),
        story.see(25.9, CALM, ALL_OPEN),
        story.see(26, CALM, ALL_OPEN),
    ]

    assert told[0] is StepReason.ESCALATED
    assert not {StepReason.DEESCALATED, StepReason.RESOLVED} & set(told[:-1])
    # Six hours from the first reading after they opened, not from the one that was known then.
    assert told[-1] is StepReason.RESOLVED


def test_a_reading_that_is_known_already_is_no_evidence_of_calm() -> None:
    story = Story.elevated()
    story.see(1, ELEVATED, TWO_CLOSED)
    story.see(2, CALM, TWO_CLOSED)

    story.see(2, CALM, ALL_OPEN, now=2.5)

    assert (story.incident.easing_seen, story.incident.easing_since) == (0, None)
    assert story.incident.signal.withdrawals == ALL_OPEN


def test_what_closes_ends_the_counting_of_calm_readings() -> None:
    story = Story.elevated()
    story.see(1, CALM, ALL_OPEN)
    assert story.incident.easing_seen == 1

    story.see(1, CALM, TWO_CLOSED, now=1.5)

    assert (story.incident.easing_seen, story.incident.severity) == (0, Severity.CRITICAL)


def test_every_change_of_withdrawals_is_told_though_no_figure_moved() -> None:
    story = Story.elevated()
    one_closed = majors("USDT")

    assert story.see(0, ELEVATED, one_closed, now=0.5) is StepReason.UPDATED
    assert story.incident.announced.withdrawals == one_closed


def test_a_change_that_comes_too_soon_after_another_is_told_once_it_may_be() -> None:
    story = Story.elevated()
    story.see(0, ELEVATED, TWO_CLOSED, now=0.5)
    three_closed = majors("BTC", "ETH", "USDT")

    assert story.see(0, ELEVATED, three_closed, now=0.55) is StepReason.NOTHING
    assert story.see(0, ELEVATED, three_closed, now=0.6) is StepReason.UPDATED
    assert story.see(0, ELEVATED, three_closed, now=0.7) is StepReason.NOTHING


@pytest.mark.parametrize(
    ("withdrawals", "severity"),
    [
        (ALL_OPEN, Severity.ELEVATED),
        (majors("BTC"), Severity.ELEVATED),
        (TWO_CLOSED, Severity.CRITICAL),
        (TWO_DARK, Severity.ELEVATED),
        (DARK_AND_CLOSED, Severity.ELEVATED),
        (EXCUSED, Severity.ELEVATED),
        (DEAD, Severity.ELEVATED),
        (ANNOUNCED, Severity.SEVERE),
        (HALF_ANNOUNCED, Severity.SEVERE),
        (majors(*MAJORS), Severity.CRITICAL),
        ((*ANNOUNCED[:2], *majors("USDT", "USDC")[2:]), Severity.CRITICAL),
    ],
)
def test_what_closed_withdrawals_make_of_an_elevated_outflow(withdrawals: Majors, severity: Severity) -> None:
    story = Story.elevated()
    story.see(0, ELEVATED, withdrawals, now=0.5)
    by_history = Story.elevated()
    by_history.see(1, CALM, withdrawals)

    assert story.incident.severity is by_history.incident.severity is severity


def test_announced_closings_never_make_it_milder_than_its_own_flow_does() -> None:
    story = Story.elevated(share=SEVERE)
    story.see(0, SEVERE, ANNOUNCED, now=0.5)

    assert story.incident.severity is Severity.SEVERE
    assert CLOSED_WITHDRAWALS not in {reason.measure for reason in story.incident.signal.reasons}


@pytest.mark.parametrize("withdrawals", [TWO_CLOSED, TWO_DARK, DARK_AND_CLOSED, ANNOUNCED])
def test_nothing_eases_while_two_majors_are_closed_or_were_when_they_were_last_known(withdrawals: Majors) -> None:
    story = Story.elevated(withdrawals=None)

    told = [story.see(hours, CALM, withdrawals) for hours in range(1, 60, 3)]

    assert not {StepReason.DEESCALATED, StepReason.RESOLVED} & set(told)
    assert story.incident.easing_seen == 0


@pytest.mark.parametrize(
    "withdrawals", [ALL_OPEN, majors("BTC"), EXCUSED, DEAD, None, majors(others=WithdrawalState.UNKNOWN)]
)
def test_it_eases_where_fewer_are_closed_or_what_is_closed_is_excused(withdrawals: Majors | None) -> None:
    story = Story.elevated(withdrawals=None)

    told = [story.see(hours, CALM, withdrawals) for hours in (1, 4, 7)]

    assert told[-1] is StepReason.RESOLVED


def test_a_run_that_ended_at_closed_withdrawals_is_not_calm_by_being_over_for_a_month() -> None:
    story = Story.elevated()
    story.see(1, ELEVATED, TWO_CLOSED)
    dead_by_now = majors("BTC", "ETH", since=NOON, is_dead=True)

    told = [story.see(DEAD_AFTER / HOUR + hours, CALM, dead_by_now) for hours in (1, 8, 20)]

    assert StepReason.RESOLVED not in told
    assert story.see(DEAD_AFTER / HOUR + 30, CALM, ALL_OPEN) is not StepReason.RESOLVED
    assert story.see(DEAD_AFTER / HOUR + 37, CALM, ALL_OPEN) is StepReason.RESOLVED


def test_withdrawals_that_close_while_the_figures_are_held_make_it_critical_with_the_figures_that_it_shows() -> None:
    story = Story.elevated()
    assert story.see(1, None, ALL_OPEN, hold=STALE) is StepReason.HELD
    announced = story.incident.announced

    assert story.see(1, None, TWO_CLOSED, hold=STALE, now=1.5) is StepReason.ESCALATED

    told = story.incident
    assert (told.severity, told.announced.as_of, told.announced.size) == (Severity.CRITICAL, NOON, announced.size)
    assert (told.held, told.is_frozen, told.announced.withdrawals) == (True, True, TWO_CLOSED)
    assert story.see(1, None, TWO_CLOSED, hold=STALE, now=1.6) is StepReason.NOTHING


def test_what_an_operator_has_paused_is_not_raised() -> None:
    story = Story.elevated()

    assert story.see(1, None, TWO_CLOSED, hold=WITHHELD) is StepReason.HELD
    assert story.incident.severity is Severity.ELEVATED


def test_what_waits_is_not_raised_by_a_signal_that_says_nothing_of_flows() -> None:
    story = Story([], NOON - HOUR)
    story.see(0, ELEVATED, ALL_OPEN)

    assert story.see(1, None, TWO_CLOSED, hold=STALE) is StepReason.NOTHING


KINDS: Sequence[Majors | None] = (
    None,
    ALL_OPEN,
    majors("BTC"),
    TWO_CLOSED,
    TWO_DARK,
    DARK_AND_CLOSED,
    EXCUSED,
    ANNOUNCED,
    DEAD,
    majors(*MAJORS),
)
SHARES = st.sampled_from([0.03, CALM, WATCH, ELEVATED, SEVERE])


@settings(max_examples=60)
@given(st.lists(st.tuples(SHARES, st.sampled_from(KINDS), st.booleans()), max_size=12))
def test_nothing_eases_behind_closed_withdrawals_whatever_the_flows_do(
    drawn: list[tuple[float, Majors | None, bool]],
) -> None:
    story = Story.elevated()
    hours = 0.0
    for share, withdrawals, is_new_reading in drawn:
        hours += 4.0 * is_new_reading
        before = story.incident
        reason = story.see(hours, share, withdrawals, now=hours + 0.5)
        after = story.steps[-1].incident
        assert after
        is_blocked = sum(major.may_be_closed for major in withdrawals or ()) > 1
        if is_blocked:
            assert rank(after.severity) >= rank(before.severity)
            assert after.state is IncidentState.OPEN
        if after.severity is Severity.CRITICAL and before.severity is not Severity.CRITICAL:
            assert sum(major.is_closed and not major.in_maintenance for major in withdrawals or ()) > 1
        if not is_new_reading:
            assert reason not in {StepReason.DEESCALATED, StepReason.RESOLVED}
        if after.state is IncidentState.RESOLVED:
            return


def by_its_withdrawals(withdrawals: Majors) -> Signal:
    return replace(signal(), withdrawals=withdrawals)


def test_an_observation_is_a_reading_and_what_can_be_withdrawn_then() -> None:
    assert by_its_withdrawals(ALL_OPEN).observation == by_its_withdrawals(majors()).observation
    assert by_its_withdrawals(ALL_OPEN).observation != by_its_withdrawals(TWO_CLOSED).observation
    assert signal(at=NOON).observation != signal(at=NOON + DAY).observation
