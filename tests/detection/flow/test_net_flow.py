from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.detection.flow.net_flow import TOLERATED_MISSING, net_flow
from bot.domain.flow import AssetFlow, Flow, Hold, HoldReason, Window
from bot.domain.guard_state import LostPart
from bot.domain.jump import Jump, JumpReason, Verdict
from bot.domain.reading import Holding, Reading, Slot
from tests.builders import DAY, HOUR, NOON, jump, reading

THEN = NOON - DAY
SECOND = timedelta(seconds=1)

chains = st.sampled_from(("Bitcoin", "Ethereum", "Tron", "Solana"))
assets = st.sampled_from(("BTC", "ETH", "USDT", "SOL", "BNB"))
amounts = st.floats(0.001, 1e9)
prices = st.fixed_dictionaries({asset: st.floats(0.01, 1e5) for asset in ("BTC", "ETH", "USDT", "SOL", "BNB")})
books = st.dictionaries(st.tuples(chains, assets), amounts, min_size=1)


@st.composite
def two_books(draw: st.DrawFn) -> tuple[dict[Slot, float], dict[Slot, float]]:
    """Draw the amounts of the same slots at two times: nothing appears, nothing vanishes."""
    start = {Slot(*slot): amount for slot, amount in draw(books).items()}
    return start, {slot: draw(amounts) for slot in start}


def priced(book: dict[Slot, float], price: dict[str, float], *, end: bool = False) -> Reading:
    at = NOON if end else THEN
    held = {slot: Holding(amount, amount * price[slot.asset]) for slot, amount in book.items()}
    return Reading("binance", "defillama", at, at, held)


def between(
    base: Reading,
    end: Reading,
    *own: str,
    jumps: Sequence[Jump] = (),
    lost_parts: Sequence[LostPart] = (),
) -> Flow:
    return net_flow(Window.DAY, base, end, frozenset(own), jumps=jumps, lost_parts=lost_parts)


def lost(name: str, last: Reading, *, since: datetime = NOON, until: datetime | None = None) -> LostPart:
    """Return a chain that a reading was the last to have."""
    held = {slot: holding for slot, holding in last.holdings.items() if slot.chain == name}
    return LostPart(name, since, held, last, until)


def test_a_flow_is_what_left_at_the_prices_of_the_start() -> None:
    base = reading({"Tron/USDT": (1000, 1.0), "Bitcoin/BTC": (10, 100.0)}, at=THEN)
    end = reading({"Tron/USDT": (900, 1.0), "Bitcoin/BTC": (11, 50.0)})

    found = between(base, end)

    assert found == Flow(
        Window.DAY,
        THEN,
        NOON,
        usd=0.0,
        share=0.0,
        reserves_usd=2000.0,
        assets=(AssetFlow("USDT", -100.0, -100.0), AssetFlow("BTC", 1.0, 100.0)),
    )


@given(two_books(), prices, prices)
def test_no_path_of_prices_after_the_start_is_a_flow(
    held: tuple[dict[Slot, float], dict[Slot, float]], price: dict[str, float], later: dict[str, float]
) -> None:
    start, end = held

    assert between(priced(start, price), priced(end, later, end=True)) == between(
        priced(start, price), priced(end, price, end=True)
    )


@given(two_books(), prices, st.floats(0.001, 1000))
def test_a_factor_on_every_price_leaves_every_share(
    held: tuple[dict[Slot, float], dict[Slot, float]], price: dict[str, float], factor: float
) -> None:
    start, end = held
    dearer = {asset: usd * factor for asset, usd in price.items()}

    expected = between(priced(start, price), priced(end, price, end=True))
    actual = between(priced(start, dearer), priced(end, dearer, end=True))

    assert actual.share == pytest.approx(expected.share, rel=1e-6, abs=1e-9)


@given(two_books(), prices, st.randoms())
def test_the_order_of_holdings_does_not_matter(
    held: tuple[dict[Slot, float], dict[Slot, float]], price: dict[str, float], random: Random
) -> None:
    start, end = held
    shuffled = [list(book.items()) for book in held]
    for book in shuffled:
        random.shuffle(book)

    expected = between(priced(start, price), priced(end, price, end=True))
    actual = between(priced(dict(shuffled[0]), price), priced(dict(shuffled[1]), price, end=True))

    assert actual.usd == pytest.approx(expected.usd, rel=1e-9, abs=1e-3)
    assert {asset.asset for asset in actual.assets} == {asset.asset for asset in expected.assets}


@given(st.floats(1, 1e6), st.floats(1, 1e6), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_splitting_a_token_over_chains_changes_nothing(
    before: float, after: float, split_before: float, split_after: float
) -> None:
    rest = {"Tron/TRX": (1e6, 1.0), "Ethereum/LINK": (1e6, 1.0)}
    whole = between(reading(rest | {"Tron/USDT": (before, 1.0)}, at=THEN), reading(rest | {"Tron/USDT": (after, 1.0)}))

    def spread(amount: float, part: float) -> dict[str, tuple[float, float]]:
        return rest | {"Tron/USDT": (amount * part, 1.0), "Ethereum/USDT": (amount * (1 - part), 1.0)}

    split = between(reading(spread(before, split_before), at=THEN), reading(spread(after, split_after)))

    assert split.share == pytest.approx(whole.share, rel=1e-6, abs=1e-9)


@given(two_books(), prices, st.floats(0, 1e9))
def test_own_tokens_never_count(
    held: tuple[dict[Slot, float], dict[Slot, float]], price: dict[str, float], own: float
) -> None:
    start, end = held
    slot = Slot(next(iter(start)).chain, "BNB")
    start.pop(slot, None)
    end.pop(slot, None)

    expected = between(priced(start, price), priced(end, price, end=True), "BNB")
    actual = between(priced(start | {slot: 5e6}, price), priced(end | {slot: own}, price, end=True), "BNB")

    if start:
        assert (actual.usd, actual.share, actual.assets) == (expected.usd, expected.share, expected.assets)


def test_an_asset_that_vanished_counts_as_drained() -> None:
    base = reading({"Tron/USDT": (900, 1.0), "Tron/TRX": (100, 1.0)}, at=THEN)

    assert between(base, reading({"Tron/TRX": (100, 1.0)})).share == pytest.approx(-0.9)


def test_an_amount_of_nothing_is_the_sources_own_word_and_counts_at_once() -> None:
    base = reading({"Tron/USDT": (900, 1.0), "Tron/TRX": (100, 1.0)}, at=THEN)
    empty = reading({"Tron/USDT": (0, 1.0), "Tron/TRX": (100, 1.0)})

    assert between(base, empty).share == pytest.approx(-0.9)


def test_an_asset_that_appears_is_a_listing_and_no_inflow() -> None:
    base = reading({"Tron/TRX": (100, 1.0)}, at=THEN)

    assert between(base, reading({"Tron/TRX": (100, 1.0), "Tron/SUN": (1e6, 1.0)})).usd == 0.0


def test_a_conversion_between_stablecoins_is_no_flow_but_shows_in_the_composition() -> None:
    base = reading({"Ethereum/BUSD": (800, 1.0), "Ethereum/ETH": (1, 200.0)}, at=THEN)
    end = reading({"Ethereum/BUSD": (100, 1.0), "Ethereum/USDC": (700, 1.0), "Ethereum/ETH": (1, 200.0)})

    found = between(base, end)

    assert found.usd == 0.0
    assert found.assets == (AssetFlow("BUSD", -700.0, -700.0), AssetFlow("USDC", 700.0, 700.0))


def test_a_stablecoin_that_only_passed_through_offsets_nothing() -> None:
    """It is 0 at both ends: what came before the window left in it, which is no flow and no conversion either."""
    base = reading({"Tron/USDT": (100, 1.0), "Ethereum/USDC": (0.0, 1.0)}, at=THEN)
    end = reading({"Tron/USDT": (50, 1.0), "Ethereum/USDC": (0.0, 1.0)})
    left = jump("USDC", -5.0, at=NOON - SECOND, verdict=Verdict.NOT_COUNTED)

    assert between(base, end, jumps=[left]).usd == -50.0


def test_a_new_stablecoin_offsets_no_more_than_what_left_the_others() -> None:
    base = reading({"Ethereum/BUSD": (800, 1.0), "Ethereum/ETH": (10, 20.0)}, at=THEN)
    end = reading({"Ethereum/BUSD": (700, 1.0), "Ethereum/USDC": (5000, 1.0), "Ethereum/ETH": (5, 20.0)})

    found = between(base, end)

    assert found.usd == pytest.approx(-100.0)
    (usdc,) = (asset for asset in found.assets if asset.asset == "USDC")
    assert (usdc.amount, usdc.usd) == pytest.approx((100.0, 100.0))


@pytest.mark.parametrize(
    ("busd", "usdc", "usd"),
    [
        (100, 300, -400.0),
        (100, 700, 0.0),
        (100, 900, 0.0),
        (799, 0.5, -0.5),
        (100, 0, -700.0),
        (800, 100, 0.0),
        (800.5, 100, 0.5),
        (900, 100, 100.0),
    ],
)
def test_a_new_stablecoin_offsets_what_left_up_to_its_own_amount(busd: float, usdc: float, usd: float) -> None:
    base = reading({"Ethereum/BUSD": (800, 1.0), "Ethereum/ETH": (1, 200.0)}, at=THEN)
    end = reading({"Ethereum/BUSD": (busd, 1.0), "Ethereum/USDC": (usdc, 1.0), "Ethereum/ETH": (1, 200.0)})

    assert between(base, end).usd == usd
    was_empty = reading({"Ethereum/BUSD": (800, 1.0), "Ethereum/USDC": (0, 1.0), "Ethereum/ETH": (1, 200.0)}, at=THEN)
    assert between(was_empty, end).usd == usd


@pytest.mark.parametrize(("was", "price", "usd"), [(0.5, 1.0, 99.5), (50.0, 0.0, 0.0), (100.0, 1.0, 0.0)])
def test_a_stablecoin_that_was_there_before_did_not_appear(was: float, price: float, usd: float) -> None:
    base = reading({"Ethereum/BUSD": (800, 1.0), "Ethereum/USDC": (was, price)}, at=THEN)
    end = reading({"Ethereum/BUSD": (700, 1.0), "Ethereum/USDC": (100, 1.0)})

    assert between(base, end).usd == usd - 100


@pytest.mark.parametrize(
    ("verdict", "usd", "bounds"),
    [
        (Verdict.COUNTED, -50.0, (None, None)),
        (Verdict.NOT_COUNTED, -20.0, (None, None)),
        (Verdict.RETURNED, -20.0, (None, None)),
        (Verdict.WAITING, -20.0, (-50.0, -20.0)),
    ],
)
def test_what_the_jumps_left_out_is_no_flow_and_may_be_while_it_waits(
    verdict: Verdict, usd: float, bounds: tuple[float | None, float | None]
) -> None:
    base, end = reading({"Tron/USDT": (800, 1.0)}, at=THEN), reading({"Tron/USDT": (750, 1.0)})

    found = between(base, end, jumps=[jump("USDT", -30.0, verdict=verdict)])

    assert (found.usd, found.assets) == (usd, (AssetFlow("USDT", usd, usd),))
    assert (found.lowest_usd, found.highest_usd) == bounds
    assert (found.hold is not None) is (verdict is Verdict.WAITING)


@pytest.mark.parametrize(("at", "usd"), [(THEN, -50.0), (THEN + SECOND, 0.0), (NOON, 0.0), (NOON + SECOND, -50.0)])
def test_what_jumped_after_the_start_up_to_the_end_is_no_flow(at: datetime, usd: float) -> None:
    base, end = reading({"Tron/USDT": (800, 1.0)}, at=THEN), reading({"Tron/USDT": (750, 1.0)})
    moved = [
        jump(asset, units, at=at, verdict=Verdict.NOT_COUNTED)
        for asset, units in (("USDT", -20.0), ("USDT", -30.0), ("TRX", -9.0))
    ]

    assert between(base, end, jumps=moved).usd == usd


def test_what_left_uncounted_and_came_back_is_no_flow_in_any_window() -> None:
    """BTC 100 → 72 → 100: −28 % while it is away is not counted, and nothing is once it is back."""
    full, away = {"Bitcoin/BTC": (100, 1.0)}, {"Bitcoin/BTC": (72, 1.0)}
    back = jump("BTC", -28.0, at=NOON - 2 * HOUR, verdict=Verdict.RETURNED, turned=NOON - HOUR)

    flows = [
        between(reading(start, at=at), reading(end), jumps=[back])
        for start, at, end in ((full, THEN, full), (away, NOON - 2 * HOUR, full), (full, NOON - HOUR, full))
    ]

    assert [found.usd for found in flows] == [0.0, 0.0, 0.0]


class TestAJumpThatWaits:
    BASE = reading({"Tron/USDT": (600, 1.0), "Bitcoin/BTC": (400, 1.0)}, at=THEN)

    def test_holds_the_window_and_is_named_with_its_size(self) -> None:
        end = reading({"Tron/USDT": (500, 1.0), "Bitcoin/BTC": (390, 1.0)})

        found = between(self.BASE, end, jumps=[jump("USDT", -100.0, share=-0.1)])

        assert found.hold == Hold(HoldReason.WALLETS_CHANGED, "USDT, −10.0 % of reserves in one step")
        assert (found.usd, found.lowest_usd, found.highest_usd) == (-10.0, -110.0, -10.0)
        assert (found.share, found.low, found.high) == (-0.01, -0.11, -0.01)

    @pytest.mark.parametrize(
        ("reason", "hold"),
        [
            (JumpReason.ALONE, HoldReason.WALLETS_CHANGED),
            (JumpReason.LARGE, HoldReason.WALLETS_CHANGED),
            (JumpReason.EVENLY, HoldReason.SOURCE_GLITCH),
            (JumpReason.TOGETHER, HoldReason.SOURCE_GLITCH),
        ],
    )
    def test_is_the_sources_where_everything_or_several_exchanges_moved(
        self, reason: JumpReason, hold: HoldReason
    ) -> None:
        found = between(self.BASE, replace(self.BASE, as_of=NOON), jumps=[jump(reason=reason)])

        assert found.hold
        assert found.hold.reason is hold

    @pytest.mark.parametrize(
        ("turns", "said"), [(0, ""), (2, ", away again after 1 return"), (4, ", away again after 2 returns")]
    )
    def test_that_is_away_again_says_how_often_it_was_back(self, turns: int, said: str) -> None:
        away = replace(jump("USDT", -100.0, share=-0.1), turns=turns)

        hold = between(self.BASE, replace(self.BASE, as_of=NOON), jumps=[away]).hold

        assert hold
        assert hold.detail == f"USDT, −10.0 % of reserves in one step{said}"

    def test_that_is_the_largest_is_named(self) -> None:
        jumps = [jump("BTC", -10.0), jump("USDT", -100.0), jump("TRX", 20.0)]

        hold = between(self.BASE, replace(self.BASE, as_of=NOON), jumps=jumps).hold

        assert hold
        assert hold.detail.startswith("USDT, ")

    def test_and_rises_counts_in_neither_end_beside_one_that_fell(self) -> None:
        """Else new wallets would hide, in the worst case, what may have left: 100 USDT beside 100 BTC that came."""
        end = reading({"Tron/USDT": (500, 1.0), "Bitcoin/BTC": (500, 1.0)})
        jumps = [jump("USDT", -100.0), jump("BTC", 100.0)]

        found = between(self.BASE, end, jumps=jumps)
        alone = between(self.BASE, end, jumps=jumps[1:])

        assert (found.usd, found.lowest_usd, found.highest_usd) == (0.0, -100.0, 0.0)
        assert (alone.usd, alone.lowest_usd, alone.highest_usd) == (-100.0, -100.0, -100.0)

    def test_says_nothing_of_windows_that_begin_after_it(self) -> None:
        found = between(self.BASE, replace(self.BASE, as_of=NOON), jumps=[jump(at=THEN)])

        assert (found.hold, found.lowest_usd, found.highest_usd) == (None, None, None)
        assert (found.low, found.high) == (0.0, 0.0)


class TestADoubtedJump:
    """Several exchanges of the source moved at once: it is flow, but no proof of a run at this one."""

    BASE = reading({"Tron/USDT": (600, 1.0), "Bitcoin/BTC": (400, 1.0)}, at=THEN)
    END = reading({"Tron/USDT": (500, 1.0), "Bitcoin/BTC": (390, 1.0)})

    @pytest.mark.parametrize(
        ("asset", "units", "at", "doubted_usd"),
        [
            ("USDT", -100.0, NOON, -100.0),
            ("USDT", -60.0, NOON, -60.0),
            ("USDT", -160.0, NOON, -110.0),  # the 60 that had come make up for what left others
            ("USDT", -100.0, THEN, 0.0),
            ("USDT", 50.0, NOON, 0.0),
            ("TRX", -50.0, NOON, 0.0),
        ],
    )
    def test_is_part_of_the_flow_which_says_how_much_of_it_is_doubted(
        self, asset: str, units: float, at: datetime, doubted_usd: float
    ) -> None:
        found = between(self.BASE, self.END, jumps=[jump(asset, units, at=at, verdict=Verdict.DOUBTED)])

        assert (found.usd, found.doubted_usd) == (-110.0, doubted_usd)
        assert (found.hold, found.lowest_usd, found.highest_usd) == (None, None, None)
        assert found.without_doubted.usd == -110.0 - doubted_usd
        assert found.without_doubted.share == pytest.approx((-110.0 - doubted_usd) / 1000)

    def test_comes_to_the_bounds_of_one_that_waits(self) -> None:
        jumps = [jump("USDT", -100.0, verdict=Verdict.DOUBTED), jump("BTC", -10.0)]

        found = between(self.BASE, self.END, jumps=jumps)

        assert (found.usd, found.lowest_usd, found.highest_usd, found.doubted_usd) == (-100.0, -110.0, -100.0, -100.0)
        assert found.without_doubted.usd == 0.0


class TestALostPart:
    BASE = reading({"Ethereum/ETH": (86, 1.0), "Tron/USDT": (10, 1.0), "Solana/SOL": (4, 1.0)}, at=THEN)

    def test_may_have_what_the_rest_lost_or_have_lost_as_much_as_it_had(self) -> None:
        """58 of 100 leave while a part of 2.6 is missing: between 55.4 and 60.6 left."""
        base = reading({"Ethereum/ETH": (97.4, 1.0), "Tron/USDT": (2.6, 1.0)}, at=THEN)
        end = reading({"Ethereum/ETH": (39.4, 1.0), "Tron/USDT": (2.6, 1.0)})

        found = between(base, end, lost_parts=[lost("Tron", base)])

        assert (found.share, found.low, found.high) == pytest.approx((-0.58, -0.606, -0.554))
        assert found.missing_chains == ("Tron",)
        assert found.hold == Hold(HoldReason.CHAIN_MISSING, "Tron, 2.6 % of reserves")

    @pytest.mark.parametrize(
        ("since", "until", "is_unknown"),
        [
            (NOON, None, True),
            (THEN + SECOND, None, True),
            (THEN + SECOND, NOON + SECOND, True),
            (THEN + SECOND, NOON, False),
            (THEN, None, True),
            (NOON - 3 * DAY, None, True),
            (NOON - 3 * DAY - SECOND, None, False),
            (THEN - DAY, THEN + SECOND, False),
            (NOON + SECOND, None, False),
        ],
    )
    def test_makes_uncertain_windows_whose_end_lacks_it_and_where_both_do_for_three_days(
        self,
        since: datetime,
        until: datetime | None,
        is_unknown: bool,  # noqa: FBT001 — a table's column
    ) -> None:
        part = lost("Tron", self.BASE, since=since, until=until)

        found = between(self.BASE, replace(self.BASE, as_of=NOON), lost_parts=[part])

        assert (found.lowest_usd, found.highest_usd) == ((-10.0, 10.0) if is_unknown else (None, None))
        assert found.missing_chains == (("Tron",) if is_unknown else ())

    @pytest.mark.parametrize(
        ("since", "until", "names"),
        [
            (NOON, None, ()),
            (THEN, None, ("Tron",)),
            (THEN - DAY, THEN + SECOND, ("Tron",)),
            (THEN - DAY, THEN, ()),
            (NOON - 3 * DAY, None, ("Tron",)),
        ],
    )
    def test_that_was_missing_at_the_start_is_named(
        self, since: datetime, until: datetime | None, names: tuple[str, ...]
    ) -> None:
        """The reserves at the start have it as it was last told, until it is taken for gone."""
        found = between(
            self.BASE, replace(self.BASE, as_of=NOON), lost_parts=[lost("Tron", self.BASE, since=since, until=until)]
        )

        assert found.lost_at_start == names
        assert found.reserves_usd == 100.0

    def test_that_is_too_small_to_be_seen_is_not_named(self) -> None:
        base = reading({"Ethereum/ETH": (998.5, 1.0), "Tron/USDT": (0.5, 1.0), "Solana/SOL": (1, 1.0)}, at=THEN)
        parts = [lost("Tron", base, since=THEN), lost("Solana", base, since=THEN)]

        assert between(base, replace(base, as_of=NOON), lost_parts=parts).lost_at_start == ("Solana",)
        assert between(base, replace(base, as_of=NOON), "SOL", lost_parts=parts).lost_at_start == ()

    def test_is_worth_what_it_held_last_at_the_prices_of_the_start(self) -> None:
        """USDT at its price of the start, TRX, which came later, at the one that it had last; no own tokens."""
        last = reading({"Tron/USDT": (6, 2.0), "Tron/TRX": (2, 3.0), "Tron/BNB": (50, 1.0)})

        found = between(self.BASE, replace(last, as_of=NOON), "BNB", lost_parts=[lost("Tron", last)])

        assert found.highest_usd == pytest.approx(found.usd + 6 * 1.0 + 2 * 3.0 + 90.0)

    def test_adds_up_with_the_other_parts_and_with_a_drop_that_waits(self) -> None:
        end = reading({"Ethereum/ETH": (66, 1.0), "Tron/USDT": (10, 1.0), "Solana/SOL": (4, 1.0)})
        parts = [lost("Tron", self.BASE), lost("Solana", self.BASE)]

        found = between(self.BASE, end, jumps=[jump("ETH", -15.0)], lost_parts=parts)

        assert (found.usd, found.lowest_usd, found.highest_usd) == (-5.0, -34.0, 9.0)
        assert found.missing_chains == ("Solana", "Tron")
        assert found.hold
        assert found.hold.reason is HoldReason.WALLETS_CHANGED

    @pytest.mark.parametrize("part", ["Binance", "Ethereum"])
    def test_of_own_tokens_or_of_nothing_makes_nothing_uncertain(self, part: str) -> None:
        base = reading({"Tron/USDT": (10, 1.0), "Binance/BNB": (99, 1.0), "Ethereum/ETH": (0, 1.0)}, at=THEN)

        found = between(base, replace(base, as_of=NOON), "BNB", lost_parts=[lost(part, base)])

        assert (found.lowest_usd, found.hold, found.missing_chains) == (None, None, ())


def test_a_stablecoin_on_a_chain_that_is_new_offsets_too() -> None:
    base = reading({"Ethereum/BUSD": (800, 1.0)}, at=THEN)

    assert between(base, reading({"Ethereum/BUSD": (700, 1.0), "Plasma/USDC": (100, 1.0)})).usd == 0.0


@pytest.mark.parametrize(("slot", "own"), [("Ethereum/USDC", ("USDC",)), ("Ethereum/PEPE", ())])
def test_only_a_foreign_stablecoin_offsets(slot: str, own: tuple[str, ...]) -> None:
    base = reading({"Ethereum/BUSD": (800, 1.0)}, at=THEN)

    assert between(base, reading({"Ethereum/BUSD": (700, 1.0), slot: (100, 1.0)}), *own).usd == -100.0


def test_a_missing_chain_is_left_out_and_named() -> None:
    base = reading({"Ethereum/ETH": (99, 1.0), "Fantom/FTM": (1, 1.0)}, at=THEN)

    found = between(base, reading({"Ethereum/ETH": (98, 1.0)}))

    assert found.usd == -1.0
    assert found.missing_chains == ("Fantom",)
    assert found.hold is None
    assert (found.low, found.high) == (-0.02, 0.0)


@pytest.mark.parametrize(("kept", "holds"), [(2.0, False), (2.1, True)])
def test_missing_chains_hold_a_window_once_they_kept_more_than_two_percent(
    kept: float,
    holds: bool,  # noqa: FBT001 — a table's column
) -> None:
    base = reading({"Ethereum/ETH": (100 - kept, 1.0), "Base/ETH": (1.0, 1.0), "Fantom/FTM": (kept - 1, 1.0)}, at=THEN)

    assert (between(base, reading({"Ethereum/ETH": (98, 1.0)})).hold is not None) is holds


def test_a_missing_chain_holds_the_window_of_a_tiny_exchange_too() -> None:
    base = reading({"Ethereum/ETH": (0.5, 1.0), "Fantom/FTM": (0.5, 1.0)}, at=THEN)

    found = between(base, reading({"Ethereum/ETH": (0.25, 1.0)}))

    assert (found.share, found.hold is not None) == (-0.25, True)


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_missing_chain_never_fires(kept: float, left: float) -> None:
    base = reading({"Ethereum/ETH": (1 - kept, 100.0), "Tron/USDT": (kept, 100.0)}, at=THEN)

    found = between(base, reading({"Ethereum/ETH": ((1 - kept) * left, 100.0)}))

    gone = base.holdings[Slot("Tron", "USDT")].usd / base.total_usd()
    assert found.usd == pytest.approx((1 - kept) * (left - 1) * 100.0)
    assert (found.hold is not None) is (gone > TOLERATED_MISSING)
    assert (found.low, found.high) == pytest.approx((found.share - gone, found.share + gone))


def test_a_hold_says_which_chains_are_missing_and_what_they_kept() -> None:
    base = reading({"Ethereum/ETH": (86, 1.0), "Tron/USDT": (10, 1.0), "Solana/SOL": (4, 1.0)}, at=THEN)

    hold = between(base, reading({"Ethereum/ETH": (86, 1.0)})).hold

    assert hold
    assert (hold.reason, hold.detail) == (HoldReason.CHAIN_MISSING, "Solana, Tron, 14.0 % of reserves")


def test_a_missing_chain_of_own_tokens_holds_nothing() -> None:
    base = reading({"Ethereum/ETH": (1, 1.0), "Binance/BNB": (99, 1.0)}, at=THEN)

    assert between(base, reading({"Ethereum/ETH": (1, 1.0)}), "BNB").hold is None


def test_no_reserves_is_no_share() -> None:
    nothing = reading({"Binance/BNB": (5, 1.0), "Ethereum/ETH": (0, 1.0)}, at=THEN)

    found = between(nothing, reading({"Ethereum/ETH": (7, 1.0)}), "BNB")

    assert (found.usd, found.share, found.hold) == (0.0, 0.0, None)


def test_only_the_largest_assets_are_kept_of_a_long_list() -> None:
    base = reading({f"Ethereum/T{index}": (100 + index, 1.0) for index in range(30)}, at=THEN)
    end = reading({f"Ethereum/T{index}": (100, 1.0) for index in range(30)})

    found = between(base, end)

    assert [asset.asset for asset in found.assets] == [f"T{index}" for index in range(29, 17, -1)]
    assert found.usd == -sum(range(30))


def test_an_asset_without_a_price_is_not_shown() -> None:
    base = reading({"Tron/USDT": (100, 1.0), "Tron/TRX": (100, 0.0)}, at=THEN)

    found = between(base, reading({"Tron/USDT": (90, 1.0), "Tron/TRX": (50, 0.0)}))

    assert found.assets == (AssetFlow("USDT", -10.0, -10.0),)


def test_bybit_lost_a_fifth_of_a_percent() -> None:
    """The published figure of 2026-08: −27,319,332 USD of 13.07 bn."""
    base = reading({"Tron/USDT": (13.07e9, 1.0)}, at=THEN)

    found = between(base, reading({"Tron/USDT": (13.07e9 - 27_319_332, 1.0)}))

    assert found.share == pytest.approx(-0.00209, abs=5e-6)


def test_the_day_of_december_2022_was_one_and_three_quarters_of_a_percent() -> None:
    """Binance's own figure: −1.14 bn, on about 65 bn, whatever the prices did meanwhile."""
    base = reading({"Tron/USDT": (25e9, 1.0), "Bitcoin/BTC": (2e6, 20_000.0)}, at=THEN)
    end = reading({"Tron/USDT": (25e9 - 1.14e9, 1.0), "Bitcoin/BTC": (2e6, 17_000.0)})

    assert between(base, end).share == pytest.approx(-0.0175, abs=5e-5)
