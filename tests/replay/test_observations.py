"""What the upstream sees is the truth of a run, but for the faults of its hour."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.reading import Slot
from bot.replay.episodes.catalogue import find_episode
from bot.replay.faults import FaultKind, Measure, ObservationFault, WalletJump
from bot.replay.generator import GeneratedState, generate_states
from bot.replay.observations import UpstreamRun, upstream_runs

HOUR = timedelta(hours=1)
EPISODE = replace(find_episode("guard-chain-missing"), faults=(), live_end=datetime(2024, 5, 2, tzinfo=UTC))
NOON = EPISODE.live_start + 12 * HOUR
BTC = Slot("Bitcoin", "BTC")
TRUTH = {state.at: state for state in generate_states(EPISODE)}


def runs_with(*faults: ObservationFault) -> list[tuple[UpstreamRun, GeneratedState]]:
    """Return the runs from noon until two, each with the truth of its hour."""
    runs = [run for run in upstream_runs(replace(EPISODE, faults=faults)) if NOON <= run.at < NOON + 2 * HOUR]
    return [(upstream_run, TRUTH[upstream_run.at]) for upstream_run in runs]


def fault(kind: FaultKind, *, target: str = "", factor: float = 1.0) -> ObservationFault:
    """Return a fault of one hour from noon on."""
    return ObservationFault("aurelia", kind, NOON, NOON + HOUR, target, factor)


def test_without_a_fault_it_sees_what_is() -> None:
    for run, truth in runs_with():
        assert {exchange: observation.amounts for exchange, observation in run.observations.items()} == truth.amounts
        assert run.observations["aurelia"].prices == truth.prices


@pytest.mark.parametrize("kind", [FaultKind.CHAIN_ABSENT, FaultKind.CHAIN_NULL])
def test_a_chain_is_missing_for_its_hour_and_at_its_exchange_only(kind: FaultKind) -> None:
    (during, _), (after, _) = runs_with(fault(kind, target="Tron"))

    assert "Tron" not in {slot.chain for slot in during.observations["aurelia"].amounts}
    assert "Tron" in {slot.chain for slot in during.observations["borvik"].amounts}
    assert "Tron" in {slot.chain for slot in after.observations["aurelia"].amounts}
    assert bool(during.null_chains) == (kind is FaultKind.CHAIN_NULL)
    assert not after.null_chains


def test_an_odd_price_is_odd_for_one_asset_and_one_exchange() -> None:
    (during, truth), (after, later) = runs_with(fault(FaultKind.PRICE_ODD, target="DOT", factor=10.0))

    assert during.observations["aurelia"].prices["DOT"] == pytest.approx(10 * truth.prices["DOT"])
    assert during.observations["aurelia"].prices["BTC"] == truth.prices["BTC"]
    assert during.observations["borvik"].prices == truth.prices
    assert after.observations["aurelia"].prices == later.prices


def test_a_shrunk_record_shows_the_same_part_of_everything() -> None:
    (during, truth), (after, later) = runs_with(fault(FaultKind.SHRUNK, factor=0.95))

    for slot, amount in truth.amounts["aurelia"].items():
        assert during.observations["aurelia"].amounts[slot] == pytest.approx(0.95 * amount)
    assert after.observations["aurelia"].amounts == later.amounts["aurelia"]


def test_a_shrunk_chain_leaves_the_others_alone() -> None:
    (during, truth), _ = runs_with(fault(FaultKind.SHRUNK, target="Tron", factor=0.6))

    for slot, amount in truth.amounts["aurelia"].items():
        part = 0.6 if slot.chain == "Tron" else 1.0
        assert during.observations["aurelia"].amounts[slot] == pytest.approx(part * amount)


def test_a_repeated_record_is_the_one_before_prices_included() -> None:
    first, second = (
        ObservationFault("aurelia", FaultKind.REPEATED, NOON, NOON + 2 * HOUR),
        TRUTH[max(at for at in TRUTH if at < NOON)],
    )

    for run, _ in runs_with(first):
        assert run.observations["aurelia"].amounts == second.amounts["aurelia"]
        assert run.observations["aurelia"].prices == second.prices


def test_a_silent_adapter_writes_no_record_and_only_a_gone_one_leaves_the_list() -> None:
    (silent, _), (again, _) = runs_with(fault(FaultKind.NO_RECORD))
    (gone, _), _ = runs_with(fault(FaultKind.UNLISTED))

    assert "aurelia" not in silent.observations
    assert not silent.unlisted
    assert "aurelia" in again.observations
    assert "aurelia" not in gone.observations
    assert gone.unlisted == {"aurelia"}


@pytest.mark.parametrize(("measure", "by"), [(Measure.UNITS, -1_000.0), (Measure.PART, -0.4), (Measure.USD, 9e8)])
def test_a_jump_is_one_step_that_stays(measure: Measure, by: float) -> None:
    jump = WalletJump("aurelia", NOON + timedelta(minutes=1), BTC, by, measure)
    after = [state for state in generate_states(replace(EPISODE, jumps=(jump,))) if state.at >= NOON]
    first, last = (
        state.amounts["aurelia"][BTC] - TRUTH[state.at].amounts["aurelia"][BTC] for state in (after[0], after[-1])
    )
    truth = TRUTH[after[0].at].amounts["aurelia"][BTC]
    step = {Measure.UNITS: by, Measure.PART: by * truth, Measure.USD: by / after[0].prices["BTC"]}[measure]

    assert first == pytest.approx(step)
    assert last == pytest.approx(step, rel=0.05)
    assert after[0].amounts["borvik"] == TRUTH[after[0].at].amounts["borvik"]


def test_a_jump_may_bring_a_new_place() -> None:
    jump = WalletJump("aurelia", NOON, Slot("Algorand", "USDC"), 5e8, Measure.USD)
    held = [state.amounts["aurelia"].get(jump.slot) for state in generate_states(replace(EPISODE, jumps=(jump,)))]

    assert held[0] is None
    assert held[-1] == pytest.approx(5e8, rel=0.02)


def test_what_a_jump_empties_is_not_in_the_record() -> None:
    jump = WalletJump("aurelia", NOON, BTC, -1.0, Measure.PART)
    last = list(upstream_runs(replace(EPISODE, jumps=(jump,))))[-1]

    assert BTC not in last.observations["aurelia"].amounts
    assert BTC in last.observations["borvik"].amounts
