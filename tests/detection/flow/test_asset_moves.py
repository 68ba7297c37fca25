"""What moved by asset: chains netted, what appeared made up for what left, and what is not counted taken away."""

from collections.abc import Collection, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.detection.flow.asset_moves import AssetMove, AssetMoves, appeared_slots, asset_moves
from bot.domain.assets import STABLECOINS
from bot.domain.reading import Reading, Slot
from tests.builders import reading
from tests.detection.flow.drawn_books import OWN, PRICES, THEN, assets, two_readings, units

USUAL = {"Tron/USDT": 100.0, "Bitcoin/BTC": 500.0, "Ethereum/ETH": 400.0}
GONE = -1.0


def dollars(parts: Mapping[str, float], *, is_end: bool = False, price: Mapping[str, float] | None = None) -> Reading:
    """Return a reading of so many units at a dollar each, where no price is given; one below 0 is gone."""
    priced = price or {}
    held = {slot: (amount, priced.get(slot, 1.0)) for slot, amount in parts.items() if amount >= 0}
    return reading(held) if is_end else reading(held, at=THEN)


def moves_between(
    base: Mapping[str, float],
    end: Mapping[str, float],
    uncounted: Mapping[str, float] | None = None,
    *,
    base_price: Mapping[str, float] | None = None,
    end_price: Mapping[str, float] | None = None,
) -> AssetMoves:
    before, after = dollars(base, price=base_price), dollars(end, is_end=True, price=end_price)
    return asset_moves(before, after, OWN, uncounted=uncounted or {})


def covered_units(book: Reading, asset: str, chains: Collection[str]) -> float:
    """Return how much of an asset lies on these chains."""
    return sum(held.amount for slot, held in book.holdings.items() if slot.asset == asset and slot.chain in chains)


def usd_of(moves: Mapping[str, AssetMove]) -> dict[str, float]:
    return {asset: move.usd for asset, move in moves.items()}


@pytest.mark.parametrize(
    ("end", "counted", "appeared"),
    [
        ({}, {}, {}),
        ({"Tron/USDT": 90.0}, {"USDT": -10.0}, {}),
        ({"Bitcoin/BTC": 600.0, "Ethereum/ETH": 0.0}, {"BTC": 100.0, "ETH": -400.0}, {}),
        ({"Tron/USDT": GONE, "Tron/TRX": 0.0}, {"USDT": -100.0}, {}),
        ({"Tron/USDT": GONE}, {}, {}),
        ({"Solana/SOL": 20.0}, {}, {"SOL": 20.0}),
        ({"Binance/BNB": 20.0, "Binance/FDUSD": 20.0}, {}, {}),
    ],
)
def test_an_asset_moves_by_what_came_to_or_left_the_slots_it_was_in(
    end: Mapping[str, float], counted: Mapping[str, float], appeared: Mapping[str, float]
) -> None:
    """A chain that the end does not cover says nothing; what appears where nothing was is no flow."""
    found = moves_between(USUAL, {**USUAL, **end})

    assert (usd_of(found.counted), usd_of(found.appeared)) == (counted, appeared)
    assert found.usd == sum(counted.values())


def test_units_and_dollars_are_both_told_at_the_prices_of_the_start() -> None:
    found = moves_between(
        {"Bitcoin/BTC": 10.0, "Base/BTC": 10.0},
        {"Bitcoin/BTC": 9.0, "Base/BTC": 14.0},
        base_price={"Bitcoin/BTC": 100.0, "Base/BTC": 101.0},
        end_price={"Bitcoin/BTC": 50.0, "Base/BTC": 50.0},
    )

    assert found.counted == {"BTC": AssetMove(3.0, 304.0)}


def test_what_had_no_price_moves_in_units_alone() -> None:
    """Else what left uncounted and came back while it had no price could not be followed when it leaves again."""
    found = moves_between(
        {"Bitcoin/BTC": 10.0, "Tron/TRX": 5.0}, {"Bitcoin/BTC": 9.0, "Tron/TRX": 1.0}, base_price={"Tron/TRX": 0.0}
    )

    assert (found.usd, found.counted["TRX"]) == (-1.0, AssetMove(-4.0, 0.0))


class TestTheSameAssetOnAnotherChain:
    @pytest.mark.parametrize(
        ("left", "came", "counted", "appeared"),
        [
            (35.0, 35.0, {}, {}),
            (35.0, 30.0, {"USDT": -5.0}, {}),
            (35.0, 50.0, {}, {"USDT": 15.0}),
            (0.0, 50.0, {}, {"USDT": 50.0}),
            (-10.0, 50.0, {"USDT": 10.0}, {"USDT": 50.0}),
            (100.0, 100.0, {}, {}),
        ],
    )
    def test_makes_up_for_what_left_and_for_no_more(
        self, left: float, came: float, counted: Mapping[str, float], appeared: Mapping[str, float]
    ) -> None:
        end = {**USUAL, "Tron/USDT": USUAL["Tron/USDT"] - left, "Base/USDT": came}

        for base in (USUAL, {**USUAL, "Base/USDT": 0.0}):
            found = moves_between(base, end)
            assert (usd_of(found.counted), usd_of(found.appeared)) == (counted, appeared)

    @pytest.mark.parametrize(
        ("end_price", "makes_up"),
        [
            ({"Base/ETH": 1.25}, True),
            ({"Base/ETH": 1.26}, False),
            ({"Base/ETH": 0.75}, True),
            ({"Base/ETH": 0.74}, False),
            ({"Base/ETH": 2.0, "Ethereum/ETH": 2.0}, True),
            ({"Base/ETH": 0.0}, True),
            ({"Ethereum/ETH": 0.0}, True),
        ],
    )
    def test_has_about_the_same_price_or_it_is_another_token_of_that_name(
        self,
        end_price: Mapping[str, float],
        makes_up: bool,  # noqa: FBT001 — a table's column
    ) -> None:
        end = {**USUAL, "Ethereum/ETH": 380.0, "Base/ETH": 20.0}

        found = moves_between(USUAL, end, end_price=end_price)

        assert usd_of(found.counted) == ({} if makes_up else {"ETH": -20.0})
        assert ("ETH" in found.appeared) is not makes_up

    @pytest.mark.parametrize("rest", [0.0, GONE])
    def test_has_any_price_where_nothing_is_left_to_compare_with(self, rest: float) -> None:
        end = {**USUAL, "Ethereum/ETH": rest, "Ethereum/UNI": 1.0, "Base/ETH": 400.0}

        assert moves_between(USUAL, end, end_price={"Base/ETH": 9.0}).counted == {}

    def test_has_its_price_compared_with_the_slots_that_were_there_before(self) -> None:
        """Two new slots of one false token do not make each other's price right; 30 ETH at $9 appear on two chains."""
        end = {**USUAL, "Ethereum/ETH": 370.0, "Base/ETH": 15.0, "Scroll/ETH": 15.0}

        found = moves_between(USUAL, end, end_price={"Base/ETH": 9.0, "Scroll/ETH": 9.0})

        assert usd_of(found.counted) == {"ETH": -30.0}

    @given(
        st.sampled_from(sorted(PRICES.keys() - OWN)),
        st.lists(st.floats(0, 1e9), min_size=4, max_size=4),
        st.lists(st.floats(0.001, 1), min_size=4, max_size=4),
    )
    def test_swapping_chains_moves_nothing(self, asset: str, held: list[float], weights: list[float]) -> None:
        """However the units are spread over four chains, empty ones included, all of them are there."""
        chains = ("Tron", "Ethereum", "Base", "Solana")
        rest = {f"{chain}/UNI": (1.0, 5.0) for chain in chains}
        price, total = PRICES[asset], sum(held)
        spread = {f"{chain}/{asset}": (units, price) for chain, units in zip(chains, held, strict=True) if units}
        swapped = {
            f"{chain}/{asset}": (total * weight / sum(weights), price)
            for chain, weight in zip(chains, weights, strict=True)
        }

        found = asset_moves(reading({**spread, **rest}, at=THEN), reading({**swapped, **rest}), OWN)

        assert found.usd == pytest.approx(0.0, abs=1e-9 * total * price + 1e-9)


class TestAStablecoinThatAppears:
    @pytest.mark.parametrize(
        ("busd", "usdc", "counted", "appeared"),
        [
            (0.0, 70.0, {"BUSD": -100.0, "USDC": 70.0}, {}),
            (0.0, 500.0, {"BUSD": -100.0, "USDC": 100.0}, {"USDC": 400.0}),
            (100.0, 70.0, {}, {"USDC": 70.0}),
            (120.0, 70.0, {"BUSD": 20.0}, {"USDC": 70.0}),
            (40.0, 60.0, {"BUSD": -60.0, "USDC": 60.0}, {}),
        ],
    )
    def test_makes_up_for_what_left_all_stablecoins_and_for_no_more(
        self, busd: float, usdc: float, counted: Mapping[str, float], appeared: Mapping[str, float]
    ) -> None:
        base = {"Ethereum/BUSD": 100.0, "Ethereum/ETH": 1000.0}

        found = moves_between(base, {**base, "Ethereum/BUSD": busd, "Ethereum/USDC": usdc})

        assert (usd_of(found.counted), usd_of(found.appeared)) == (counted, appeared)

    def test_makes_up_for_the_net_of_all_stablecoins(self) -> None:
        """100 BUSD left and 60 DAI came: only 40 are missing."""
        base = {"Ethereum/BUSD": 100.0, "Ethereum/DAI": 100.0}

        found = moves_between(base, {"Ethereum/BUSD": 0.0, "Ethereum/DAI": 160.0, "Tron/USDC": 70.0})

        assert usd_of(found.counted) == {"BUSD": -100.0, "DAI": 60.0, "USDC": pytest.approx(40.0)}
        assert usd_of(found.appeared) == {"USDC": pytest.approx(30.0)}

    def test_shares_what_left_with_the_others_that_appear(self) -> None:
        base = {"Ethereum/BUSD": 90.0}

        found = moves_between(base, {"Ethereum/BUSD": 0.0, "Tron/USDC": 120.0, "Base/DAI": 60.0})

        assert usd_of(found.counted) == pytest.approx({"BUSD": -90.0, "USDC": 60.0, "DAI": 30.0})
        assert found.counted["USDC"].units == pytest.approx(60.0)

    def test_is_worth_a_dollar_a_unit_whatever_its_price_is(self) -> None:
        base = {"Ethereum/BUSD": 100.0}

        found = moves_between(base, {"Ethereum/BUSD": 0.0, "Tron/USDC": 100.0}, end_price={"Tron/USDC": 0.5})

        assert found.counted["USDC"] == AssetMove(100.0, 100.0)

    @pytest.mark.parametrize("slot", ["Ethereum/PEPE", "Ethereum/FDUSD"])
    def test_is_a_stablecoin_and_no_own_token(self, slot: str) -> None:
        assert moves_between({"Ethereum/BUSD": 100.0}, {"Ethereum/BUSD": 0.0, slot: 100.0}).usd == -100.0

    def test_first_makes_up_for_its_own_asset(self) -> None:
        base = {"Tron/USDT": 100.0, "Tron/USDC": 100.0}

        found = moves_between(base, {"Tron/USDT": 0.0, "Tron/USDC": 50.0, "Base/USDT": 130.0})

        assert usd_of(found.counted) == {"USDC": -50.0, "USDT": pytest.approx(30.0)}

    @given(st.sampled_from(sorted(STABLECOINS - OWN)), st.sampled_from(sorted(STABLECOINS - OWN)), st.floats(1, 1e9))
    def test_a_conversion_is_no_flow(self, left: str, came: str, units_converted: float) -> None:
        rest = {"Ethereum/ETH": (1000.0, 1000.0)}
        base = reading({"Tron/" + left: (units_converted, 1.0), "Tron/TRX": (1.0, 1.0), **rest}, at=THEN)
        end = reading({"Ethereum/" + came: (units_converted, 1.0), "Tron/TRX": (1.0, 1.0), **rest})

        assert asset_moves(base, end, OWN).usd == pytest.approx(0.0, abs=1e-9 * units_converted)


class TestWhatIsNotCounted:
    @pytest.mark.parametrize(
        ("end", "uncounted", "usd"),
        [
            (72.0, -28.0, 0.0),
            (72.0, -20.0, -8.0),
            (72.0, -30.0, 0.0),
            (72.0, 5.0, -28.0),
            (100.0, -28.0, 0.0),
            (100.0, 28.0, 0.0),
            (110.0, -28.0, 10.0),
            (110.0, 4.0, 6.0),
            (110.0, 28.0, 0.0),
        ],
    )
    def test_is_taken_away_and_never_adds_or_turns_round(self, end: float, uncounted: float, usd: float) -> None:
        """BTC 100 → 72 → 100 with −28 not counted moved by 0, not by +28."""
        found = moves_between({"Bitcoin/BTC": 100.0, "Tron/USDT": 9.0}, {"Bitcoin/BTC": end, "Tron/USDT": 9.0}, {
            "BTC": uncounted
        })  # fmt: skip

        assert found.usd == pytest.approx(usd)
        assert found.counted.get("BTC", AssetMove()).units == pytest.approx(usd)

    def test_is_worth_what_the_asset_was_worth_at_the_start_over_all_chains(self) -> None:
        """40 units of 100, at $1 and $3 in equal parts, are worth 80 USD."""
        found = moves_between(
            {"Tron/SOL": 50.0, "Base/SOL": 50.0},
            {"Tron/SOL": 0.0, "Base/SOL": 0.0},
            {"SOL": -40.0},
            base_price={"Base/SOL": 3.0},
        )

        assert found.counted["SOL"] == AssetMove(-60.0, -120.0)

    def test_of_an_asset_that_is_not_held_or_has_no_price_changes_nothing(self) -> None:
        found = moves_between(
            {"Bitcoin/BTC": 100.0, "Tron/TRX": 5.0},
            {"Bitcoin/BTC": 90.0, "Tron/TRX": 1.0},
            {"SOL": -7.0, "BNB": -7.0, "TRX": -4.0},
            base_price={"Tron/TRX": 0.0},
        )

        assert usd_of(found.counted) == {"BTC": -10.0}
        assert found.usd == -10.0

    @pytest.mark.parametrize(
        ("uncounted", "counted", "appeared"),
        [
            (0.0, -300.0, {}),
            (100.0, -400.0, {}),
            (400.0, -700.0, {}),
            (500.0, -700.0, {}),
            (-100.0, -300.0, {}),
        ],
    )
    def test_of_what_appeared_makes_up_for_nothing(
        self, uncounted: float, counted: float, appeared: Mapping[str, float]
    ) -> None:
        found = moves_between({"Ethereum/BUSD": 800.0}, {"Ethereum/BUSD": 100.0, "Ethereum/USDC": 400.0}, {
            "USDC": uncounted
        })  # fmt: skip

        assert found.usd == pytest.approx(counted)
        assert usd_of(found.appeared) == appeared

    def test_what_arrived_uncounted_on_another_chain_leaves_uncounted(self) -> None:
        """60 USDT appear on Base beside 300 on Tron, then 110 leave Tron: 50 are flow, from any start."""
        start, arrived, left = (
            {"Tron/USDT": 300.0},
            {"Tron/USDT": 300.0, "Base/USDT": 60.0},
            {"Tron/USDT": 190.0, "Base/USDT": 60.0},
        )

        assert moves_between(start, left).usd == -50.0
        assert moves_between(arrived, left, {"USDT": -60.0}).usd == -50.0

    @pytest.mark.parametrize(
        ("end", "uncounted", "counted"),
        [
            ({"USDC": 100.0}, -50.0, {}),
            ({"USDC": 120.0}, -30.0, {"USDC": 20.0, "USDT": -12.0, "BTC": -8.0}),
            ({"USDC": 150.0}, 0.0, {"USDC": 50.0, "USDT": -30.0, "BTC": -20.0}),
            ({"USDC": 120.0, "BTC": 400.0}, -30.0, {"USDC": 20.0, "USDT": -30 * 10 / 13, "BTC": -100 * 10 / 13}),
            ({"USDC": 80.0}, -30.0, {"USDT": -24.0, "BTC": -16.0}),
            ({"USDC": 50.0}, -100.0, {}),
            ({"USDC": 50.0, "BTC": 600.0}, -100.0, {"USDT": -30.0, "BTC": 100.0}),
            ({"USDC": 150.0}, 50.0, {"USDT": -30.0, "BTC": -20.0}),
            ({"USDC": 180.0}, 90.0, {"USDT": -30.0, "BTC": -20.0}),
            ({"USDT": 100.0, "BTC": 500.0}, -50.0, {}),
        ],
    )
    def test_drop_leaves_what_had_come_to_make_up_for_what_left_others(
        self, end: Mapping[str, float], uncounted: float, counted: Mapping[str, float]
    ) -> None:
        """30 USDT and 20 BTC were turned into 50 USDC, which then are not told: 50 did not leave for that."""
        at_end = {"USDT": 70.0, "BTC": 480.0, "USDC": 100.0, **end}

        found = moves_between(
            {"Tron/USDT": 100.0, "Tron/BTC": 500.0, "Tron/USDC": 100.0},
            {f"Tron/{asset}": amount for asset, amount in at_end.items()},
            {"USDC": uncounted},
        )

        assert usd_of(found.counted) == pytest.approx(counted)
        assert {asset: move.units for asset, move in found.counted.items()} == pytest.approx(counted)

    def test_drops_of_two_assets_leave_what_had_come_to_both(self) -> None:
        """100 USDT were turned into 50 USDC and 50 ETH, and neither is told."""
        start = {"Tron/USDT": 200.0, "Tron/USDC": 100.0, "Tron/ETH": 100.0}

        found = moves_between(start, {**start, "Tron/USDT": 100.0}, {"USDC": -50.0, "ETH": -50.0})

        assert usd_of(found.counted) == {}

    @settings(max_examples=100, deadline=None)
    @given(two_readings(steady_prices=True), st.dictionaries(assets, units, max_size=4))
    def test_leaves_a_move_between_nothing_and_what_really_moved(
        self, books: tuple[Reading, Reading], uncounted: Mapping[str, float]
    ) -> None:
        base, end = books
        found = asset_moves(base, end, OWN, uncounted=uncounted)

        for asset, move in found.counted.items():
            held, left = (covered_units(book, asset, end.chains) for book in (base, end))
            moved = left - held
            least, most = sorted((0.0, moved))
            rounding = 1e-6 * (held + left)
            assert least - rounding <= move.units <= most + rounding
            assert move.usd == pytest.approx(move.units * PRICES[asset], rel=1e-6, abs=1e-3)


def test_slots_that_appeared_are_told_one_by_one_own_tokens_too() -> None:
    before = dollars({"Tron/USDT": 100.0, "Tron/TRX": 0.0, "Tron/SUN": 0.0})
    now = dollars(
        {"Tron/USDT": 200.0, "Tron/TRX": 0.5, "Tron/BNB": 0.5, "Base/ETH": 5.0, "Tron/SUN": 0.0, "Tron/BTT": 0.0},
        is_end=True,
        price={"Base/ETH": 2.0},
    )

    assert list(appeared_slots(before, now)) == [
        (Slot("Tron", "TRX"), 0.5, 0.5),
        (Slot("Tron", "BNB"), 0.5, 0.5),
        (Slot("Base", "ETH"), 5.0, 10.0),
    ]
