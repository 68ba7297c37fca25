"""Which figures the columns give, and where they give none because only the detailed way has the whole answer."""

from collections.abc import Collection, Mapping
from dataclasses import replace

import pytest

from bot.detection.flow.asset_moves import AssetMove
from bot.detection.flow.column_arithmetic import PLAIN_ARITHMETIC
from bot.detection.flow.column_store import ColumnStore, QuietLimits
from bot.detection.flow.reading_diff import ReadingDiff, reading_diff
from bot.detection.guards.market_moves import NO_OTHERS
from bot.detection.guards.odd_prices import odd_prices
from bot.domain.flow import AssetFlow, Flow, Window
from bot.domain.reading import Holding, Reading, Slot
from tests.builders import DAY, NOON, reading

OWN = frozenset({"BNB", "FDUSD"})
"""The own tokens here; one of them is a stablecoin."""
USUAL = {"Tron/USDT": 100.0, "Bitcoin/BTC": 500.0, "Ethereum/ETH": 400.0}
GONE = -1.0


def units(parts: Mapping[str, float], *, price: Mapping[str, float] | None = None, days: int = 0) -> Reading:
    """Return a reading of so many units of each, at a dollar where no other price is given; one below 0 is gone."""
    priced = price or {}
    return reading(
        {slot: (amount, priced.get(slot, 1.0)) for slot, amount in parts.items() if amount >= 0}, at=NOON + days * DAY
    )


class TestAFlow:
    @staticmethod
    def between(
        base: Mapping[str, float],
        end: Mapping[str, float],
        uncounted: Mapping[str, float] | None = None,
        *,
        with_assets: bool = False,
    ) -> Flow | None:
        store = ColumnStore(OWN, PLAIN_ARITHMETIC, max_readings=8)
        return store.flow(Window.DAY, units(base), units(end, days=1), uncounted or {}, with_assets=with_assets)

    @pytest.mark.parametrize("with_assets", [True, False])
    @pytest.mark.parametrize(
        ("moved", "usd"),
        [
            ({}, 0.0),
            ({"Tron/USDT": 90.0}, -10.0),
            ({"Tron/USDT": 110.0, "Bitcoin/BTC": 400.0}, -90.0),
            ({"Tron/TRX": 50.0}, 0.0),
            ({"Base/SOL": 50.0}, 0.0),
            ({"Base/ETH": 50.0}, None),
            ({"Base/ETH": 0.0}, 0.0),
            ({"Tron/USDC": 50.0}, None),
            ({"Tron/USDC": 0.0}, 0.0),
            ({"Binance/BNB": 50.0, "Binance/FDUSD": 50.0}, 0.0),
            ({"Tron/USDT": 0.0}, -100.0),
            ({"Tron/USDT": GONE, "Tron/TRX": 5.0}, -100.0),
            ({"Tron/USDT": GONE}, None),
        ],
    )
    def test_is_computed_unless_a_chain_is_missing_or_what_appeared_may_make_up_for_what_left(
        self,
        moved: Mapping[str, float],
        usd: float | None,
        with_assets: bool,  # noqa: FBT001 — a table's column
    ) -> None:
        found = self.between(USUAL, {**USUAL, **moved}, with_assets=with_assets)

        assert (found and found.usd) == usd
        if found and usd is not None:
            assert (found.share, found.reserves_usd) == (usd / 1000, 1000)
            assert (found.start, found.end) == (NOON, NOON + DAY)
            assert bool(found.assets) is (with_assets and usd != 0)

    @pytest.mark.parametrize("with_assets", [True, False])
    @pytest.mark.parametrize(
        ("moved", "uncounted", "usd"),
        [
            ({"Bitcoin/BTC": 400.0}, {"BTC": -60.0}, -40.0),
            ({"Bitcoin/BTC": 400.0}, {"BTC": 60.0}, -100.0),
            ({"Bitcoin/BTC": 600.0}, {"BTC": 60.0}, 40.0),
            ({"Bitcoin/BTC": 600.0}, {"BTC": 160.0}, 0.0),
            ({"Bitcoin/BTC": 400.0}, {"SOL": -60.0, "BNB": -60.0, "TRX": 1.0}, -100.0),
            ({"Bitcoin/BTC": 400.0, "Tron/USDT": 150.0}, {"BTC": -60.0, "USDT": 10.0}, 0.0),
            ({"Bitcoin/BTC": 450.0, "Base/BTC": 10.0}, {"BTC": -100.0}, -40.0),
        ],
    )
    def test_leaves_out_what_is_not_counted_and_never_turns_round(
        self,
        moved: Mapping[str, float],
        uncounted: Mapping[str, float],
        usd: float,
        with_assets: bool,  # noqa: FBT001 — a table's column
    ) -> None:
        base = {**USUAL, "Binance/BNB": 100.0, "Tron/TRX": 0.0, "Base/BTC": 100.0}

        found = self.between(base, {**base, **moved}, uncounted, with_assets=with_assets)

        assert found
        assert found.usd == pytest.approx(usd)
        assert {asset.asset: asset.usd for asset in found.assets} == (
            {asset.asset: pytest.approx(asset.amount) for asset in found.assets if asset.usd}
        )
        assert sum(asset.usd for asset in found.assets) == pytest.approx(usd if with_assets else 0.0)

    @pytest.mark.parametrize(
        ("amount", "uncounted"), [(400.0, -160.0), (500.0, -60.0), (600.0, -60.0), (400.0, -100.001)]
    )
    def test_is_left_to_the_details_where_an_uncounted_drop_took_away_an_inflow(
        self, amount: float, uncounted: float
    ) -> None:
        """It may make up for what left other assets."""
        base = {**USUAL, "Tron/TRX": 0.0}

        assert self.between(base, {**base, "Bitcoin/BTC": amount}, {"BTC": uncounted}, with_assets=True) is None
        assert self.between(base, {**base, "Bitcoin/BTC": 400.0}, {"BTC": -100.0 - 1e-10}, with_assets=True)

    @pytest.mark.parametrize("dollars", [1.0, 2.0**-10])
    def test_leaves_out_what_an_asset_was_worth_over_all_its_chains(self, dollars: float) -> None:
        base, end = {"Tron/SOL": 50.0, "Base/SOL": 50.0}, {"Tron/SOL": 0.0, "Base/SOL": 0.0}
        store = ColumnStore(OWN, PLAIN_ARITHMETIC, max_readings=8)
        price = {"Tron/SOL": dollars, "Base/SOL": 3 * dollars}

        found = store.flow(
            Window.DAY, units(base, price=price), units(end, price=price, days=1), {"SOL": -40.0}, with_assets=True
        )

        assert found
        assert (found.usd, found.assets) == (-120 * dollars, (AssetFlow("SOL", -60.0, -120 * dollars),))

    def test_values_nothing_that_had_no_amount_and_no_own_token(self) -> None:
        base = {**USUAL, "Tron/TRX": 0.0, "Binance/BNB": 500.0, "Binance/FDUSD": 500.0}
        end = {**USUAL, "Tron/TRX": 9.0, "Binance/BNB": 100.0, "Binance/FDUSD": 100.0}

        found = self.between(base, end, with_assets=True)

        assert found
        assert (found.usd, found.reserves_usd, found.assets) == (0.0, 1000.0, ())

    def test_from_a_reading_without_any_slot_is_none(self) -> None:
        found = self.between({}, USUAL)

        assert found is None
        found = self.between({}, {"Bitcoin/BTC": 500.0}, with_assets=True)
        assert found
        assert (found.usd, found.share, found.assets) == (0.0, 0.0, ())

    def test_of_an_exchange_that_held_nothing_is_no_share(self) -> None:
        found = self.between({"Tron/TRX": 0.0}, {"Tron/TRX": 9.0})

        assert found
        assert (found.usd, found.share, found.reserves_usd) == (0.0, 0.0, 0.0)

    def test_of_a_small_exchange_is_a_share_too(self) -> None:
        found = self.between({"Tron/TRX": 0.5}, {"Tron/TRX": 0.25})

        assert found
        assert (found.usd, found.share) == (-0.25, -0.5)

    def test_shows_the_twelve_assets_that_moved_most_added_up_over_chains(self) -> None:
        base = {f"{chain}/T{number}": 100.0 for chain in ("Tron", "Base") for number in range(13)}
        end = {
            slot: amount + (-1 if int(slot.split("T")[-1]) % 2 else 1) * (1 + int(slot.split("T")[-1]))
            for slot, amount in base.items()
        }

        found = self.between({**base, "Tron/STILL": 5.0}, {**end, "Tron/STILL": 5.0}, with_assets=True)

        assert found
        assert [asset.asset for asset in found.assets] == [f"T{number}" for number in range(12, 0, -1)]
        assert [asset.amount for asset in found.assets] == [
            2 * (1 + n) * (-1 if n % 2 else 1) for n in range(12, 0, -1)
        ]
        assert [asset.usd for asset in found.assets] == [asset.amount for asset in found.assets]


class TestAQuietDiff:
    @staticmethod
    def quiet_diff(
        base: Mapping[str, float], now: Mapping[str, float], watched: Collection[str] = (), *, dollars: float = 1.0
    ) -> ReadingDiff | None:
        price = dict.fromkeys([*base, *now], dollars)
        previous, latest = units(base, price=price), units(now, price=price, days=1)
        limits = QuietLimits(jump=0.3, least=0.005, large=0.01, listed=0.001, sudden=0.03)
        found = ColumnStore(OWN, PLAIN_ARITHMETIC, max_readings=8).quiet_diff(previous, latest, watched, limits=limits)
        detailed = reading_diff(previous, latest, OWN)
        if found:
            assert found == ReadingDiff(previous, latest, detailed.was_usd, found.usd, found.moves, is_quiet=True)
            assert found.usd == pytest.approx(detailed.usd)
        return found

    @pytest.mark.parametrize(
        ("moved", "is_quiet"),
        [
            ({}, True),
            ({"Bitcoin/BTC": 482.0}, False),
            ({"Bitcoin/BTC": 482.5}, True),
            ({"Bitcoin/BTC": 482.5, "Ethereum/ETH": 390.5}, True),
            ({"Bitcoin/BTC": 482.5, "Ethereum/ETH": 390.0}, False),
            ({"Bitcoin/BTC": 501.5}, True),
            ({"Bitcoin/BTC": 502.0}, False),
            ({"Litecoin/LTC": 10.39}, True),
            ({"Litecoin/LTC": 10.5}, False),
            ({"Tron/TRX": 0.99}, True),
            ({"Tron/TRX": 1.0}, False),
            ({"Base/SOL": 0.5, "Base/TRX": 0.49}, True),
            ({"Base/SOL": 0.5, "Base/TRX": 0.5}, False),
            ({"Base/ETH": 0.5}, False),
            ({"Base/ETH": 0.0}, True),
            ({"Base/USDC": 0.5}, False),
            ({"Ethereum/ETH": GONE}, False),
            ({"Binance/BNB": 900.0}, True),
        ],
    )
    def test_is_one_in_which_no_asset_of_weight_left_or_came_and_no_part_jumped(
        self,
        moved: Mapping[str, float],
        is_quiet: bool,  # noqa: FBT001 — a table's column
    ) -> None:
        base = {**USUAL, "Bitcoin/BTC": 492.0, "Litecoin/LTC": 8.0, "Binance/BNB": 100.0}

        assert (self.quiet_diff(base, {**base, **moved}) is not None) is is_quiet

    @pytest.mark.parametrize(
        ("was", "now", "is_quiet"),
        [(5.0, 1.0, False), (4.9, 1.0, True), (3.0, 5.0, False), (3.0, 4.9, True), (5.0, 6.5, True), (5.0, 6.6, False)],
    )
    @pytest.mark.parametrize("dollars", [1.0, 2.0**-10])
    def test_overlooks_a_part_of_less_than_half_a_percent(
        self,
        was: float,
        now: float,
        dollars: float,
        is_quiet: bool,  # noqa: FBT001 — a table's column
    ) -> None:
        base = {"Bitcoin/BTC": 500.0, "Ethereum/ETH": 500.0 - was, "Solana/SOL": was}

        assert (self.quiet_diff(base, {**base, "Solana/SOL": now}, dollars=dollars) is not None) is is_quiet

    @pytest.mark.parametrize(("swapped", "is_quiet"), [(30.0, True), (30.5, False)])
    def test_is_one_in_which_slots_moved_by_three_tenths_at_most_though_chains_and_assets_stand_still(
        self,
        swapped: float,
        is_quiet: bool,  # noqa: FBT001 — a table's column
    ) -> None:
        base = {"Tron/USDT": 100.0, "Tron/TRX": 100.0, "Base/USDT": 100.0, "Base/TRX": 100.0, "Bitcoin/BTC": 600.0}
        now = {
            "Tron/USDT": 100.0 - swapped, "Tron/TRX": 100.0 + swapped,
            "Base/USDT": 100.0 + swapped, "Base/TRX": 100.0 - swapped,
        }  # fmt: skip

        assert (self.quiet_diff(base, {**base, **now}) is not None) is is_quiet

    @pytest.mark.parametrize(
        ("slots", "left", "is_quiet"),
        [
            (("Tron/TRX", "Tron/SUN"), 1.4, True),
            (("Tron/TRX", "Tron/SUN"), 1.5, False),
            (("Tron/TRX", "Base/TRX"), 1.4, True),
            (("Tron/TRX", "Base/TRX"), 1.5, False),
            (("Tron/TRX", "Base/SUN"), 1.5, True),
        ],
    )
    def test_is_one_in_which_no_chain_or_asset_moved_far_though_its_slots_are_small(
        self,
        slots: tuple[str, str],
        left: float,
        is_quiet: bool,  # noqa: FBT001 — a table's column
    ) -> None:
        """Two slots of 0.49 % each, of one chain or of one asset, are a group of almost one percent."""
        base = {"Bitcoin/BTC": 500.0, "Ethereum/ETH": 490.2, **dict.fromkeys(slots, 4.9)}

        assert (self.quiet_diff(base, {**base, **dict.fromkeys(slots, 4.9 - left)}) is not None) is is_quiet

    @pytest.mark.parametrize(("each", "is_quiet"), [(-3.0, False), (-2.99, True), (2.99, True), (3.0, False)])
    def test_is_one_in_which_all_assets_together_moved_by_less_than_three_percent(
        self,
        each: float,
        is_quiet: bool,  # noqa: FBT001 — a table's column
    ) -> None:
        base = {f"Tron/T{number}": 100.0 for number in range(10)}

        assert (self.quiet_diff(base, dict.fromkeys(base, 100.0 + each)) is not None) is is_quiet

    def test_has_the_moves_of_the_assets_that_are_watched_over_all_their_chains(self) -> None:
        base = {**USUAL, "Base/ETH": 50.0, "Solana/SOL": 0.0}
        moved = {"Ethereum/ETH": 399.0, "Base/ETH": 48.0, "Bitcoin/BTC": 499.0, "Solana/SOL": 0.5}

        found = self.quiet_diff(base, {**base, **moved}, {"ETH", "SOL", "USDT", "XRP"})

        assert found
        assert found.moves == {"ETH": AssetMove(-3.0, -3.0), "SOL": AssetMove(0.5, 0.0)}

    @pytest.mark.parametrize(("came", "is_quiet"), [(0.99, True), (1.0, False)])
    def test_is_one_in_which_less_than_a_thousandth_came_to_a_slot_that_was_empty(
        self, came: float, *, is_quiet: bool
    ) -> None:
        base = {**USUAL, "Solana/SOL": 0.0}

        assert (self.quiet_diff(base, {**base, "Solana/SOL": came}) is not None) is is_quiet

    def test_is_none_where_a_slot_vanished_or_nothing_was_there(self) -> None:
        dust = {**USUAL, "Tron/TRX": 0.001}

        assert self.quiet_diff(dust, {**dust, "Tron/TRX": GONE}) is None
        assert self.quiet_diff({"Tron/TRX": 0.0, "Binance/BNB": 5.0}, {"Tron/TRX": 9.0, "Binance/BNB": 5.0}) is None
        assert self.quiet_diff({}, {}) is None


def prices_are_steady(before: Reading, now: Reading) -> bool:
    """Ask with the limits of the product: a quarter, of what is worth a thousandth."""
    columns = ColumnStore(OWN, PLAIN_ARITHMETIC, max_readings=8)
    return columns.prices_are_steady(before, now, tolerated=0.25, least=0.001)


class TestSteadyPrices:
    @staticmethod
    def are_steady(
        price: float, *, was: float = 1.0, amount: float = 500.0, held: float = 500.0, other: float = 500.0
    ) -> bool:
        base, now = {"Bitcoin/BTC": held, "Tron/USDT": other}, {"Bitcoin/BTC": amount, "Tron/USDT": other}
        return prices_are_steady(
            units(base, price={"Bitcoin/BTC": was}), units(now, price={"Bitcoin/BTC": price}, days=1)
        )

    @pytest.mark.parametrize(
        ("price", "steady"), [(1.25, True), (1.26, False), (0.75, True), (0.74, False), (0.0, False), (1.0, True)]
    )
    def test_move_by_a_quarter_at_most(
        self,
        price: float,
        steady: bool,  # noqa: FBT001 — a table's column
    ) -> None:
        assert self.are_steady(price) is steady
        assert self.are_steady(price, amount=100.0, held=300.0) is steady
        assert self.are_steady(price, amount=0.5, held=0.25, other=9.0) is steady

    @pytest.mark.parametrize(
        ("was", "price", "other", "steady"),
        [
            (5.0, 10.0, 9_990.0, False),
            (5.0, 10.0, 9_991.0, True),
            (10.0, 1.0, 9_999.0, False),
            (10.0, 1.0, 10_000.0, True),
        ],
    )
    def test_are_asked_of_what_is_worth_a_thousandth_at_either_price(
        self,
        was: float,
        price: float,
        other: float,
        steady: bool,  # noqa: FBT001 — a table's column
    ) -> None:
        assert self.are_steady(price, was=was, amount=1.0, held=2.0, other=other) is steady

    def test_are_not_asked_of_what_had_none_or_is_not_there(self) -> None:
        assert self.are_steady(5.0, was=0.0)
        assert self.are_steady(5.0, held=0.0)
        assert self.are_steady(5.0, amount=0.0)

    def test_are_asked_where_an_asset_comes_to_one_more_chain(self) -> None:
        base = {"Tron/USDT": 500.0, "Tron/SOL": 100.0}
        now = units({**base, "Base/SOL": 1000.0}, price={"Base/SOL": 5.0}, days=1)

        assert not prices_are_steady(units(base), now)

    @pytest.mark.parametrize(
        "after", [{"Tron/SOL": 100.0, "Base/SOL": 500.0}, {"Tron/SOL": 500.0, "Base/SOL": 100.0, "Sui/SOL": 250.0}]
    )
    def test_stay_where_units_move_between_chains_of_other_prices_or_come_to_a_new_one(
        self, after: Mapping[str, float]
    ) -> None:
        """SOL costs $1 on Tron and $3 on Base; on Sui what it costs on average. Dust makes its prices worth a look."""
        prices = {"Base/SOL": 3.0, "Sui/SOL": 800 / 600}
        base = units({"Tron/SOL": 500.0, "Base/SOL": 100.0, "Tron/DUST": 0.001}, price=prices)
        latest = units({**after, "Tron/DUST": 0.001}, price={**prices, "Tron/DUST": 9.0}, days=1)

        assert prices_are_steady(base, latest)

    def test_of_own_tokens_may_be_any(self) -> None:
        base, now = {**USUAL, "Binance/BNB": 900.0}, {**USUAL, "Binance/BNB": 900.0}
        latest = units(now, price={"Binance/BNB": 9.0}, days=1)

        assert prices_are_steady(units(base), latest)

    @pytest.mark.parametrize(
        ("before", "now", "steady"),
        [
            ((0.5, 1.5), (1.5, 0.5), True),
            ((1.0, 1.0), (1.5, 1.0), True),
            ((1.0, 1.0), (1.6, 1.0), False),
        ],
    )
    def test_are_those_of_an_asset_over_all_its_chains(
        self,
        before: tuple[float, float],
        now: tuple[float, float],
        steady: bool,  # noqa: FBT001 — a table's column
    ) -> None:
        slots = ("Tron/USDT", "Base/USDT")
        earlier, later = (
            units(dict.fromkeys(slots, 100.0), price=dict(zip(slots, prices, strict=True))) for prices in (before, now)
        )

        assert prices_are_steady(earlier, later) is steady

    @pytest.mark.parametrize(
        ("amounts", "base_price", "steady"),
        [
            ((100.0, 900.0), 3.0, True),  # a new average of $2.80 after $1.20, and no price has moved
            ((100.0, 900.0), 3.74, True),
            ((100.0, 900.0), 4.0, False),
            ((900.0, 100.0), 4.0, True),
            ((900.0, 100.0), 6.1, False),
        ],
    )
    def test_are_compared_at_the_amounts_of_now(
        self,
        amounts: tuple[float, float],
        base_price: float,
        steady: bool,  # noqa: FBT001 — a table's column
    ) -> None:
        slots = ("Tron/USDT", "Base/USDT")
        before = units(dict(zip(slots, (900.0, 100.0), strict=True)), price={"Base/USDT": 3.0})
        now = units(dict(zip(slots, amounts, strict=True)), price={"Base/USDT": base_price, "Tron/USDT": 1.001})

        assert prices_are_steady(before, now) is steady
        assert (odd_prices((), before, now, OWN, NO_OTHERS) == ()) is steady


class TestWhatIsRemembered:
    def test_are_as_many_as_were_asked_for_the_last_ones(self) -> None:
        store = ColumnStore(OWN, PLAIN_ARITHMETIC, max_readings=2)
        days = [units(USUAL, days=day) for day in range(3)]
        first, second = store.columns(days[0]), store.columns(days[1])

        assert (store.columns(days[0]) is first, store.columns(days[1]) is second) == (True, True)
        store.columns(days[2])
        assert store.columns(days[1]) is second
        assert store.columns(days[0]) is not first

    def test_are_made_anew_only_where_slots_are_new(self) -> None:
        store = ColumnStore(OWN, PLAIN_ARITHMETIC, max_readings=8)
        first, fewer, more = units(USUAL), units({"Bitcoin/BTC": 500.0}, days=1), units({"Base/ETH": 1.0}, days=2)
        columns = store.columns(first)

        store.columns(fewer)
        assert store.columns(first) is columns
        store.columns(more)
        assert store.columns(first) is not columns

    def test_are_as_long_as_all_places_even_of_a_reading_without_any_slot(self) -> None:
        store = ColumnStore(OWN, PLAIN_ARITHMETIC, max_readings=8)
        empty, full = units({}), units(USUAL, days=1)

        store.columns(empty)
        store.columns(full)

        assert store.columns(empty).size == 3
        assert store.columns(empty).amounts == store.columns(empty).prices == [0.0, 0.0, 0.0]

    def test_slots_that_are_new_find_their_place_after_the_known_ones(self) -> None:
        store = ColumnStore(OWN, PLAIN_ARITHMETIC, max_readings=8)
        base, end = units(USUAL), units({"Base/SOL": 7.0, **USUAL, "Bitcoin/BTC": 400.0}, days=1)

        for _ in range(2):
            found = store.flow(Window.DAY, base, end, {}, with_assets=True)
            assert found
            assert [(asset.asset, asset.usd) for asset in found.assets] == [("BTC", -100.0)]
        assert (store.columns(base).amounts, store.columns(end).amounts) == (
            [100.0, 500.0, 400.0, 0.0],
            [100.0, 400.0, 400.0, 7.0],
        )
        assert store.columns(end).chains == {"Tron", "Bitcoin", "Ethereum", "Base"}

    def test_readings_of_one_time_are_not_confused(self) -> None:
        store = ColumnStore(OWN, PLAIN_ARITHMETIC, max_readings=8)
        first, second = units(USUAL), units({**USUAL, "Tron/USDT": 50.0})

        assert [store.columns(reading).total_usd for reading in (first, second, first)] == [1000.0, 950.0, 1000.0]


def test_columns_add_up_what_is_clean_and_has_a_price() -> None:
    held = {
        Slot("Tron", "USDT"): Holding(0.5, 0.5),
        Slot("Base", "USDT"): Holding(0.0, 7.0),
        Slot("Bitcoin", "BTC"): Holding(0.25, 5_000.0),
        Slot("Binance", "BNB"): Holding(5.0, 1_500.0),
        Slot("Binance", "FDUSD"): Holding(5.0, 5.0),
    }

    columns = ColumnStore(OWN, PLAIN_ARITHMETIC, max_readings=8).columns(replace(reading({}), holdings=held))

    assert columns.amounts == [0.5, 0.0, 0.25, 5.0, 5.0]
    assert columns.values == [0.5, 0.0, 5_000.0, 0.0, 0.0]
    assert columns.prices == [1.0, 0.0, 20_000.0, 0.0, 0.0]
    assert (columns.total_usd, columns.reserves_usd, columns.held) == (5_000.5, 5_007.5, frozenset({0, 2}))
    assert not columns.is_full
