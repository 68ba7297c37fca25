"""What one round makes of the incidents under way: numbers, presets, the market first, and what is left to go on."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.alerting.judging_round import (
    MARKET_KEY,
    IncidentKey,
    KnownHolds,
    RoundDraft,
    RoundResult,
    RoundSignal,
    RoundState,
    StoryKey,
    elevated_spans,
    judge_round,
    key_of,
)
from bot.alerting.lifecycle_policy import Policy
from bot.detection.outflow import grade
from bot.domain.flow import HoldReason, Window
from bot.domain.incident import IncidentState, Step, StepReason
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Rule
from bot.domain.snapshot import IncidentSpan
from tests.builders import CHAIN_MISSING, DAY, HOUR, NOON, STALE, flow, incident, signal

EARLY, NORMAL, CALM = Sensitivity.EARLY, Sensitivity.NORMAL, Sensitivity.CALM
ELEVATED, SEVERE, WATCH = -0.036, -0.1, -0.018


def seen(
    share: float, exchange: str = "a", *, at: datetime = NOON, presets: Sequence[Sensitivity] = (NORMAL,)
) -> RoundSignal:
    """Return an exchange of $64 B of which this share left in a day."""
    return RoundSignal(signal(share, at=at, exchange=exchange), at, presets)


def judged(state: RoundState, *signals: RoundSignal, after: timedelta = timedelta()) -> RoundDraft:
    return judge_round(Policy(), state, signals, grade, now=NOON + after)


def numbered(draft: RoundDraft, first: int = 1) -> RoundResult:
    return draft.numbered({story: number for number, story in enumerate(draft.unnumbered, start=first)})


def run_rounds(*rounds: Iterable[RoundSignal]) -> list[RoundResult]:
    """Return what rounds come to, each of which goes on from the one before."""
    results, state, given = list[RoundResult](), RoundState(), 0
    for number, signals in enumerate(rounds):
        draft = judged(state, *signals, after=number * HOUR)
        results.append(numbered(draft, given + 1))
        state, given = results[-1].state, given + len(draft.unnumbered)
    return results


def numbers(result: RoundResult) -> dict[tuple[str, Sensitivity], int]:
    incidents = {step.key: step.step.incident for step in result.in_order}
    return {(key.subject, key.sensitivity): incident_.number for key, incident_ in incidents.items() if incident_}


def test_a_signal_is_graded_by_each_of_its_presets() -> None:
    (result,) = run_rounds([seen(WATCH, presets=(NORMAL, EARLY, CALM))])

    assert [(step.key.sensitivity, step.signal.severity) for step in result.steps] == [
        (NORMAL, Severity.WATCH),
        (EARLY, Severity.WATCH),
        (CALM, None),
    ]


def test_what_opens_gets_a_number_and_what_waits_gets_none() -> None:
    draft = judged(RoundState(), seen(ELEVATED, "a"), seen(SEVERE, "b"))

    assert draft.unnumbered == (StoryKey("b", Rule.OUTFLOW),)
    assert numbers(numbered(draft, 5)) == {("a", NORMAL): 0, ("b", NORMAL): 5}


def test_a_number_that_was_not_drawn_is_missed_at_once() -> None:
    with pytest.raises(KeyError):
        judged(RoundState(), seen(SEVERE)).numbered({})


def test_presets_that_open_together_share_a_number_and_exchanges_do_not() -> None:
    (result,) = run_rounds([seen(SEVERE, name, presets=(NORMAL, EARLY)) for name in ("b", "a")])

    assert numbers(result) == {("b", NORMAL): 1, ("b", EARLY): 1, ("a", NORMAL): 2, ("a", EARLY): 2}


def test_a_preset_that_opens_later_takes_the_number_of_the_one_that_is_open() -> None:
    """The early preset opens INC-1, OKX INC-2, and hours later the normal preset joins in INC-1."""
    known = incident(exchange="a", sensitivity=EARLY, number=1)
    draft = judged(RoundState.of([known]), seen(SEVERE, "a", presets=(NORMAL,)), seen(SEVERE, "okx"))

    assert draft.unnumbered == (StoryKey("okx", Rule.OUTFLOW),)
    assert numbers(numbered(draft, 2)) == {("a", NORMAL): 1, ("okx", NORMAL): 2}


def test_a_number_lasts_as_long_as_one_preset_is_open() -> None:
    """A preset that was over opens anew under the number that goes on; after all of them are over, a new one is due."""
    early = replace(incident(exchange="a", sensitivity=EARLY, number=7), steps=3)
    going_on, over = RoundState.of([early]), RoundState()

    assert judged(going_on, seen(SEVERE)).unnumbered == ()
    assert judged(over, seen(SEVERE)).unnumbered == (StoryKey("a", Rule.OUTFLOW),)


def test_a_bleed_is_kept_as_an_outflow() -> None:
    bleed = replace(incident(exchange="a"), rule=Rule.BLEED)

    assert key_of(bleed) == IncidentKey("a", Rule.OUTFLOW)
    assert run_rounds([seen(SEVERE)])[0].steps[0].key == key_of(bleed)


class TestTheMarket:
    three = ("a", "b", "c")

    def test_is_numbered_last_and_kept_first(self) -> None:
        (result,) = run_rounds([seen(SEVERE, name) for name in self.three])

        assert [(step.key.subject, step.step.reason) for step in result.in_order] == [
            ("market", StepReason.OPENED),
            *((name, StepReason.OPENED) for name in self.three),
        ]
        assert numbers(result) == {("market", NORMAL): 4, ("a", NORMAL): 1, ("b", NORMAL): 2, ("c", NORMAL): 3}

    def test_names_the_numbers_of_its_members_and_they_its_own(self) -> None:
        (result,) = run_rounds([seen(SEVERE, name) for name in self.three])

        market = result.state.incidents[MARKET_KEY]
        assert [incident_.label for incident_ in market.signal.members] == ["INC-1", "INC-2", "INC-3"]
        assert {step.step.incident.covered_by for step in result.steps if step.step.incident} == {4}

    def test_is_made_by_the_normal_preset_alone(self) -> None:
        (result,) = run_rounds([seen(SEVERE, name, presets=(EARLY,)) for name in self.three])

        assert result.market.step == Step(None, StepReason.NOTHING)
        assert not result.market.has_changed

    def test_counts_what_is_open_at_exchanges_that_were_not_read(self) -> None:
        known = [replace(incident(exchange=name, number=number)) for number, name in enumerate("ab", start=1)]

        draft = judged(RoundState.of(known), seen(SEVERE, "c"))

        assert draft.unnumbered == (StoryKey("c", Rule.OUTFLOW), StoryKey("market", Rule.MARKET_WIDE))

    def test_is_advanced_where_nothing_was_read_at_all(self) -> None:
        (opened,) = run_rounds([seen(SEVERE, name) for name in self.three])
        fewer = RoundState({key: incident_ for key, incident_ in opened.state.incidents.items() if key.subject != "a"})

        result = numbered(judged(fewer))

        assert result.market.step.reason is StepReason.RESOLVED
        assert MARKET_KEY not in result.state.incidents

    def test_that_is_over_covers_nobody(self) -> None:
        (opened,) = run_rounds([seen(SEVERE, name) for name in self.three])
        fewer = RoundState({key: incident_ for key, incident_ in opened.state.incidents.items() if key.subject != "b"})

        result = numbered(judged(fewer, seen(-0.09, "a", at=NOON + HOUR)))

        assert result.market.step.reason is StepReason.RESOLVED
        assert [step.step.incident.covered_by for step in result.steps if step.step.incident] == [0]


class TestTheStateAfter:
    def test_holds_what_is_pending_and_open(self) -> None:
        (result,) = run_rounds([seen(ELEVATED, "a"), seen(SEVERE, "b"), seen(0.0, "c")])

        assert {key.subject: incident_.state for key, incident_ in result.state.incidents.items()} == {
            "a": IncidentState.PENDING,
            "b": IncidentState.OPEN,
        }
        assert result.state.numbers() == {StoryKey("b", Rule.OUTFLOW): 1}

    def test_forgets_what_was_dismissed(self) -> None:
        _, result = run_rounds([seen(ELEVATED)], [seen(0.0, at=NOON + HOUR)])

        (dismissed,) = result.steps
        assert (dismissed.step.reason, dismissed.has_changed, result.state) == (
            StepReason.DISMISSED,
            True,
            RoundState(),
        )

    def test_forgets_what_is_over(self) -> None:
        _, easing, over = run_rounds([seen(SEVERE)], [seen(0.0, at=NOON + HOUR)], [seen(0.0, at=NOON + 8 * HOUR)])

        assert easing.state.numbers() == {StoryKey("a", Rule.OUTFLOW): 1}
        assert (over.steps[0].step.reason, over.state) == (StepReason.RESOLVED, RoundState())

    def test_leaves_what_was_not_read_as_it_is(self) -> None:
        first, second = run_rounds([seen(ELEVATED, "a")], [seen(ELEVATED, "b", at=NOON + HOUR)])

        key = IncidentKey("a", Rule.OUTFLOW)
        assert second.state.incidents[key] is first.state.incidents[key]

    def test_takes_the_stores_incidents_in_place_of_its_own(self) -> None:
        known, other = incident(exchange="a"), incident(exchange="b")

        state = RoundState.of([known, other]).with_current({key_of(known): None, IncidentKey("c", Rule.OUTFLOW): other})

        assert state.incidents == {key_of(other): other, IncidentKey("c", Rule.OUTFLOW): other}


def test_a_reading_that_is_known_is_nothing_to_keep() -> None:
    first, again = run_rounds([seen(SEVERE)], [seen(SEVERE)])

    assert (first.steps[0].has_changed, again.steps[0].has_changed) == (True, False)


@pytest.mark.parametrize(
    ("peak", "counts"), [(Severity.WATCH, False), (Severity.ELEVATED, True), (Severity.SEVERE, True)]
)
def test_days_of_what_was_elevated_are_no_usual_ones(peak: Severity, counts: bool) -> None:  # noqa: FBT001 — drawn
    lasting = incident(Severity.WATCH, peak=peak)
    over = replace(lasting, state=IncidentState.RESOLVED, changed_at=NOON + DAY)

    assert elevated_spans([lasting, over]) == ((IncidentSpan(NOON), IncidentSpan(NOON, NOON + DAY)) if counts else ())


def test_incidents_of_other_sources_leave_the_usual_days_alone() -> None:
    assert elevated_spans([replace(incident(), rule="withdrawals")]) == ()


def test_two_sources_tell_two_stories_of_one_exchange_each_under_a_number_of_its_own() -> None:
    other = replace(seen(SEVERE), signal=replace(signal(SEVERE, exchange="a"), rule="withdrawals"))
    draft = judge_round(Policy(), RoundState(), [seen(SEVERE), other], lambda graded, _: graded, now=NOON)

    assert draft.unnumbered == (StoryKey("a", Rule.OUTFLOW), StoryKey("a", "withdrawals"))
    assert set(numbered(draft).state.incidents) == {
        IncidentKey("a", Rule.OUTFLOW),
        IncidentKey("a", "withdrawals"),
    }


def test_a_reason_to_hold_is_new_once_as_long_as_it_lasts() -> None:
    chain = signal(None, flows=[flow(hold=CHAIN_MISSING)])
    both = signal(None, flows=[flow(hold=CHAIN_MISSING), flow(window=Window.WEEK, hold=STALE)])
    known = KnownHolds()

    told = [
        known.new_reasons(StoryKey("a", Rule.OUTFLOW), incident_)
        for incident_ in (chain, chain, both, None, chain, signal(), chain)
    ]

    missing, stale = frozenset({HoldReason.CHAIN_MISSING}), frozenset({HoldReason.STALE})
    assert told == [missing, set(), stale, set(), missing, set(), missing]
    assert known.new_reasons(StoryKey("b", Rule.OUTFLOW), chain) == missing
