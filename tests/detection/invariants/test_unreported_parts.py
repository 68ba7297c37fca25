"""Held is said (invariant 11), also where nothing moves: what the source does not tell for hours is told once.

The chains of these worlds hold 10 to 34 % of reserves and come and go at random, for hours or for weeks.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from bot.alerting.judging_round import RoundSignal, RoundState, judge_round
from bot.alerting.lifecycle_policy import Policy
from bot.detection.outflow import grade
from bot.domain.incident import Ending, Incident, StepReason
from bot.domain.jump import JumpReason
from bot.domain.severity import Sensitivity
from bot.domain.signal import UNREPORTED, Rule
from tests.detection.invariants.engine_runs import signals
from tests.detection.invariants.source_events import ChainMissing
from tests.detection.invariants.world_strategies import EXAMPLES
from tests.detection.invariants.worlds import CHAINS, PAST, World

SAID_AFTER, GIVEN_UP_AFTER, STEADY_AFTER = timedelta(hours=6), timedelta(hours=72), timedelta(hours=24)
GAPS = st.lists(st.sampled_from((1.0, 1.0, 2.0, 5.0, 7.0, 24.0, 50.0, 80.0)), min_size=4, max_size=12)


@st.composite
def chains_come_and_go(draw: st.DrawFn) -> World:
    """Draw a world in which chains go for a while or for good; one of them is always there."""
    hours = (*PAST, *draw(GAPS))
    first = st.integers(len(PAST), len(hours))
    spells = st.tuples(st.sampled_from(CHAINS[1:]), first, st.sampled_from((1, 2, 3, 5, 99)))
    events = [ChainMissing(chain, since, since + length) for chain, since, length in draw(st.lists(spells, max_size=6))]
    return World(hours, tuple(events))


def gaps(world: World) -> Iterator[tuple[str, int, int]]:
    """Yield every gap of a chain: its name, the first reading without it, and the first one with it again."""
    for chain in CHAINS:
        lacking = [chain in world.missing_chains(step) for step in range(len(world.times))]
        for since in range(1, len(lacking)):
            if lacking[since] and not lacking[since - 1]:
                until = next((step for step in range(since, len(lacking)) if not lacking[step]), len(lacking))
                yield chain, since, until


def notices(world: World) -> list[tuple[datetime, StepReason, Incident]]:
    """Return every step of a notice about parts, with the time of its reading."""
    state, numbers, found = RoundState(), count(1), []
    for at, signal in zip(world.times[len(PAST) :], signals(world)[len(PAST) :], strict=True):
        draft = judge_round(Policy(), state, [RoundSignal(signal, at, (Sensitivity.NORMAL,))], grade, now=at)
        result = draft.numbered({story: next(numbers) for story in draft.unnumbered})
        state = result.state
        found += [
            (at, step.step.reason, step.step.incident)
            for step in result.steps
            if step.step.incident and step.step.incident.rule == Rule.DATA and step.signal.leading == UNREPORTED
        ]
    return found


@EXAMPLES
@given(chains_come_and_go())
def test_every_long_gap_of_a_chain_is_told_once_with_its_end(world: World) -> None:
    """A gap is told with the second reading that is six hours or more after its first; the third within 72 h later."""
    told = [
        (jump, at)
        for at, reason, notice in notices(world)
        if reason is StepReason.OPENED
        for jump in notice.signal.jumps
    ]
    opened = {(jump.group, jump.at): at for jump, at in told}

    assert len(opened) == len(told), "a gap was told twice"
    assert {jump.reason for jump, _ in told} <= {JumpReason.UNREPORTED}
    expected = {
        (chain, world.times[since]): told_at
        for chain, since, until in gaps(world)
        if (told_at := first_said(world, since, until))
    }
    assert opened.items() <= expected.items() | {
        (gap, at) for gap, at in opened.items() if gap in expected and at - gap[1] >= STEADY_AFTER
    }
    for gap in expected.keys() - opened.keys():
        assert is_third_within_three_days(gap, expected)


@EXAMPLES
@given(chains_come_and_go())
def test_a_notice_ends_with_the_last_of_its_chains_or_after_three_days(world: World) -> None:
    for at, reason, notice in notices(world):
        groups = {jump.group for jump in notice.signal.jumps}
        own = [gap for gap in gaps(world) if gap[0] in groups and world.times[gap[1]] == notice.first_as_of]
        is_back = all(world.index(at) >= until for _, _, until in own)

        assert {chain for chain, _, _ in own} == groups
        assert is_back == (notice.ending is Ending.RETURNED)
        assert (at - notice.first_as_of >= GIVEN_UP_AFTER) or is_back == (reason is StepReason.RESOLVED)


def first_said(world: World, since: int, until: int) -> datetime | None:
    """Return the time of the first reading of a gap that is the second one or later, and six hours after the first."""
    times = world.times[since:until]
    return next((at for at in times[1:] if at - times[0] >= SAID_AFTER), None)


def is_third_within_three_days(gap: tuple[str, datetime], gaps_told: dict[tuple[str, datetime], datetime]) -> bool:
    chain, at = gap
    times = [since for name, since in gaps_told if name == chain and timedelta() < at - since < GIVEN_UP_AFTER]
    return len(times) >= 2
