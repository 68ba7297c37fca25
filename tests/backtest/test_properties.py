"""What is true of the whole engine in every world: readings, guards, grades and the life of incidents together."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.backtest.reading_rounds import rounds
from bot.backtest.simulation import Simulation
from bot.detection.engine import signal_at_newest
from bot.detection.exchange_state import ExchangeState
from bot.detection.flow.computation import ColumnComputation
from bot.domain.exchange import Exchange
from bot.domain.flow import Flow
from bot.domain.incident import StepReason
from bot.domain.reading import Holding, Reading, Slot
from bot.domain.severity import Severity, rank
from tests.backtest.generated_worlds import (
    ASSETS,
    SLOTS,
    Decision,
    DrawnMove,
    decisions,
    decisions_about,
    drawn_moves,
    outflow_decisions_about,
    quiet_weeks,
    readings,
    times,
    worlds,
)
from tests.builders import BINANCE, DAY, HOUR, NOON
from tests.detection.quiet_past import book

FEW, SOME, MANY = (settings(max_examples=count) for count in (15, 40, 120))
CHAINS = frozenset(slot.split("/")[0] for slot in SLOTS) - {"Binance"}
"""Each keeps far more than 2 % of what is not the own token."""
FIVE = (BINANCE, *(Exchange(name, name) for name in "abcd"))
"""As many as it takes to see that most moved at once."""


def priced(reading: Reading, factors: dict[str, float]) -> Reading:
    held = {
        slot: Holding(holding.amount, holding.usd * factors[slot.asset]) for slot, holding in reading.holdings.items()
    }
    return replace(reading, holdings=held)


def without(reading: Reading, chains: frozenset[str]) -> Reading:
    held = {slot: holding for slot, holding in reading.holdings.items() if slot.chain not in chains}
    return replace(reading, holdings=held)


def flows(past: Sequence[Reading], *, quick: bool) -> Sequence[Flow]:
    """Return what a look at the newest reading shows, by the columns or in detail."""
    case = ExchangeState(BINANCE, computation=ColumnComputation(BINANCE.own_tokens, max_readings=48) if quick else None)
    for reading in past:
        case = case.with_reading(reading)
    return signal_at_newest(case, past[-1].as_of).flows


class TestPrices:
    paths = st.lists(st.fixed_dictionaries({asset: st.floats(0.2, 5) for asset in ASSETS}), min_size=12, max_size=12)
    common = st.lists(st.integers(-3, 3), min_size=12, max_size=12)

    @SOME
    @given(worlds, paths, st.integers(0, 31), st.booleans())
    def test_no_path_of_prices_after_a_windows_start_is_part_of_its_flow(
        self,
        world: list[DrawnMove],
        path: list[dict[str, float]],
        known: int,
        quick: bool,  # noqa: FBT001 — drawn
    ) -> None:
        past = readings(world)
        start = past[min(known, len(past) - 1)].as_of
        paths = dict(zip(times(world), path, strict=False))
        otherwise = [
            priced(reading, paths[reading.as_of]) if reading.as_of > start and reading.as_of in paths else reading
            for reading in past
        ]

        was, now = flows(past, quick=quick), flows(otherwise, quick=quick)

        assert [flow.window for flow in was] == [flow.window for flow in now]
        for flow, other in zip(was, now, strict=True):
            if flow.start <= start:
                assert other.usd == pytest.approx(flow.usd)
                assert other.share == pytest.approx(flow.share)
                assert other.reserves_usd == pytest.approx(flow.reserves_usd)

    @SOME
    @given(worlds, common)
    def test_a_market_that_rises_and_falls_as_one_changes_no_decision(
        self, world: list[DrawnMove], path: list[int]
    ) -> None:
        """Factors are powers of two, which leave every digit of a share as it is."""
        factors = dict(zip(times(world), (2.0**power for power in path), strict=False))
        past = readings(world)

        dearer = [priced(reading, dict.fromkeys(ASSETS, factors.get(reading.as_of, 1.0))) for reading in past]

        assert decisions_about(dearer) == decisions_about(past)

    @SOME
    @given(worlds, st.floats(0.1, 10))
    def test_one_factor_on_every_price_of_every_time_leaves_every_share(
        self, world: list[DrawnMove], factor: float
    ) -> None:
        past = readings(world)

        dearer = [priced(reading, dict.fromkeys(ASSETS, factor)) for reading in past]

        assert [flow.share for flow in flows(dearer, quick=True)] == [
            pytest.approx(flow.share, abs=1e-9) for flow in flows(past, quick=True)
        ]


class TestOrder:
    @SOME
    @given(worlds, st.randoms(use_true_random=False))
    def test_what_comes_again_or_late_changes_no_decision(self, world: list[DrawnMove], random: Random) -> None:
        """Beside each reading come some that were known already, and others of their times that say something else."""
        past = readings(world)
        simulation = Simulation([BINANCE])
        found = []
        for number, reading in enumerate(past):
            found += simulation.run_round([reading])
            known = random.choice(past[: number + 1])
            drained = book(known.as_of, dict.fromkeys(SLOTS, random.choice((0.1, 0.9, 2.0))))
            for again in random.sample((reading, known, drained), 2):
                assert simulation.run_round([again]) == []

        assert decisions(found) == decisions_about(past)

    stirred = st.lists(drawn_moves(0.0007, 0.0411, 0.0927), min_size=1, max_size=5)

    @FEW
    @given(stirred, stirred, st.randoms(use_true_random=False))
    def test_the_order_of_exchanges_in_a_round_and_of_their_holdings_changes_no_decision(
        self, common: list[DrawnMove], other: list[DrawnMove], random: Random
    ) -> None:
        at_once = [replace(move, hours=known.hours) for move, known in zip(other, common, strict=False)]
        lived = (common, common, common, at_once, at_once)
        pasts = [readings(world, exchange) for world, exchange in zip(lived, FIVE, strict=True)]
        as_it_is, shuffled = Simulation(FIVE), Simulation(random.sample(FIVE, len(FIVE)))
        expected, found = [], []
        for round_readings in rounds(pasts):
            expected += as_it_is.run_round(round_readings)
            found += shuffled.run_round(
                [_shuffled(reading, random) for reading in random.sample(round_readings, len(round_readings))]
            )

        assert decisions(found) == decisions(expected)


def _shuffled(reading: Reading, random: Random) -> Reading:
    held = list(reading.holdings.items())
    return replace(reading, holdings=dict(random.sample(held, len(held))))


class TestChains:
    @SOME
    @given(worlds, st.sampled_from(SLOTS), st.lists(st.floats(0.05, 1), min_size=2, max_size=4))
    def test_a_token_that_lies_on_several_chains_is_decided_as_on_one(
        self, world: list[DrawnMove], slot: str, parts: list[float]
    ) -> None:
        past = readings(world)
        chain, asset = slot.split("/")
        places = [Slot(chain if number == 0 else f"Rollup {number}", asset) for number in range(len(parts))]

        def spread(reading: Reading) -> Reading:
            whole = reading.holdings[Slot(chain, asset)]
            pieces = {
                place: Holding(whole.amount * part / sum(parts), whole.usd * part / sum(parts))
                for place, part in zip(places, parts, strict=True)
            }
            return replace(reading, holdings={**reading.holdings, **pieces})

        assert decisions_about(map(spread, past)) == decisions_about(past)


faults = st.one_of(
    st.sampled_from(("whole", "not read", "repeated")),
    st.frozensets(st.sampled_from(sorted(CHAINS)), min_size=1, max_size=3),
)


def seen(past: Sequence[Reading], bent: Sequence[str | frozenset[str]]) -> list[Reading]:
    """Return the readings as a faulty source gives them: not at all, as the one before once more, or without chains."""
    found = quiet_weeks()
    for reading, fault in zip(past, bent, strict=False):
        if isinstance(fault, frozenset):
            found.append(without(reading, fault))
        elif fault == "repeated":
            found.append(replace(found[-1], as_of=reading.as_of, fetched_at=reading.fetched_at))
        elif fault == "whole":
            found.append(reading)
    return found


class TestMissing:
    calm = drawn_moves(-0.0006, 0.0001, 0.0004)
    bent = st.lists(faults, min_size=12, max_size=12)

    @MANY
    @given(st.lists(calm, min_size=1, max_size=12), bent)
    def test_missing_data_opens_nothing(self, world: list[DrawnMove], bent: list[str | frozenset[str]]) -> None:
        past = readings(world)

        assert decisions_about(past) == []
        assert {decision.reason for decision in outflow_decisions_about(seen(past[20:], bent))} <= {StepReason.HELD}

    @MANY
    @given(
        st.lists(drawn_moves(-0.0003, 0.0004, hours=(6, 11, 13), swapped=0.24), min_size=5, max_size=8),
        st.frozensets(st.sampled_from(sorted(CHAINS - {"Tron"})), max_size=2),
        st.integers(0, 3),
    )
    def test_a_conversion_is_no_outflow_where_its_chain_was_gone_for_less_than_a_day(
        self, world: list[DrawnMove], others: frozenset[str], first: int
    ) -> None:
        past, chains = readings(world), {"Ethereum", *others}
        since = past[20 + first].as_of

        bent = [
            without(reading, frozenset(chains)) if since <= reading.as_of < since + DAY else reading for reading in past
        ]

        assert {decision.reason for decision in outflow_decisions_about(bent)} <= {StepReason.HELD}

    missing = faults.filter(lambda fault: fault != "whole")

    @MANY
    @given(
        st.sampled_from((0.0173, 0.0411, 0.0927)),
        st.lists(calm, min_size=4, max_size=12),
        st.one_of(missing.map(lambda fault: [fault] * 12), st.lists(missing, min_size=12, max_size=12)),
    )
    def test_missing_data_resolves_nothing(
        self, share: float, world: list[DrawnMove], bent: list[str | frozenset[str]]
    ) -> None:
        run = DrawnMove(1, uneven(share))
        still = DrawnMove(1, (0.0001,) * len(SLOTS))
        past = readings([run, still, *world])

        found = outflow_decisions_about(seen(past[20:], ["whole", "whole", *bent]))

        assert found[0].reason is StepReason.OPENED
        assert {decision.reason for decision in found[1:]} <= {StepReason.HELD}


def uneven(share: float) -> tuple[float, ...]:
    """Return so much of every slot, more of the first and less of the last: everything alike would be the source."""
    return (1.5 * share, *(share for _ in SLOTS[2:]), 0.5 * share)


def worst(found: Sequence[Decision]) -> Severity | None:
    return max((decision.severity for decision in found), key=rank, default=None)


class TestMore:
    @SOME
    @given(
        st.lists(
            drawn_moves(0.0001, 0.0007, 0.0057, 0.0113, 0.0173, 0.0311, 0.0927, hours=(1, 2, 3)), min_size=1, max_size=4
        ),
        st.floats(1, 1.8),
    )
    def test_the_more_leaves_within_a_day_the_worse_it_is_told_and_no_later(
        self, world: list[DrawnMove], factor: float
    ) -> None:
        """Within one day, from everything at once, and only out: what is usual stays, and no guard has a word in it."""
        assert times(world)[-1] < NOON + DAY - HOUR
        past = readings(world)
        whole = book(NOON)

        def scaled(reading: Reading) -> Reading:
            held = {
                slot: Holding(part * holding.amount, part * holding.usd)
                for slot, holding in reading.holdings.items()
                for part in [_scaled(holding.amount / whole.holdings[slot].amount, factor)]
            }
            return replace(reading, holdings=held)

        less, more = decisions_about(past), decisions_about([*past[:20], *map(scaled, past[20:])])

        assert rank(worst(more)) >= rank(worst(less))
        assert not less or more[0].at <= less[0].at


def _scaled(kept: float, factor: float) -> float:
    """Return by what a holding is to be multiplied so that of the whole `factor` times as much has left."""
    return (1 - factor * (1 - kept)) / kept
