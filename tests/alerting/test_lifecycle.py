from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.alerting.lifecycle import advance
from bot.alerting.lifecycle_policy import Policy
from bot.detection.outflow import grade
from bot.domain.assets import MAJORS
from bot.domain.flow import Flow, Hold, HoldReason, Window
from bot.domain.incident import Ending, Incident, IncidentState, Step, StepReason
from bot.domain.jump import Verdict
from bot.domain.severity import Sensitivity, Severity, rank
from bot.domain.signal import CLOSED_WITHDRAWALS, Reason, Rule, Signal, Size, Unit
from tests.builders import CHAIN_MISSING, DAY, HOUR, NOON, STALE, flow, incident, jump, majors, signal

POLICY = Policy()
MINUTE = timedelta(minutes=1)
CALM, WATCH, ELEVATED, SEVERE = -0.002, -0.02, -0.04, -0.1
HELD = (flow(-0.5, hold=CHAIN_MISSING),)


def step(before: Incident | None, seen: Signal, *, now: datetime | None = None) -> Step:
    return advance(POLICY, before, seen, now or seen.as_of, sensitivity=Sensitivity.NORMAL)


def steps_of(*drawn: tuple[timedelta, float | None]) -> list[Step]:
    """Return the step of each signal: (time since noon, share of the last day; None where it is held)."""
    steps: list[Step] = []
    previous = NOON - HOUR
    for after, share in drawn:
        at = NOON + after
        flows = HELD if share is None else ()
        seen = signal(share, at=at, flows=flows, previous=previous)
        steps.append(step(steps[-1].incident if steps else None, seen))
        previous = at
    return steps


def reasons(steps: Sequence[Step]) -> list[StepReason]:
    return [step_.reason for step_ in steps]


def last(steps: Sequence[Step]) -> Incident:
    found = steps[-1].incident
    assert found
    return found


class TestNameOfTheRule:
    def test_a_bleed_becomes_an_outflow_by_escalating_and_stays_one(self) -> None:
        slow = (flow(-0.12, Window.FORTNIGHT),)
        drawn = [
            signal(share, at=NOON + hour * HOUR, flows=slow) for hour, share in enumerate((CALM, CALM, SEVERE, CALM))
        ]
        before: Incident | None = None
        words = []
        for seen in drawn:
            before = step(before, seen).incident
            words.append(before.rule if before else None)

        assert words == [Rule.BLEED, Rule.BLEED, Rule.OUTFLOW, Rule.OUTFLOW]

    def test_a_bleed_that_a_shorter_window_joins_without_escalating_resolves_as_the_bleed_it_opened_as(self) -> None:
        slow, over = (flow(-0.12, Window.FORTNIGHT),), (flow(-0.01, Window.FORTNIGHT),)
        drawn = [(0, CALM, slow), (1, ELEVATED, slow), (30, CALM, over), (33, CALM, over), (36, CALM, over)]
        told = [step(None, signal(CALM, flows=slow, previous=NOON - DAY))]
        for hour, share, flows in drawn[1:]:
            told.append(step(told[-1].incident, signal(share, at=NOON + hour * HOUR, flows=flows)))

        assert [(step_.reason, step_.incident and step_.incident.rule) for step_ in (told[0], told[1], told[-1])] == [
            (StepReason.OPENED, Rule.BLEED),
            (StepReason.UPDATED, Rule.BLEED),
            (StepReason.RESOLVED, Rule.BLEED),
        ]

    def test_a_bleed_that_eases_stays_one(self) -> None:
        slow = step(None, signal(CALM, flows=(flow(-0.12, Window.FORTNIGHT),), previous=NOON - DAY)).incident

        calm = step(slow, signal(CALM, at=NOON + HOUR, flows=(flow(-0.01, Window.FORTNIGHT),))).incident

        assert calm
        assert (calm.easing_seen, calm.rule) == (1, Rule.BLEED)


class TestEntering:
    def test_a_calm_signal_opens_nothing(self) -> None:
        assert step(None, signal(CALM)) == Step(None, StepReason.NOTHING)

    @pytest.mark.parametrize("share", [WATCH, ELEVATED])
    def test_one_reading_is_not_told(self, share: float) -> None:
        (pending,) = steps_of((0 * MINUTE, share))

        assert pending.reason is StepReason.PENDING
        assert pending.incident
        assert (pending.incident.state, pending.incident.number) == (IncidentState.PENDING, 0)
        assert pending.incident.severity is pending.incident.peak is signal(share).severity
        assert (pending.incident.steps, pending.incident.events) == (0, ())

    @pytest.mark.parametrize("share", [WATCH, ELEVATED])
    def test_two_readings_ten_minutes_apart_open(self, share: float) -> None:
        steps = steps_of((0 * MINUTE, share), (10 * MINUTE, share))

        assert reasons(steps) == [StepReason.PENDING, StepReason.OPENED]
        assert last(steps).confirmed
        assert last(steps).first_as_of == NOON

    def test_two_readings_too_close_together_are_one_observation(self) -> None:
        steps = steps_of((0 * MINUTE, WATCH), (9 * MINUTE, ELEVATED), (10 * MINUTE, ELEVATED))

        assert reasons(steps) == [StepReason.PENDING, StepReason.PENDING, StepReason.OPENED]
        assert steps[1].incident
        assert steps[1].incident.severity is Severity.ELEVATED

    @pytest.mark.parametrize(
        ("shares", "severity"), [((WATCH, ELEVATED), Severity.ELEVATED), ((ELEVATED, WATCH), Severity.WATCH)]
    )
    def test_what_is_pending_knows_the_worst_that_was_seen(
        self, shares: tuple[float, float], severity: Severity
    ) -> None:
        pending = last(steps_of(*((minute * MINUTE, share) for minute, share in enumerate(shares))))

        assert (pending.state, pending.severity, pending.peak) == (IncidentState.PENDING, severity, Severity.ELEVATED)

    def test_a_blip_tells_nobody(self) -> None:
        steps = steps_of((0 * MINUTE, ELEVATED), (HOUR, CALM))

        assert reasons(steps) == [StepReason.PENDING, StepReason.DISMISSED]
        assert steps[-1].incident is None

    def test_severe_opens_at_once_and_says_that_it_is_not_confirmed(self) -> None:
        (opened,) = steps_of((0 * MINUTE, SEVERE))

        assert opened.reason is StepReason.OPENED
        assert opened.incident
        assert (opened.incident.severity, opened.incident.confirmed) == (Severity.SEVERE, False)

    def test_the_next_reading_confirms_it(self) -> None:
        steps = steps_of((0 * MINUTE, SEVERE), (9 * MINUTE, SEVERE), (10 * MINUTE, SEVERE), (20 * MINUTE, SEVERE))

        assert reasons(steps)[1:] == [StepReason.NOTHING, StepReason.CONFIRMED, StepReason.NOTHING]
        assert last(steps).confirmed

    def test_what_gets_severe_before_it_is_confirmed_opens_at_once(self) -> None:
        steps = steps_of((0 * MINUTE, WATCH), (5 * MINUTE, SEVERE))

        assert steps[1].reason is StepReason.OPENED
        assert not last(steps).confirmed

    @pytest.mark.parametrize("share", [WATCH, ELEVATED, SEVERE])
    def test_one_reading_is_enough_where_readings_are_sparse(self, share: float) -> None:
        opened = step(None, signal(share, previous=NOON - timedelta(hours=12, seconds=1)))

        assert opened.reason is StepReason.OPENED
        assert opened.incident
        assert opened.incident.confirmed

    def test_twelve_hours_apart_is_not_yet_sparse(self) -> None:
        assert step(None, signal(ELEVATED, previous=NOON - 12 * HOUR)).reason is StepReason.PENDING

    def test_the_very_first_reading_is_never_enough(self) -> None:
        first = replace(signal(ELEVATED), previous_as_of=None)

        assert step(None, first).reason is StepReason.PENDING

    def test_a_reading_after_a_long_silence_confirms_what_was_pending(self) -> None:
        steps = steps_of((0 * MINUTE, WATCH), (13 * HOUR, WATCH))

        assert steps[-1].reason is StepReason.OPENED

    def test_an_incident_knows_the_preset_it_is_judged_by(self) -> None:
        seen = signal(-0.03, sensitivity=Sensitivity.EARLY)
        found = advance(POLICY, None, seen, NOON, sensitivity=Sensitivity.EARLY).incident

        assert found
        assert found.sensitivity is Sensitivity.EARLY


class TestOpen:
    def test_worse_is_told_at_once(self) -> None:
        steps = steps_of((0 * MINUTE, WATCH), (HOUR, WATCH), (61 * MINUTE, ELEVATED), (62 * MINUTE, SEVERE))

        assert reasons(steps)[2:] == [StepReason.ESCALATED, StepReason.ESCALATED]
        assert [event.severity for event in last(steps).events] == [Severity.WATCH, Severity.ELEVATED, Severity.SEVERE]
        assert last(steps).peak is Severity.SEVERE

    def test_getting_worse_confirms_too(self) -> None:
        unconfirmed = incident(Severity.SEVERE, seen=signal(SEVERE), confirmed=False)
        worse = replace(signal(SEVERE, at=NOON + HOUR), severity=Severity.CRITICAL)

        told = step(unconfirmed, worse)

        assert told.reason is StepReason.ESCALATED
        assert told.incident
        assert told.incident.confirmed

    def test_a_level_is_told_once(self) -> None:
        steps = steps_of(*((hour * HOUR, ELEVATED) for hour in range(48)))

        assert [reason for reason in reasons(steps) if reason is not StepReason.NOTHING] == [
            StepReason.PENDING,
            StepReason.OPENED,
        ]

    @pytest.mark.parametrize(
        ("share", "told"),
        [
            (-0.0424, StepReason.NOTHING),
            (-0.0426, StepReason.UPDATED),
            (-0.0441, StepReason.UPDATED),
            (-0.0374, StepReason.UPDATED),
            (-0.0376, StepReason.NOTHING),
        ],
    )
    def test_figures_are_told_again_when_they_say_something_new(self, share: float, told: StepReason) -> None:
        assert step(incident(seen=signal(ELEVATED)), signal(share, at=NOON + HOUR)).reason is told

    @pytest.mark.parametrize(("moved", "told"), [(2**-9, StepReason.UPDATED), (2**-9 - 2**-20, StepReason.NOTHING)])
    def test_figures_that_moved_by_exactly_what_a_policy_asks_are_told(self, moved: float, told: StepReason) -> None:
        policy = replace(POLICY, reannounce_points=2**-9)
        seen = signal(-(2**-4) - moved, at=NOON + HOUR)

        result = advance(policy, incident(seen=signal(-(2**-4))), seen, seen.as_of, sensitivity=Sensitivity.NORMAL)

        assert result.reason is told

    def test_small_shares_are_told_again_when_they_moved_by_a_tenth(self) -> None:
        small = signal(-0.016)

        assert step(incident(Severity.WATCH, seen=small), signal(-0.0179, at=NOON + HOUR)).reason is StepReason.UPDATED
        assert step(incident(Severity.WATCH, seen=small), signal(-0.017, at=NOON + HOUR)).reason is StepReason.NOTHING
        exactly = incident(Severity.WATCH, seen=signal(-0.017))
        assert step(exactly, signal(-0.0187, at=NOON + HOUR)).reason is StepReason.UPDATED

    def test_less_than_a_tenth_of_a_point_is_never_news(self) -> None:
        tiny = incident(Severity.WATCH, seen=signal(-0.006))

        assert step(tiny, signal(-0.0069, at=NOON + HOUR)).reason is StepReason.NOTHING
        assert step(tiny, signal(-0.0071, at=NOON + HOUR)).reason is StepReason.UPDATED

    def test_figures_are_not_told_again_within_minutes(self) -> None:
        early = step(incident(seen=signal(ELEVATED)), signal(-0.06, at=NOON + 4 * MINUTE))

        assert early.reason is StepReason.NOTHING
        assert early.incident
        assert early.incident.signal.as_of == NOON + 4 * MINUTE
        assert step(early.incident, signal(-0.06, at=NOON + 5 * MINUTE)).reason is StepReason.UPDATED

    def test_a_figure_that_comes_or_goes_is_news(self) -> None:
        unseen = replace(incident(), announced=replace(signal(ELEVATED), leading=None))

        assert step(unseen, signal(-0.036, at=NOON + HOUR)).reason is StepReason.UPDATED
        assert step(incident(), replace(signal(at=NOON + HOUR), leading=None)).reason is StepReason.UPDATED

    def test_what_was_told_and_what_was_seen_are_kept_apart(self) -> None:
        before = incident(seen=signal(ELEVATED))

        after = step(before, signal(-0.041, at=NOON + HOUR)).incident

        assert after
        assert (after.announced, after.signal.as_of, after.steps) == (before.announced, NOON + HOUR, 1)

    def test_it_changed_with_its_last_event_and_not_when_figures_moved(self) -> None:
        steps = steps_of(
            (0 * MINUTE, ELEVATED), (HOUR, ELEVATED), (2 * HOUR, -0.06), (3 * HOUR, SEVERE), (4 * HOUR, -0.2)
        )

        assert reasons(steps)[2:] == [StepReason.UPDATED, StepReason.ESCALATED, StepReason.UPDATED]
        assert [step_.incident.changed_at - NOON for step_ in steps[1:] if step_.incident] == [
            HOUR,
            HOUR,
            3 * HOUR,
            3 * HOUR,
        ]

    def test_the_worst_that_was_told_is_remembered(self) -> None:
        steps = steps_of((0 * MINUTE, ELEVATED), (HOUR, ELEVATED), (2 * HOUR, -0.07), (3 * HOUR, -0.05))

        assert last(steps).worst == Size(-0.07, Unit.RESERVES, -0.07 * 6.41e10)

    def test_a_signal_without_a_figure_leaves_the_worst_as_it_was(self) -> None:
        known = incident(seen=signal(ELEVATED))

        held = step(known, signal(None, at=NOON + DAY)).incident

        assert held
        assert held.announced_at == NOON + DAY
        assert held.worst == known.worst


class TestLeaving:
    def test_two_fresh_readings_over_six_hours_resolve(self) -> None:
        steps = steps_of((0 * MINUTE, ELEVATED), (HOUR, ELEVATED), (2 * HOUR, CALM), (8 * HOUR, CALM))

        assert reasons(steps)[2:] == [StepReason.UPDATED, StepReason.RESOLVED]
        assert last(steps).state is IncidentState.RESOLVED
        assert (last(steps).severity, last(steps).peak) == (Severity.ELEVATED, Severity.ELEVATED)

    def test_less_than_six_hours_resolve_nothing(self) -> None:
        steps = steps_of(
            (0 * MINUTE, ELEVATED),
            (HOUR, ELEVATED),
            *((HOUR + later * MINUTE, CALM) for later in range(10, 361, 10)),
        )

        assert last(steps).state is IncidentState.OPEN

    def test_one_reading_after_a_long_silence_resolves_nothing(self) -> None:
        steps = steps_of((0 * MINUTE, ELEVATED), (HOUR, ELEVATED), (100 * HOUR, CALM))

        assert last(steps).state is IncidentState.OPEN

    def test_it_eases_step_by_step(self) -> None:
        steps = steps_of(
            (0 * MINUTE, SEVERE), (HOUR, SEVERE), (2 * HOUR, ELEVATED), (8 * HOUR, ELEVATED),
            (9 * HOUR, -0.012), (15 * HOUR, -0.012), (16 * HOUR, CALM), (22 * HOUR, CALM),
        )  # fmt: skip

        turns = [(event.reason, event.severity) for event in last(steps).events]
        assert turns == [
            (StepReason.OPENED, Severity.SEVERE),
            (StepReason.DEESCALATED, Severity.ELEVATED),
            (StepReason.DEESCALATED, Severity.WATCH),
            (StepReason.RESOLVED, Severity.WATCH),
        ]
        assert last(steps).peak is Severity.SEVERE

    def test_a_policy_may_ask_for_more_readings(self) -> None:
        patient = replace(POLICY, leave_readings=3)
        before: Incident | None = incident(seen=signal(ELEVATED))
        reasons = []
        for hour in (1, 7, 8):
            seen = signal(CALM, at=NOON + hour * HOUR)
            result = advance(patient, before, seen, seen.as_of, sensitivity=Sensitivity.NORMAL)
            before = result.incident
            reasons.append(result.reason)

        assert reasons == [StepReason.UPDATED, StepReason.NOTHING, StepReason.RESOLVED]

    def test_after_every_change_of_severity_easing_begins_anew(self) -> None:
        eased = steps_of((0 * MINUTE, SEVERE), (HOUR, SEVERE), (2 * HOUR, ELEVATED), (8 * HOUR, ELEVATED))
        worse = steps_of((0 * MINUTE, WATCH), (HOUR, WATCH), (2 * HOUR, CALM), (3 * HOUR, ELEVATED))

        assert [steps[-1].reason for steps in (eased, worse)] == [StepReason.DEESCALATED, StepReason.ESCALATED]
        for incident_ in (last(eased), last(worse)):
            assert (incident_.easing_since, incident_.easing_seen) == (None, 0)

    def test_easing_begins_anew_when_it_gets_worse_in_between(self) -> None:
        steps = steps_of(
            (0 * MINUTE, ELEVATED), (HOUR, ELEVATED), (2 * HOUR, CALM), (7 * HOUR, ELEVATED), (9 * HOUR, CALM),
        )  # fmt: skip

        assert last(steps).state is IncidentState.OPEN
        assert (last(steps).easing_since, last(steps).easing_seen) == (NOON + 9 * HOUR, 1)

    def test_between_the_two_thresholds_nothing_eases(self) -> None:
        steps = steps_of((0 * MINUTE, ELEVATED), *((hour * HOUR, -0.019) for hour in range(1, 72)))

        assert reasons(steps)[1] is StepReason.OPENED
        assert last(steps).severity is Severity.WATCH
        low = steps_of((0 * MINUTE, ELEVATED), (HOUR, ELEVATED), *((hour * HOUR, -0.019) for hour in range(2, 72)))
        assert last(low).severity is Severity.ELEVATED

    def test_a_level_that_had_eased_is_told_again(self) -> None:
        steps = steps_of(
            (0 * MINUTE, SEVERE), (HOUR, SEVERE), (2 * HOUR, ELEVATED), (8 * HOUR, ELEVATED), (9 * HOUR, SEVERE),
        )  # fmt: skip

        assert reasons(steps)[-2:] == [StepReason.DEESCALATED, StepReason.ESCALATED]


class TestHeld:
    def test_a_signal_that_proves_nothing_opens_nothing(self) -> None:
        assert step(None, signal(None, flows=HELD)) == Step(None, StepReason.NOTHING)

    def test_it_leaves_what_is_pending_as_it_was(self) -> None:
        steps = steps_of((0 * MINUTE, WATCH), (HOUR, None))

        assert steps[1] == Step(steps[0].incident, StepReason.NOTHING)

    def test_people_are_told_once_per_hold_that_nothing_is_concluded(self) -> None:
        steps = steps_of(
            (0 * MINUTE, ELEVATED), (HOUR, ELEVATED), (2 * HOUR, None), (3 * HOUR, None), (8 * HOUR, ELEVATED),
            (14 * HOUR, None),
        )  # fmt: skip

        assert reasons(steps)[2:] == [StepReason.HELD, StepReason.NOTHING, StepReason.RELEASED, StepReason.HELD]
        assert [incident_.held for incident_ in (steps[2].incident, steps[4].incident) if incident_] == [True, False]

    def test_a_hold_keeps_the_last_complete_figures(self) -> None:
        steps = steps_of((0 * MINUTE, ELEVATED), (HOUR, ELEVATED), (2 * HOUR, -0.041), (3 * HOUR, None))
        held = last(steps)

        assert reasons(steps)[2:] == [StepReason.NOTHING, StepReason.HELD]
        assert (held.announced.as_of, held.announced.size) == (NOON + 2 * HOUR, signal(-0.041).size)
        assert (held.signal.as_of, held.figures, held.is_frozen) == (NOON + 3 * HOUR, held.announced, True)
        assert held.events[-1].holds == (CHAIN_MISSING,)

    def test_a_hold_that_ends_within_six_hours_is_no_news_unless_the_figures_are(self) -> None:
        opened = ((0 * MINUTE, ELEVATED), (HOUR, ELEVATED), (2 * HOUR, None))

        assert steps_of(*opened, (3 * HOUR, ELEVATED))[-1].reason is StepReason.NOTHING
        assert steps_of(*opened, (7 * HOUR + 59 * MINUTE, ELEVATED))[-1].reason is StepReason.NOTHING
        assert steps_of(*opened, (8 * HOUR, ELEVATED))[-1].reason is StepReason.RELEASED
        assert steps_of(*opened, (3 * HOUR, -0.05))[-1].reason is StepReason.RELEASED
        assert steps_of(*opened, (3 * HOUR, SEVERE))[-1].reason is StepReason.ESCALATED

    def test_a_chain_that_is_there_every_other_reading_is_told_once_in_six_hours(self) -> None:
        """Three days of it made some seventy edits of every message."""
        flapping = [(hour * HOUR, None if hour % 2 else ELEVATED) for hour in range(2, 74)]
        steps = steps_of((0 * MINUTE, ELEVATED), (HOUR, ELEVATED), *flapping)
        announced = [
            step_.incident.announced_at
            for step_ in steps[2:]
            if step_.reason is not StepReason.NOTHING and step_.incident
        ]

        assert {*reasons(steps)[2:]} == {StepReason.NOTHING, StepReason.HELD, StepReason.RELEASED}
        assert all(later - earlier >= 6 * HOUR for earlier, later in pairwise(announced))
        assert announced[0] == NOON + 3 * HOUR

    def test_readings_that_lack_a_part_do_not_keep_an_incident_open_that_the_others_show_calm(self) -> None:
        flapping = [(hour * HOUR, None if hour % 2 else CALM) for hour in range(2, 9)]

        assert last(steps_of((0 * MINUTE, ELEVATED), (HOUR, ELEVATED), *flapping)).ending is Ending.CALM

    def test_a_known_reading_that_grew_too_old_is_told_once(self) -> None:
        known = incident()
        stale = signal(None, flows=[flow(hold=STALE)])

        told = step(known, stale, now=NOON + 5 * HOUR)

        assert told.reason is StepReason.HELD
        assert step(told.incident, stale, now=NOON + 6 * HOUR).reason is StepReason.NOTHING

    def test_no_window_at_all_is_told_like_a_held_one(self) -> None:
        assert step(incident(), signal(None, at=NOON + 80 * HOUR)).reason is StepReason.HELD

    def test_a_release_into_calm_still_takes_two_readings(self) -> None:
        steps = steps_of(
            (0 * MINUTE, ELEVATED), (HOUR, ELEVATED), (2 * HOUR, None), (20 * HOUR, CALM), (26 * HOUR, CALM)
        )

        assert reasons(steps)[2:] == [StepReason.HELD, StepReason.RELEASED, StepReason.RESOLVED]

    def test_a_held_window_of_no_weight_is_no_hold(self) -> None:
        month = flow(-0.5, Window.MONTH, hold=CHAIN_MISSING)

        assert step(incident(), signal(-0.036, at=NOON + HOUR, flows=[month])).reason is StepReason.NOTHING

    @pytest.mark.parametrize("day", [(), (flow(-0.001, hold=CHAIN_MISSING),)])
    def test_nothing_eases_while_the_window_that_raised_it_cannot_be_compared(self, day: tuple[Flow, ...]) -> None:
        opened = incident(seen=signal(ELEVATED))
        calm_week = flow(-0.001, Window.WEEK)
        steps = [Step(opened, StepReason.OPENED)]
        for hour in (1, 8, 16):
            seen = signal(None, at=NOON + hour * HOUR, flows=[*day, calm_week])
            assert seen.graded
            steps.append(step(steps[-1].incident, seen))

        assert reasons(steps)[1:] == [StepReason.HELD, StepReason.NOTHING, StepReason.NOTHING]
        assert last(steps).severity is Severity.ELEVATED

    @staticmethod
    def after_a_chain_was_lost(*raised_flows: Flow) -> Incident | None:
        """Return what two calm days leave of an incident while the chain is missing from the week."""
        raised = signal(ELEVATED, flows=raised_flows)
        before: Incident | None = replace(incident(seen=raised), raised_by=raised)
        for hour in (30, 54):
            week = flow(-0.01, Window.WEEK, hold=CHAIN_MISSING)
            before = step(before, signal(CALM, at=NOON + hour * HOUR, flows=[week])).incident
        return before

    @pytest.mark.parametrize("raised_flows", [(), (flow(-0.01, Window.WEEK),)])
    def test_nothing_eases_by_what_is_left_once_a_chain_was_lost(self, raised_flows: tuple[Flow, ...]) -> None:
        held = self.after_a_chain_was_lost(*raised_flows)

        assert held
        assert (held.state, held.held, held.easing_seen) == (IncidentState.OPEN, True, 0)

    def test_a_chain_that_was_lost_before_keeps_nothing_open(self) -> None:
        over = self.after_a_chain_was_lost(flow(-0.01, Window.WEEK, hold=CHAIN_MISSING))

        assert over
        assert over.ending is Ending.CALM

    @pytest.mark.parametrize(
        ("reason", "told"), [(HoldReason.DISAGREE, StepReason.UPDATED), (HoldReason.CHAIN_MISSING, StepReason.HELD)]
    )
    def test_only_a_lost_chain_in_a_window_of_no_weight_keeps_it_open(
        self, reason: HoldReason, told: StepReason
    ) -> None:
        opened = last(steps_of((0 * MINUTE, ELEVATED), (HOUR, ELEVATED)))
        week = flow(-0.001, Window.WEEK, hold=Hold(reason))

        assert step(opened, signal(CALM, at=NOON + 2 * HOUR, flows=[week])).reason is told

    def test_it_gets_worse_all_the_same_by_a_window_that_can(self) -> None:
        seen = signal(None, at=NOON + HOUR, flows=[*HELD, flow(-0.2, Window.THREE_DAYS)])

        assert step(incident(), seen).reason is StepReason.ESCALATED

    @pytest.mark.parametrize("day", [(), (flow(-0.02, hold=Hold(HoldReason.DISAGREE)),)])
    def test_nothing_eases_while_a_window_that_was_ever_crossed_cannot_be_compared(self, day: tuple[Flow, ...]) -> None:
        """The day opened it and eased; it is the week by now. Without the day the week's calm is half of the answer."""
        weekly = step(incident(), signal(-0.02, at=NOON + HOUR, flows=[flow(-0.07, Window.WEEK)])).incident
        assert weekly
        assert weekly.rests_on == (Window.DAY, Window.WEEK)

        calm_week = flow(-0.001, Window.WEEK)
        held = step(weekly, signal(None, at=NOON + 2 * HOUR, flows=[*day, calm_week])).incident
        assert held
        assert (held.held, held.easing_seen) == (True, 0)
        assert (held.announced, held.figures, held.is_frozen) == (weekly.announced, held.announced, True)
        comparable = step(held, signal(CALM, at=NOON + 3 * HOUR, flows=[calm_week])).incident
        assert comparable
        assert comparable.easing_seen == 1

    def test_a_milder_window_that_was_crossed_beside_the_worst_must_be_back_as_well(self) -> None:
        severe = step(incident(), signal(SEVERE, at=NOON + HOUR, flows=[flow(-0.07, Window.WEEK)])).incident
        assert severe
        assert [reason.window for reason in severe.signal.reasons] == [Window.DAY]

        disputed = flow(-0.07, Window.WEEK, hold=Hold(HoldReason.DISAGREE))

        assert step(severe, signal(CALM, at=NOON + 2 * HOUR, flows=[disputed])).reason is StepReason.HELD

    def test_what_is_pending_rests_on_what_it_was_seen_by(self) -> None:
        pending = step(None, signal(WATCH)).incident
        weekly = step(pending, signal(CALM, at=NOON + MINUTE, flows=[flow(-0.07, Window.WEEK)])).incident

        assert weekly
        assert (weekly.state, weekly.rests_on) == (IncidentState.PENDING, (Window.DAY, Window.WEEK))


class TestBounds:
    """A part is missing: what is certain counts, what was complete stays."""

    @staticmethod
    def bounded(certain: float, worst: float, *, hour: int, easing: float | None = None) -> Signal:
        """Return a signal whose day lies between two shares, graded by the certain one and, for leaving, the worst."""
        at = NOON + hour * HOUR
        day = flow((certain + worst) / 2, at=at)
        day = replace(day, lowest_usd=worst * day.reserves_usd, highest_usd=certain * day.reserves_usd)
        leaving = signal(worst if easing is None else easing).easing
        graded = signal(certain, at=at)
        return replace(graded, flows=(day,), easing=leaving)

    def test_the_certain_end_of_an_outflow_escalates_and_is_its_size(self) -> None:
        opened = last(steps_of((0 * HOUR, ELEVATED), (HOUR, ELEVATED)))

        worse = step(opened, self.bounded(-0.55, -0.61, hour=2))

        assert worse.reason is StepReason.ESCALATED
        assert worse.incident
        assert worse.incident.announced.size == worse.incident.worst
        assert worse.incident.worst
        assert worse.incident.worst.value == pytest.approx(-0.55)
        assert worse.incident.worst.usd == pytest.approx(-0.55 * 6.41e10)
        assert (worse.incident.held, worse.incident.is_frozen) == (True, False)

    def test_bounds_freeze_the_figures_until_even_the_certain_end_is_worse(self) -> None:
        before = last(steps_of((0 * HOUR, ELEVATED), (HOUR, ELEVATED)))
        told = []
        for hour, certain in ((2, -0.02), (3, -0.03), (4, -0.041), (5, -0.05), (6, -0.04)):
            result = step(before, self.bounded(certain, certain - 0.03, hour=hour))
            assert result.incident
            before = result.incident
            told.append((result.reason, round(before.announced.size.value, 3) if before.announced.size else None))

        assert told == [
            (StepReason.HELD, ELEVATED),
            (StepReason.NOTHING, ELEVATED),
            (StepReason.NOTHING, ELEVATED),
            (StepReason.UPDATED, -0.05),
            (StepReason.NOTHING, -0.05),
        ]
        assert before.last_complete
        assert before.last_complete.as_of == NOON + HOUR

    def test_bounds_that_no_message_would_show_freeze_nothing(self) -> None:
        opened = last(steps_of((0 * HOUR, ELEVATED), (HOUR, ELEVATED)))

        assert step(opened, self.bounded(-0.05, -0.0509, hour=2)).reason is StepReason.UPDATED

    def test_a_worst_case_that_is_calm_is_evidence_of_calm(self) -> None:
        before: Incident | None = last(steps_of((0 * HOUR, ELEVATED), (HOUR, ELEVATED)))
        for hour in (2, 8):
            before = step(before, self.bounded(-0.001, -0.005, hour=hour)).incident

        assert before
        assert before.ending is Ending.CALM

    def test_a_worst_case_that_is_not_neither_resolves_nor_undoes_what_was_seen(self) -> None:
        before: Incident | None = last(steps_of((0 * HOUR, ELEVATED), (HOUR, ELEVATED), (2 * HOUR, CALM)))
        before = step(before, self.bounded(-0.001, -0.05, hour=8)).incident

        assert before
        assert (before.state, before.easing_seen) == (IncidentState.OPEN, 1)
        assert step(before, signal(CALM, at=NOON + 9 * HOUR)).reason is StepReason.RESOLVED

    def test_a_certain_end_that_is_still_as_severe_does_undo_it(self) -> None:
        before = last(steps_of((0 * HOUR, ELEVATED), (HOUR, ELEVATED), (2 * HOUR, CALM)))

        seen = step(before, self.bounded(-0.04, -0.06, hour=3)).incident

        assert seen
        assert seen.easing_seen == 0

    def test_what_was_never_complete_keeps_the_figures_it_was_raised_on(self) -> None:
        raised = step(None, self.bounded(-0.55, -0.61, hour=0)).incident
        assert raised

        later = step(raised, self.bounded(-0.54, -0.6, hour=1)).incident

        assert later
        assert (later.last_complete, later.announced) == (None, raised.signal)

    def test_a_confirmation_by_an_incomplete_reading_keeps_the_complete_figures(self) -> None:
        (severe,) = steps_of((0 * HOUR, SEVERE))

        confirmed = step(severe.incident, self.bounded(-0.09, -0.12, hour=1))

        assert confirmed.reason is StepReason.CONFIRMED
        assert confirmed.incident
        assert (confirmed.incident.announced.as_of, confirmed.incident.held) == (NOON, True)


def test_an_older_reading_that_comes_late_changes_nothing() -> None:
    known = incident()

    assert step(known, signal(CALM, at=NOON - HOUR)) == Step(known, StepReason.NOTHING)


@dataclass(frozen=True)
class DrawnSignal:
    """A signal of a random history: the minutes since the reading before, and what the windows show."""

    minutes: int
    day: float | None
    week: float | None
    held: bool


minutes = st.sampled_from((1, 9, 10, 30, 60, 180, 361, 721, 1441))
moved = st.one_of(st.none(), st.sampled_from((0.02, CALM, -0.012, WATCH, -0.025, ELEVATED, -0.05, SEVERE)))
drawn_lives = st.lists(st.builds(DrawnSignal, minutes, moved, moved, st.booleans()), min_size=1, max_size=40)


def signals(drawn: Sequence[DrawnSignal]) -> list[Signal]:
    at = NOON
    found = []
    for drawn_signal in drawn:
        previous, at = at, at + drawn_signal.minutes * MINUTE
        hold = CHAIN_MISSING if drawn_signal.held else None
        week = [flow(drawn_signal.week, Window.WEEK)] if drawn_signal.week is not None else []
        day = [flow(drawn_signal.day, hold=hold)] if drawn_signal.day is not None else []
        found.append(signal(None, at=at, flows=[*day, *week], previous=previous))
    return found


def simulated(drawn: Sequence[DrawnSignal]) -> list[tuple[Incident | None, Signal, Step]]:
    """Return every signal as (incident before, signal, step), with numbers, and resolved incidents forgotten."""
    found: list[tuple[Incident | None, Signal, Step]] = []
    before: Incident | None = None
    number = 0
    for seen in signals(drawn):
        result = step(before, seen)
        if result.reason is StepReason.OPENED:
            number += 1
            result = result.numbered(number)
        found.append((before, seen, result))
        over = result.incident and result.incident.state is IncidentState.RESOLVED
        before = None if over else result.incident
    return found


@given(drawn_lives)
def test_missing_data_never_opens_eases_or_resolves(drawn: Sequence[DrawnSignal]) -> None:
    for before, seen, result in simulated(drawn):
        if not seen.graded:
            assert result.reason in {StepReason.NOTHING, StepReason.HELD}
            assert (result.incident is None) is (before is None)
            if before and result.incident:
                assert result.incident.severity is before.severity
                assert result.incident.state is before.state


@given(drawn_lives)
@example(
    [
        DrawnSignal(minutes_since, day, week=None, held=False)
        for minutes_since, day in ((10, WATCH), (10, WATCH), (1, None), (120, ELEVATED), (180, None))
    ]
)
def test_seeing_a_reading_twice_changes_nothing(drawn: Sequence[DrawnSignal]) -> None:
    """But that figures are frozen is said of the same reading once six hours are over since holds were spoken of."""
    about_holds = {StepReason.HELD, StepReason.RELEASED}
    for _, seen, result in simulated(drawn):
        if result.incident and result.incident.state is not IncidentState.RESOLVED:
            again = step(result.incident, seen, now=seen.as_of + HOUR)
            if again.reason is StepReason.HELD:
                said_at = [event.at for event in result.incident.events if event.reason in about_holds][-1]
                assert 5 * HOUR <= seen.as_of - said_at < 6 * HOUR
            else:
                assert again == Step(result.incident, StepReason.NOTHING)


@given(drawn_lives)
def test_severity_falls_only_after_two_lower_readings_over_six_hours(drawn: Sequence[DrawnSignal]) -> None:
    lower: list[datetime] = []
    for before, seen, result in simulated(drawn):
        if before is None or before.state is not IncidentState.OPEN or not seen.graded or not result.incident:
            continue
        if result.reason is StepReason.ESCALATED or rank(seen.easing) >= before.severity.rank:
            lower = []
        elif result.reason is not StepReason.HELD:
            lower.append(seen.as_of)
        eased = result.reason in {StepReason.DEESCALATED, StepReason.RESOLVED}
        assert eased or result.incident.severity.rank >= before.severity.rank
        if eased:
            assert len(lower) >= 2
            assert lower[-1] - lower[0] >= (6 * HOUR if before.confirmed else POLICY.confirm_gap)
            assert seen.easing is (result.incident.severity if result.reason is StepReason.DEESCALATED else None)
            lower = []


@given(drawn_lives)
def test_an_incident_eases_only_when_every_window_it_ever_crossed_is_there_and_back(
    drawn: Sequence[DrawnSignal],
) -> None:
    crossed: set[str] = set()
    for before, seen, result in simulated(drawn):
        if before is None:
            crossed = set()
        if result.reason in {StepReason.DEESCALATED, StepReason.RESOLVED}:
            assert before
            assert crossed <= seen.judged
            assert rank(seen.easing) < before.severity.rank
        if seen.graded:
            crossed |= {*seen.crossed}


@given(drawn_lives)
def test_figures_are_kept_while_nothing_can_be_judged(drawn: Sequence[DrawnSignal]) -> None:
    for before, seen, result in simulated(drawn):
        if before and before.announced.size and result.incident and not seen.graded:
            assert result.incident.announced.size
            assert result.incident.announced.graded


@given(drawn_lives)
def test_holds_are_announced_six_hours_apart(drawn: Sequence[DrawnSignal]) -> None:
    told: list[datetime] = []
    for before, seen, result in simulated(drawn):
        if before is None:
            told = []
        figures_are_the_same = (
            before is not None and before.announced.size and seen.size and before.announced.size == seen.size
        )
        if result.reason is StepReason.HELD or (result.reason is StepReason.RELEASED and figures_are_the_same):
            assert not told or seen.as_of - told[-1] >= POLICY.hold_every
        if result.reason in {StepReason.HELD, StepReason.RELEASED}:
            told.append(seen.as_of)


@given(drawn_lives)
def test_a_level_is_announced_once_until_it_has_eased(drawn: Sequence[DrawnSignal]) -> None:
    announced: set[Severity] = set()
    for before, _, result in simulated(drawn):
        if before is None or result.reason is StepReason.DEESCALATED:
            announced = set()
        if result.reason in {StepReason.OPENED, StepReason.ESCALATED} and result.incident:
            assert result.incident.severity not in announced
            announced.add(result.incident.severity)


@given(drawn_lives)
def test_a_number_once_given_is_never_lost(drawn: Sequence[DrawnSignal]) -> None:
    for before, _, result in simulated(drawn):
        if before and before.number:
            assert result.incident
            assert result.incident.number == before.number


@given(drawn_lives)
def test_every_step_that_is_told_counts_and_says_what_was_told(drawn: Sequence[DrawnSignal]) -> None:
    silent = {StepReason.NOTHING, StepReason.PENDING, StepReason.DISMISSED}
    for before, seen, result in simulated(drawn):
        told = result.reason not in silent
        if result.incident:
            assert result.incident.steps == (before.steps if before else 0) + told
            assert not told or result.incident.signal == seen
            assert not told or result.incident.is_frozen or result.incident.announced == seen
            assert result.incident.peak.rank >= result.incident.severity.rank


@given(st.sampled_from((WATCH, ELEVATED)), st.integers(1, 720))
def test_no_blip_short_of_severe_is_ever_told(share: float, later: int) -> None:
    assert reasons(steps_of((0 * MINUTE, share), (later * MINUTE, CALM))) == [StepReason.PENDING, StepReason.DISMISSED]


def test_a_day_of_silence_is_no_calm() -> None:
    known = incident()

    assert step(known, signal(None, flows=HELD, at=NOON + DAY)).reason is StepReason.HELD


class TestInternalMoves:
    @staticmethod
    def back(usd: float, share: float = CALM, *, back_at: datetime = NOON + 2 * HOUR) -> Step:
        """Return the step of a signal by which so much had come back, after an outflow of 4 % ($2.6 B)."""
        opened = last(steps_of((0 * HOUR, ELEVATED), (HOUR, ELEVATED)))
        trip = jump("BTC", -usd, at=NOON, verdict=Verdict.RETURNED, turned=back_at)
        return step(opened, replace(signal(share, at=NOON + 2 * HOUR, previous=NOON + HOUR), jumps=(trip,)))

    def test_an_outflow_that_came_back_is_over_at_once(self) -> None:
        over = self.back(2e9)

        assert over.reason is StepReason.RESOLVED
        assert over.incident
        assert (over.incident.state, over.incident.ending) == (IncidentState.RESOLVED, Ending.INTERNAL_MOVE)

    @pytest.mark.parametrize(
        ("usd", "share", "back_at"),
        [(1e9, CALM, NOON + 2 * HOUR), (2e9, WATCH, NOON + 2 * HOUR), (2e9, CALM, NOON)],
    )
    def test_it_is_not_over_while_less_came_back_or_others_leave(
        self, usd: float, share: float, back_at: datetime
    ) -> None:
        after = self.back(usd, share, back_at=back_at)

        assert after.incident
        assert (after.incident.state, after.incident.ending) == (IncidentState.OPEN, None)

    @pytest.mark.parametrize(
        ("worst", "usd", "ending"), [(0.0, 0.0, None), (-1.0, 0.5, Ending.INTERNAL_MOVE), (-1.0, 0.49, None)]
    )
    def test_it_is_over_once_half_of_what_was_told_is_back_and_something_was(
        self, worst: float, usd: float, ending: Ending | None
    ) -> None:
        trip = jump("BTC", -usd, at=NOON, verdict=Verdict.RETURNED, turned=NOON + HOUR)
        seen = replace(signal(CALM, at=NOON + HOUR), jumps=(trip,))

        found = step(replace(incident(), worst=Size(-0.036, Unit.RESERVES, worst)), seen).incident

        assert found
        assert found.ending is ending

    def test_an_ordinary_end_is_calm(self) -> None:
        steps = steps_of((0 * HOUR, ELEVATED), (HOUR, ELEVATED), (2 * HOUR, CALM), (8 * HOUR, CALM))

        assert last(steps).ending is Ending.CALM


class TestClosedWithdrawals:
    def while_closed(self, seen: Signal, closed: int = 2) -> Signal:
        """Return the signal while so many majors cannot be withdrawn."""
        return grade(replace(seen, withdrawals=majors(*MAJORS[:closed])), Sensitivity.NORMAL)

    def test_an_outflow_that_stops_because_withdrawals_closed_is_not_calm(self) -> None:
        steps = steps_of((0 * HOUR, ELEVATED), (HOUR, ELEVATED))
        for hour in range(2, 30):
            calm = self.while_closed(signal(CALM, at=NOON + hour * HOUR))
            steps.append(step(steps[-1].incident, calm))
        before = steps[-1].incident

        assert before
        assert (before.state, before.severity, before.easing_seen) == (IncidentState.OPEN, Severity.CRITICAL, 0)
        assert [step_.reason for step_ in steps].count(StepReason.ESCALATED) == 1
        assert steps[2].reason is StepReason.ESCALATED

    @pytest.mark.parametrize(
        ("share", "told", "severity"),
        [
            (SEVERE, Severity.SEVERE, Severity.CRITICAL),
            (ELEVATED, Severity.ELEVATED, Severity.CRITICAL),
            (WATCH, Severity.WATCH, Severity.WATCH),
        ],
    )
    def test_withdrawals_that_close_while_it_eases_make_critical_what_was_elevated(
        self, share: float, told: Severity, severity: Severity
    ) -> None:
        before = last(steps_of((0 * HOUR, share), (HOUR, share), (2 * HOUR, CALM)))
        seen = step(before, self.while_closed(signal(CALM, at=NOON + 3 * HOUR))).incident

        assert seen
        assert (before.severity, seen.severity) == (told, severity)
        closed = [reason for reason in seen.signal.reasons if reason.measure == CLOSED_WITHDRAWALS]
        assert [(reason.window, reason.value, reason.threshold) for reason in closed] == (
            [(Window.DAY, 2.0, 2.0)] if severity is Severity.CRITICAL else []
        )

    def test_closed_withdrawals_are_a_reason_of_the_window_that_says_most(self) -> None:
        weekly = incident(seen=signal(None, flows=[flow(-0.07, Window.WEEK)]))
        seen = self.while_closed(signal(CALM, at=NOON + HOUR, flows=[flow(-0.07, Window.WEEK)]))
        calm = self.while_closed(signal(CALM, at=NOON + HOUR, flows=[flow(-0.01, Window.WEEK)]))

        for closed_signal, window in ((seen, Window.WEEK), (calm, Window.DAY)):
            told = step(weekly, closed_signal).incident
            assert told
            assert told.signal.reasons[-1] == Reason(window, CLOSED_WITHDRAWALS, 2.0, 2.0)

    def test_closed_withdrawals_are_one_reason_however_the_signal_was_graded(self) -> None:
        opened = last(steps_of((0 * HOUR, ELEVATED), (HOUR, ELEVATED)))
        critical = self.while_closed(signal(ELEVATED, at=NOON + 2 * HOUR))

        seen = step(opened, critical).incident

        assert seen
        assert (seen.severity, seen.signal) == (Severity.CRITICAL, critical)

    def test_not_even_what_came_back_ends_it(self) -> None:
        opened = last(steps_of((0 * HOUR, ELEVATED), (HOUR, ELEVATED)))
        trip = jump("BTC", -9e9, at=NOON, verdict=Verdict.RETURNED, turned=NOON + 2 * HOUR)

        seen = self.while_closed(replace(signal(CALM, at=NOON + 2 * HOUR), jumps=(trip,)))

        assert step(opened, seen).reason is not StepReason.RESOLVED

    def test_one_closed_asset_keeps_nothing_open(self) -> None:
        before = last(steps_of((0 * HOUR, ELEVATED), (HOUR, ELEVATED), (2 * HOUR, CALM)))

        seen = self.while_closed(signal(CALM, at=NOON + 8 * HOUR), closed=1)

        assert step(before, seen).reason is StepReason.RESOLVED


class TestAnotherSourceSaysTheSame:
    def test_a_figure_that_agrees_confirms_at_once(self) -> None:
        opened = step(None, replace(signal(ELEVATED), confirmed_by_source=True))

        assert opened.reason is StepReason.OPENED
        assert opened.incident
        assert opened.incident.confirmed

    def test_a_figure_that_agrees_later_confirms_what_was_announced(self) -> None:
        (severe,) = steps_of((0 * MINUTE, SEVERE))
        seen = replace(signal(SEVERE, at=NOON + MINUTE, previous=NOON), confirmed_by_source=True)

        assert step(severe.incident, seen).reason is StepReason.CONFIRMED

    def test_a_figure_that_agrees_while_pending_opens(self) -> None:
        (pending,) = steps_of((0 * MINUTE, WATCH))
        seen = replace(signal(WATCH, at=NOON + MINUTE, previous=NOON), confirmed_by_source=True)

        assert step(pending.incident, seen).reason is StepReason.OPENED
