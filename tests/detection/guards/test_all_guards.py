"""How long the guards remember, and from which figure on they do."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from bot.detection.guards.missing_chains import may_start

from bot.detection.flow.reading_diff import ReadingDiff, reading_diff
from bot.detection.guards.all_guards import incomparable, inspect, is_busy
from bot.detection.guards.market_moves import NO_OTHERS, LastMove, MarketMoves
from bot.domain.flow import Hold, HoldReason, Window
from bot.domain.guard_state import (
    Adjustment,
    Departure,
    GuardState,
    IsolatedMove,
    MissingChain,
    OddPrice,
    RestMove,
    RoundTrip,
    SourceGlitch,
)
from bot.domain.reading import Reading, Slot
from bot.domain.withdrawals import Withdrawals
from tests.builders import DAY, HOUR, NOON, holding, reading

SECOND = timedelta(seconds=1)
TRON, BITCOIN = Slot("Tron", "USDT"), Slot("Bitcoin", "BTC")
SHUT = Withdrawals(closed=(("BTC", NOON), ("ETH", NOON)))
WHOLE = holding(60, at=NOON - 99 * DAY)
"""What a chain held that is away by now."""


def units(parts: Mapping[str, float], *, at: datetime = NOON) -> Reading:
    """Return a reading of so many units at a dollar each."""
    return reading({slot: (amount, 1.0) for slot, amount in parts.items()}, at=at)


def quiet(state: GuardState, *, market: MarketMoves = NO_OTHERS, prices_moved: bool = True) -> GuardState:
    """Return the guard state after a reading at noon in which nothing moved far."""
    latest = holding(60)
    diff = ReadingDiff(holding(60, at=NOON - HOUR), latest, 6e10, 0.0, (), {}, is_quiet=True)
    return inspect(state, diff, (), market, prices_moved=prices_moved)


def moved(group: str, *, age: timedelta = HOUR, usd: float = -100.0, slot: Slot = TRON) -> IsolatedMove:
    at = NOON - age
    return IsolatedMove(group, at, usd, -0.1, (Adjustment(slot, usd, at),), 1000.0)


@pytest.mark.parametrize("age", [SECOND, DAY - SECOND, DAY, 2 * DAY, 2 * DAY + SECOND, 3 * DAY, 3 * DAY + SECOND,
                                 35 * DAY - SECOND, 35 * DAY])  # fmt: skip
def test_each_memory_lasts_as_long_as_it_matters(age: timedelta) -> None:
    at = NOON - age
    known = GuardState(
        adjustments=(Adjustment(TRON, -1.0, at),),
        excluded_moves=(moved("Tron", age=age),),
        counted_drops=(moved("Tron", age=age),),
        rest_moves=(RestMove(at, -1.0),),
        departures=(Departure("BTC", at, 1.0, 1.0),),
        round_trips=(RoundTrip("BTC", at - DAY, at, 1.0),),
        missing_chains=(MissingChain("Tron", at - DAY, at, last=WHOLE), MissingChain("Base", at - DAY, last=WHOLE)),
    )

    now = quiet(known)

    assert bool(now.adjustments) is (age < 35 * DAY)
    assert (bool(now.excluded_moves), bool(now.counted_drops)) == (age <= 3 * DAY, age <= 3 * DAY)
    assert bool(now.rest_moves) is (age < DAY)
    assert (bool(now.departures), bool(now.round_trips)) == (age <= 2 * DAY, age <= 2 * DAY)
    assert [missing.chain for missing in now.missing_chains] == (["Tron", "Base"] if age < 35 * DAY else ["Base"])


@pytest.mark.parametrize(
    ("state", "busy"),
    [
        (GuardState(), False),
        (GuardState(held_move=moved("Tron")), True),
        (GuardState(departures=(Departure("BTC", NOON, 1.0, 1.0),)), True),
        (GuardState(excluded_moves=(moved("Tron"),)), True),
        (GuardState(round_trips=(RoundTrip("BTC", NOON, NOON, 1.0),), counted_drops=(moved("Tron"),)), False),
    ],
)
def test_a_guard_state_is_busy_while_the_next_reading_may_change_what_it_remembers(
    state: GuardState,
    busy: bool,  # noqa: FBT001 — a table's column
) -> None:
    assert is_busy(state) is busy


def test_what_is_held_is_said_with_its_size() -> None:
    seen = SourceGlitch(NOON, -0.1, 4, 10)
    rise = replace(moved("Tron"), share=0.1234)

    assert incomparable(GuardState()) is None
    assert incomparable(GuardState(source_glitch=seen, held_move=rise)) == Hold(
        HoldReason.SOURCE_GLITCH, "4 of 10 exchanges moved more than 3 % at once"
    )
    assert incomparable(GuardState(held_move=rise)) == Hold(
        HoldReason.WALLETS_CHANGED, "Tron, +12.3 % of reserves in one step"
    )


def test_prices_are_looked_at_unless_none_is_said_to_have_moved() -> None:
    before = reading({"Tron/USDT": (100, 1.0), "Solana/SOL": (100, 1.0)}, at=NOON - HOUR)
    diff = reading_diff(before, reading({"Tron/USDT": (100, 1.0), "Solana/SOL": (100, 2.0)}), ())

    assert [price.asset for price in inspect(GuardState(), diff, (), NO_OTHERS).odd_prices] == ["SOL"]
    assert inspect(GuardState(), diff, (), NO_OTHERS, prices_moved=False).odd_prices == ()


class TestAQuietReading:
    def test_ends_a_glitch_and_may_begin_one(self) -> None:
        many = [LastMove(holding(60, exchange=name), None, 0.1) for name in ("binance", "b", "c", "d", "e")]
        begun = quiet(GuardState(), market=NO_OTHERS.after(many))

        assert begun.source_glitch == SourceGlitch(NOON, 0.1, 5, 5)
        assert quiet(begun, market=NO_OTHERS.after(many)).source_glitch is None
        assert quiet(GuardState()) == GuardState()

    def test_still_judges_a_price_that_was_odd(self) -> None:
        odd = OddPrice("BTC", 20_000.0, NOON - DAY, doubtful=True)

        assert quiet(GuardState(odd_prices=(odd,)), prices_moved=False).odd_prices == (replace(odd, until=NOON),)


class TestAMissingChain:
    @pytest.mark.parametrize(
        ("at", "partial"),
        [
            (NOON - 2 * HOUR - SECOND, False),
            (NOON - 2 * HOUR, True),
            (NOON - SECOND, True),
            (NOON, False),
            (NOON + HOUR, False),
        ],
    )
    def test_spoils_the_readings_from_its_first_until_before_its_end(
        self,
        at: datetime,
        partial: bool,  # noqa: FBT001 — a table's column
    ) -> None:
        over, latest = MissingChain("Tron", NOON - 2 * HOUR, NOON, last=WHOLE), holding(60, at=at + DAY)

        assert may_start(Window.DAY, holding(60, at=at), latest, GuardState(missing_chains=(over,))) is not partial
        on = GuardState(missing_chains=(replace(over, until=None),))
        assert may_start(Window.DAY, holding(60, at=at), latest, on)

    @pytest.mark.parametrize(
        ("lost", "rest", "noted"),
        [(2.0, 98.0, False), (2.1, 97.9, True), (0.5, 0.5, True), (0.0, 0.0, False)],
    )
    def test_is_noted_once_its_chains_kept_more_than_two_percent(
        self,
        lost: float,
        rest: float,
        noted: bool,  # noqa: FBT001 — a table's column
    ) -> None:
        before = units({"Base/ETH": lost, "Bitcoin/BTC": rest, "Base/BNB": 900.0}, at=NOON - HOUR)
        latest = units({"Bitcoin/BTC": rest, "Binance/BNB": 900.0})

        found = inspect(GuardState(), reading_diff(before, latest, {"BNB"}), {"BNB"}, NO_OTHERS)

        assert found.missing_chains == ((MissingChain("Base", NOON, last=before),) if noted else ())

    def test_lasts_until_its_chain_is_back_and_ends_once(self) -> None:
        every = {"Base/ETH": 10.0, "Solana/SOL": 10.0, "Bitcoin/BTC": 80.0}
        without_solana = {"Base/ETH": 10.0, "Bitcoin/BTC": 80.0}
        days = [every, {"Bitcoin/BTC": 80.0}, without_solana, every, {**every, "Tron/TRX": 1.0}]
        found = []
        state = GuardState()
        for day in range(1, len(days)):
            before, latest = units(days[day - 1], at=NOON + (day - 1) * HOUR), units(days[day], at=NOON + day * HOUR)
            state = inspect(state, reading_diff(before, latest, ()), (), NO_OTHERS)
            found.append({missing.chain: missing.until for missing in state.missing_chains})

        base, solana = NOON + 2 * HOUR, NOON + 3 * HOUR
        assert {missing.since for missing in state.missing_chains} == {NOON + HOUR}
        assert found == [
            {"Base": None, "Solana": None},
            {"Base": base, "Solana": None},
            {"Base": base, "Solana": solana},
            {"Base": base, "Solana": solana},
        ]


class TestADeparture:
    USUAL: Mapping[str, float] = {"Bitcoin/BTC": 400.0, "Base/ETH": 300.0, "Ethereum/ETH": 300.0}

    def after(self, *steps: Mapping[str, float]) -> GuardState:
        state, before = GuardState(), units(self.USUAL, at=NOON - HOUR)
        for hour, parts in enumerate(steps):
            latest = units({**self.USUAL, **parts}, at=NOON + hour * HOUR)
            state, before = inspect(state, reading_diff(before, latest, ()), (), NO_OTHERS), latest
        return state

    @pytest.mark.parametrize(
        ("parts", "left"),
        [
            ({"Bitcoin/BTC": 390.0}, [("BTC", 10.0, 10.0)]),
            ({"Bitcoin/BTC": 390.5}, []),
            ({"Base/ETH": 295.0, "Ethereum/ETH": 295.0}, [("ETH", 10.0, 10.0)]),
            ({"Base/ETH": 200.0, "Ethereum/ETH": 400.0}, []),
            ({"Bitcoin/BTC": 410.0}, []),
        ],
    )
    def test_is_noted_from_one_percent_of_reserves_in_one_asset_on(
        self, parts: Mapping[str, float], left: list[tuple[str, float, float]]
    ) -> None:
        found = self.after(parts)

        assert [(departure.asset, departure.amount, departure.usd) for departure in found.departures] == left
        assert all((departure.at, departure.returned) == (NOON, 0.0) for departure in found.departures)

    @pytest.mark.parametrize(
        ("back", "waiting"), [((340.0, 350.0), 50.0), ((351.0,), None), ((320.0, 310.0), 20.0), ((295.0, 305.0), 10.0)]
    )
    def test_is_a_round_trip_once_more_than_half_has_come_back(
        self, back: tuple[float, ...], waiting: float | None
    ) -> None:
        found = self.after({"Bitcoin/BTC": 300.0}, *({"Bitcoin/BTC": amount} for amount in back))

        first = [departure.returned for departure in found.departures if departure.at == NOON]
        assert first == ([] if waiting is None else [waiting])
        trip = RoundTrip("BTC", NOON, NOON + HOUR, 100.0)
        assert found.round_trips == ((trip,) if waiting is None else ())


class TestADropThatIsRemembered:
    REST: Mapping[str, float] = {"Bitcoin/BTC": 500.0, "Ethereum/ETH": 500.0}

    def after(
        self, known: GuardState, parts: Mapping[str, float], *, withdrawals: Withdrawals | None = None
    ) -> GuardState:
        before = units({**self.REST, "Tron/USDT": 100.0}, at=NOON - HOUR / 2)
        latest = units({**self.REST, "Tron/USDT": 100.0, **parts})
        return inspect(known, reading_diff(before, latest, ()), (), NO_OTHERS, withdrawals)

    @pytest.mark.parametrize(
        ("parts", "before", "counts"),
        [
            ({"Bitcoin/BTC": 485.0}, 0.0, True),
            ({"Bitcoin/BTC": 485.5}, 0.0, False),
            ({"Bitcoin/BTC": 490.0}, -5.0, True),
            ({"Bitcoin/BTC": 485.0}, 1.0, False),
            ({"Tron/USDT": 75.0}, 0.0, False),
        ],
    )
    def test_counts_once_the_rest_has_lost_one_and_a_half_percent(
        self,
        parts: Mapping[str, float],
        before: float,
        counts: bool,  # noqa: FBT001 — a table's column
    ) -> None:
        drop, rise = moved("Tron"), moved("Bitcoin", usd=50.0, slot=BITCOIN)
        earlier = Adjustment(TRON, -7.0, NOON - 2 * HOUR)
        known = GuardState(
            excluded_moves=(drop, rise),
            adjustments=(earlier, *drop.amounts, *rise.amounts),
            rest_moves=(RestMove(NOON - HOUR, before),),
        )

        found = self.after(known, parts)

        assert found.counted_drops == ((drop,) if counts else ())
        assert found.excluded_moves == ((rise,) if counts else (drop, rise))
        assert found.adjustments == (earlier, *(() if counts else drop.amounts), *rise.amounts)
        assert len(found.rest_moves) == 2

    def test_counts_once_withdrawals_of_two_majors_are_closed(self) -> None:
        known = GuardState(excluded_moves=(moved("Tron"),), adjustments=moved("Tron").amounts)

        assert self.after(known, {}, withdrawals=SHUT).counted_drops == (moved("Tron"),)
        assert self.after(known, {}, withdrawals=replace(SHUT, closed=SHUT.closed[:1])).counted_drops == ()

    @pytest.mark.parametrize("usd", [0.5, 100.0])
    def test_is_what_strides_are_kept_for(self, usd: float) -> None:
        risen = GuardState(excluded_moves=(moved("Tron", usd=usd),), rest_moves=(RestMove(NOON - HOUR, -1.0),))

        assert self.after(risen, {"Bitcoin/BTC": 480.0}).rest_moves == ()
        assert self.after(
            replace(risen, excluded_moves=(moved("Tron", usd=-usd),)), {"Bitcoin/BTC": 496.0}
        ).rest_moves == (
            RestMove(NOON - HOUR, -1.0),
            RestMove(NOON, -4.0),
        )
