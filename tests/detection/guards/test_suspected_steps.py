"""From which figures on a step is suspected to be no flow, and as what."""

from collections.abc import Collection, Mapping

import pytest

from bot.detection.flow.reading_diff import reading_diff
from bot.detection.guards.suspected_steps import EVERYTHING, ReadingStep, suspected_jumps
from bot.domain.jump import Jump, JumpPart, JumpReason, Move, Verdict
from tests.builders import HOUR, NOON, reading

OWN = frozenset({"BNB"})
USUAL = {"Tron/USDT": 200.0, "Bitcoin/BTC": 400.0, "Ethereum/ETH": 400.0}
sizes = pytest.mark.parametrize("dollars", [2.0**-10, 1.0, 2.0**20])
"""What one unit is worth: every rule is about parts, the same for a small exchange and a large one."""


def jumps_of(  # noqa: PLR0913 — a step, and what is known beside it
    before: Mapping[str, float],
    changed: Mapping[str, float],
    *,
    dollars: float = 1.0,
    kept: Mapping[str, float] | None = None,
    together: bool = False,
    back_chains: Collection[str] = (),
    runs: bool = False,
    recently_wrong: Collection[str] = (),
) -> list[Jump]:
    """Return the jumps of a step in which some of `before` became `changed`; what is below 0 is not there after it."""
    previous, latest = (
        reading({slot: (units, dollars) for slot, units in parts.items() if units >= 0}, at=at)
        for parts, at in ((before, NOON - HOUR), ({**before, **changed}, NOON))
    )
    step = ReadingStep(reading_diff(previous, latest, OWN), kept or {}, OWN)
    return suspected_jumps(step, together=together, back_chains=back_chains, runs=runs, recently_wrong=recently_wrong)


def suspected(before: Mapping[str, float], changed: Mapping[str, float], *, dollars: float = 1.0) -> Jump | None:
    """Return the jump that waits for the readings to come."""
    waiting = [jump for jump in jumps_of(before, changed, dollars=dollars) if jump.verdict is Verdict.WAITING]
    assert len(waiting) <= 1
    return waiting[0] if waiting else None


def sizes_of(jump: Jump) -> dict[str, float]:
    """Return the units that moved, by asset, largest first."""
    assert all(part.moves == (Move(NOON, part.amount),) for part in jump.parts)
    return {part.asset: part.amount for part in jump.parts}


@pytest.mark.parametrize("parts", [{"BTC": 0.0}, {"ABC": 5.0}])
def test_a_jump_of_which_nothing_is_left_is_none(parts: Mapping[str, float]) -> None:
    """All of what moved belongs to earlier jumps, or the diff does not tell the asset apart."""
    previous, latest = (
        reading({"Bitcoin/BTC": (units, 1.0)}, at=at) for units, at in ((100.0, NOON - HOUR), (90.0, NOON))
    )
    step = ReadingStep(reading_diff(previous, latest, OWN), {}, OWN)

    assert step.jump("BTC", parts, JumpReason.ALONE, Verdict.WAITING) is None


class TestAlone:
    @sizes
    @pytest.mark.parametrize(("units", "is_suspected"), [(140, False), (139, True), (260, False), (261, True)])
    def test_a_part_that_moves_by_more_than_three_tenths(
        self, units: float, dollars: float, *, is_suspected: bool
    ) -> None:
        found = suspected(USUAL, {"Tron/USDT": units}, dollars=dollars)

        moved = units - 200
        parts = (JumpPart("USDT", moved, (Move(NOON, moved),), 200),)
        expected = Jump(
            "USDT", NOON, moved * dollars, moved / 1000, JumpReason.ALONE, Verdict.WAITING, parts, 800 * dollars
        )
        assert found == (expected if is_suspected else None)

    @sizes
    @pytest.mark.parametrize(("units", "is_suspected"), [(392.1, True), (392, False), (407.9, True), (408, False)])
    def test_while_the_rest_moves_less_than_a_hundredth(
        self, units: float, dollars: float, *, is_suspected: bool
    ) -> None:
        found = suspected(USUAL, {"Tron/USDT": 100, "Bitcoin/BTC": units}, dollars=dollars)

        assert (found is not None) is is_suspected

    @pytest.mark.parametrize(("units", "is_suspected"), [(500, True), (502, True), (850, True), (851, False)])
    def test_while_fifteen_percent_are_other_assets(self, units: float, *, is_suspected: bool) -> None:
        """Against a smaller rest every large move would look isolated."""
        before = {"Tron/USDT": units, "Bitcoin/BTC": 50, "Ethereum/ETH": 950 - units}

        assert (suspected(before, {"Tron/USDT": 100}) is not None) is is_suspected

    @pytest.mark.parametrize(("units", "is_suspected"), [(250, True), (251, False)])
    def test_while_a_chain_of_several_assets_is_no_more_than_half(self, units: float, *, is_suspected: bool) -> None:
        before = {"Ethereum/USDT": units, "Ethereum/ETH": units, "Bitcoin/BTC": 1000 - 2 * units}

        assert (suspected(before, {"Ethereum/USDT": 100, "Ethereum/ETH": 100}) is not None) is is_suspected

    @pytest.mark.parametrize(
        ("was", "units", "is_suspected"),
        [(5, 1, True), (4.9, 1, False), (2, 5.1, True), (2, 4.9, False), (5, 9, True)],
    )
    def test_from_half_a_percent_on_before_or_after(self, was: float, units: float, *, is_suspected: bool) -> None:
        before = {"Solana/SOL": was, "Bitcoin/BTC": 500, "Ethereum/ETH": 500 - was}

        assert (suspected(before, {"Solana/SOL": units}) is not None) is is_suspected

    def test_the_largest_part_that_moved_is_it(self) -> None:
        before = {"Tron/TRX": 5, "Tron/USDT": 100, "Bitcoin/BTC": 450, "Ethereum/ETH": 445}

        found = suspected(before, {"Tron/USDT": 50, "Tron/TRX": 1})

        assert found
        assert (found.group, found.usd, found.rest_usd) == ("Tron", -54, 895)
        assert sizes_of(found) == {"USDT": -50, "TRX": -4}
        assert [part.asset for part in found.parts] == ["USDT", "TRX"]

    def test_an_asset_on_one_of_its_chains_is_named_with_the_chain(self) -> None:
        before = {"Base/USDT": 50, "Base/ETH": 200, "Tron/USDT": 250, "Bitcoin/BTC": 500}

        found = suspected(before, {"Base/USDT": 20})

        assert found
        assert (found.group, sizes_of(found)) == ("USDT on Base", {"USDT": -30})

    def test_an_asset_moves_over_all_its_chains_and_what_vanished_is_none_of_it(self) -> None:
        before = {"Tron/USDT": 100, "Ethereum/USDT": 100, "Base/USDT": 4, "Base/ETH": 96, "Bitcoin/BTC": 700}

        found = suspected(before, {"Tron/USDT": 50, "Ethereum/USDT": 50, "Base/USDT": -1})

        assert found
        assert (found.group, found.usd, found.rest_usd) == ("USDT", -100, 796)
        assert sizes_of(found) == {"USDT": -100}

    def test_what_moved_to_another_chain_of_the_same_asset_is_no_part_of_it(self) -> None:
        tron = {"Tron/USDT": 100, "Tron/TRX": 100, "Tron/JST": 10}
        before = {**tron, "Ethereum/USDT": 400, "Ethereum/TRX": 50, "Bitcoin/BTC": 340}

        less = suspected(before, {"Tron/USDT": 40, "Tron/TRX": 60, "Ethereum/USDT": 405})
        turned = suspected(before, {"Tron/USDT": 20, "Tron/TRX": 104, "Tron/JST": 4, "Ethereum/TRX": 43})
        swapped = suspected(before, {"Tron/USDT": 20, "Tron/TRX": 104, "Tron/JST": 4, "Ethereum/TRX": 46})

        assert less
        assert (less.group, sizes_of(less)) == ("Tron", {"USDT": -55, "TRX": -40})
        assert turned
        assert (turned.group, sizes_of(turned)) == ("Tron", {"USDT": -80, "JST": -6})
        assert swapped
        assert (swapped.usd, sizes_of(swapped)) == (-86, {"USDT": -80, "JST": -6})

    def test_a_swap_between_two_chains_is_none(self) -> None:
        before = {"Tron/USDT": 10, "Ethereum/USDT": 490, "Bitcoin/BTC": 500}

        assert jumps_of(before, {"Tron/USDT": 3, "Ethereum/USDT": 497}) == []

    @pytest.mark.parametrize(("came", "is_suspected"), [(3.5, True), (3.6, False), (6.8, False)])
    def test_what_others_make_up_for_by_more_than_half_is_a_conversion(
        self, came: float, *, is_suspected: bool
    ) -> None:
        """7 of 10 USDT on Base become ETH: else they would count once the rest leaves, and open a run."""
        before = {"Base/USDT": 10, "Base/ETH": 190, "Tron/USDT": 300, "Ethereum/ETH": 500}

        assert (suspected(before, {"Base/USDT": 3, "Ethereum/ETH": 500 + came}) is not None) is is_suspected

    @pytest.mark.parametrize(("trx", "is_suspected"), [(4, False), (3.9, True)])
    def test_what_is_left_of_it_without_moves_to_other_chains_is_a_jump(
        self, trx: float, *, is_suspected: bool
    ) -> None:
        """Arbitrum loses 7 of 20 in one hour, but a part of the ETH is on Ethereum: 6 would be no jump."""
        before = {"Arbitrum/ETH": 10, "Arbitrum/TRX": 10, "Ethereum/ETH": 480, "Bitcoin/BTC": 500}

        found = suspected(before, {"Arbitrum/ETH": 9, "Arbitrum/TRX": trx, "Ethereum/ETH": 481})

        assert (found is not None and found.group == "Arbitrum") is is_suspected

    @pytest.mark.parametrize(("kept", "is_suspected"), [(1.0, True), (0.8, True), (0.6, False)])
    def test_what_belongs_to_known_jumps_is_no_part_of_it(self, kept: float, *, is_suspected: bool) -> None:
        found = [
            jump for jump in jumps_of(USUAL, {"Tron/USDT": 100}, kept={"USDT": kept}) if jump.reason is JumpReason.ALONE
        ]

        assert [sizes_of(jump) for jump in found] == ([{"USDT": -100 * kept}] if is_suspected else [])

    def test_what_of_it_belongs_to_known_jumps_is_none_of_it_on_any_chain(self) -> None:
        """Of 105 USDT that left a fifth is known: of the 100 that left Tron 80 are new, and 84 of all of them."""
        before = {"Tron/USDT": 200, "Ethereum/USDT": 100, "Bitcoin/BTC": 700}

        (found, *_) = jumps_of(before, {"Tron/USDT": 100, "Ethereum/USDT": 95}, kept={"USDT": 0.8})

        assert (found.group, found.usd, sizes_of(found)) == ("Tron", -80, {"USDT": -80})

    @sizes
    @pytest.mark.parametrize(("units", "is_suspected"), [(100, False), (300, True)])
    def test_while_an_outflow_is_under_way_what_leaves_is_flow(
        self, units: float, dollars: float, *, is_suspected: bool
    ) -> None:
        (found,) = jumps_of(USUAL, {"Tron/USDT": units}, dollars=dollars, runs=True)

        assert jumps_of(USUAL, {}, runs=True) == []
        assert found.reason is (JumpReason.ALONE if is_suspected else JumpReason.LARGE)
        assert found.verdict is (Verdict.WAITING if is_suspected else Verdict.COUNTED)


class TestChainsThatComeBackTogether:
    BEFORE = {"Tron/TRX": 50.0, "Solana/SOL": 50.0, "Bitcoin/BTC": 900.0}  # noqa: RUF012 — never changed
    SMALLER = {"Tron/TRX": 20.0, "Solana/SOL": 30.0}  # noqa: RUF012 — never changed

    def test_smaller_are_one_jump(self) -> None:
        (found,) = jumps_of(self.BEFORE, self.SMALLER, back_chains={"Tron", "Solana"})

        assert (found.group, found.reason, found.verdict) == ("Solana, Tron", JumpReason.ALONE, Verdict.WAITING)
        assert (found.usd, found.share, found.rest_usd) == (-50, -0.05, 900)
        assert sizes_of(found) == {"TRX": -30, "SOL": -20}

    def test_are_one_jump_where_one_of_them_would_be_a_smaller_one_by_itself(self) -> None:
        (found,) = jumps_of(self.BEFORE, {"Tron/TRX": 20, "Solana/SOL": 42}, back_chains={"Tron", "Solana"})

        assert (found.group, found.usd) == ("Solana, Tron", -38)

    @pytest.mark.parametrize("back_chains", [(), ("Tron",)])
    def test_are_two_moves_where_they_did_not_come_back_together(self, back_chains: Collection[str]) -> None:
        found = jumps_of(self.BEFORE, self.SMALLER, back_chains=back_chains)

        assert {jump.reason for jump in found} == {JumpReason.LARGE}

    def test_are_no_jump_where_they_lost_less_than_three_tenths(self) -> None:
        """Tron lost 34 %, while more than a hundredth of the rest moved; Solana 24 %: of both it is 29 %."""
        found = jumps_of(self.BEFORE, {"Tron/TRX": 33.0, "Solana/SOL": 38.0}, back_chains={"Tron", "Solana"})

        assert {jump.reason for jump in found} == {JumpReason.LARGE}

    def test_are_no_jump_while_the_rest_moves_as_well(self) -> None:
        found = jumps_of(self.BEFORE, {**self.SMALLER, "Bitcoin/BTC": 890}, back_chains=("Tron", "Solana"))

        assert {jump.reason for jump in found} == {JumpReason.LARGE}

    def test_one_of_which_stood_still_are_that_of_the_other(self) -> None:
        (found,) = jumps_of(self.BEFORE, {"Tron/TRX": 20}, back_chains=("Tron", "Gone"))

        assert (found.group, sizes_of(found)) == ("TRX", {"TRX": -30})


class TestEvenly:
    BEFORE = {"Tron/USDT": 300.0, "Bitcoin/BTC": 400.0, "Ethereum/ETH": 290.0, "Solana/SOL": 10.0}  # noqa: RUF012 — never changed

    @staticmethod
    def by(factor: float, **factors: float) -> dict[str, float]:
        return {slot: units * factors.get(slot.split("/")[1], factor) for slot, units in TestEvenly.BEFORE.items()}

    @sizes
    @pytest.mark.parametrize("factor", [0.1, 0.919, 1.081, 3.0])
    def test_everything_by_one_factor_is_one_jump(self, factor: float, dollars: float) -> None:
        (found,) = jumps_of(self.BEFORE, self.by(factor), dollars=dollars)

        assert (found.group, found.reason, found.verdict) == (EVERYTHING, JumpReason.EVENLY, Verdict.WAITING)
        assert [found.usd / dollars, found.share * 1000] == pytest.approx([1000 * (factor - 1)] * 2)
        assert found.rest_usd == 1000 * dollars
        assert sizes_of(found) == {
            asset: pytest.approx(units * (factor - 1))
            for asset, units in {"BTC": 400, "USDT": 300, "ETH": 290, "SOL": 10}.items()
        }

    def test_but_for_an_asset_that_has_not_moved_is_flow(self) -> None:
        assert {jump.reason for jump in jumps_of(self.BEFORE, self.by(1.1, SOL=1.0))} == {JumpReason.LARGE}

    @pytest.mark.parametrize("factor", [0.921, 1.079])
    def test_less_than_eight_percent_is_flow(self, factor: float) -> None:
        assert {jump.reason for jump in jumps_of(self.BEFORE, self.by(factor))} == {JumpReason.LARGE}

    @pytest.mark.parametrize(("factor", "is_even"), [(0.918, True), (0.9185, False), (0.882, True), (0.8815, False)])
    def test_factors_lie_within_two_percent(self, factor: float, *, is_even: bool) -> None:
        reasons = {jump.reason for jump in jumps_of(self.BEFORE, self.by(0.9, SOL=factor))}

        assert (JumpReason.EVENLY in reasons) is is_even

    @pytest.mark.parametrize(("units", "is_even"), [(4.9, True), (5.0, False)])
    def test_an_asset_below_half_a_percent_is_not_asked(self, units: float, *, is_even: bool) -> None:
        before = {**self.BEFORE, "Ethereum/ETH": 300 - units, "Solana/SOL": units}
        changed = {slot: held * (1.0 if slot == "Solana/SOL" else 0.9) for slot, held in before.items()}

        assert (JumpReason.EVENLY in {jump.reason for jump in jumps_of(before, changed)}) is is_even

    def test_own_tokens_are_not_asked(self) -> None:
        before = {**self.BEFORE, "Binance/BNB": 500.0}

        (found,) = jumps_of(before, self.by(0.9))

        assert found.reason is JumpReason.EVENLY

    @pytest.mark.parametrize(("assets", "is_even"), [(2, False), (3, True)])
    def test_of_two_assets_nobody_can_tell(self, assets: int, *, is_even: bool) -> None:
        before = {f"Chain {number}/ASSET {number}": 100.0 for number in range(assets)}

        found = jumps_of(before, dict.fromkeys(before, 80.0))

        assert (JumpReason.EVENLY in {jump.reason for jump in found}) is is_even


class TestTogether:
    CHANGED = {"Bitcoin/BTC": 350.0, "Ethereum/ETH": 410.0}  # noqa: RUF012 — never changed

    @sizes
    def test_what_moved_the_way_of_the_whole_is_one_jump(self, dollars: float) -> None:
        first, *others = jumps_of(USUAL, self.CHANGED, dollars=dollars, together=True)

        assert (first.group, first.reason, first.verdict) == (EVERYTHING, JumpReason.TOGETHER, Verdict.WAITING)
        assert (first.usd, first.share, first.rest_usd) == (-50 * dollars, -0.05, 1000 * dollars)
        assert sizes_of(first) == {"BTC": -50}
        assert others == []

    def test_rises_as_well(self) -> None:
        (found,) = jumps_of(USUAL, {"Bitcoin/BTC": 450.0, "Ethereum/ETH": 390.0}, together=True)[:1]

        assert (found.reason, sizes_of(found)) == (JumpReason.TOGETHER, {"BTC": 50})

    @pytest.mark.parametrize(("units", "is_held"), [(370.0, True), (370.5, False)])
    def test_from_three_percent_on(self, units: float, *, is_held: bool) -> None:
        reasons = {jump.reason for jump in jumps_of(USUAL, {"Bitcoin/BTC": units}, together=True)}

        assert reasons == {JumpReason.TOGETHER if is_held else JumpReason.LARGE}

    def test_alone_is_no_such_jump(self) -> None:
        assert {jump.reason for jump in jumps_of(USUAL, self.CHANGED)} == {JumpReason.LARGE}

    def test_while_an_outflow_is_under_way_it_is_flow(self) -> None:
        assert {jump.reason for jump in jumps_of(USUAL, self.CHANGED, together=True, runs=True)} == {JumpReason.LARGE}


class TestLarge:
    @sizes
    @pytest.mark.parametrize(("units", "is_large"), [(390, True), (390.3, False), (410, True), (409.7, False)])
    def test_from_one_percent_of_reserves_on_it_counts_and_is_remembered(
        self, units: float, dollars: float, *, is_large: bool
    ) -> None:
        found = jumps_of(USUAL, {"Bitcoin/BTC": units}, dollars=dollars)

        moved = units - 400
        parts = (JumpPart("BTC", moved, (Move(NOON, moved),), 400),)
        expected = Jump(
            "BTC", NOON, moved * dollars, moved / 1000, JumpReason.LARGE, Verdict.COUNTED, parts, 600 * dollars
        )
        assert found == ([expected] if is_large else [])

    def test_the_chains_of_an_asset_are_one_move(self) -> None:
        before = {"Tron/USDT": 300, "Ethereum/USDT": 300, "Bitcoin/BTC": 400}

        assert [sizes_of(jump) for jump in jumps_of(before, {"Tron/USDT": 295, "Ethereum/USDT": 295})] == [
            {"USDT": -10}
        ]
        assert jumps_of(before, {"Tron/USDT": 250, "Ethereum/USDT": 350}) == []

    @sizes
    @pytest.mark.parametrize(("bitcoin", "is_deposit"), [(350, True), (349, False)])
    def test_what_comes_in_while_more_than_half_of_it_leaves_elsewhere_is_a_conversion(
        self, bitcoin: float, dollars: float, *, is_deposit: bool
    ) -> None:
        """Else customers who leave with what their own coins were turned into would not be seen."""
        found = jumps_of(USUAL, {"Ethereum/ETH": 500, "Bitcoin/BTC": bitcoin}, dollars=dollars)

        assert [jump.group for jump in found] == (["ETH"] if is_deposit else [])

    @pytest.mark.parametrize(("ether", "is_drop"), [(450, True), (451, False), (650, False)])
    def test_what_leaves_while_more_than_half_of_it_comes_in_elsewhere_is_a_conversion(
        self, ether: float, *, is_drop: bool
    ) -> None:
        """Else what is turned back would have returned, and what it is turned back from would have left."""
        found = jumps_of(USUAL, {"Ethereum/ETH": ether, "Bitcoin/BTC": 300})

        assert ("BTC" in {jump.group for jump in found}) is is_drop

    @sizes
    @pytest.mark.parametrize(
        ("wrong", "units", "verdict"),
        [("BTC", 390, Verdict.WAITING), ("BTC", 410, Verdict.COUNTED), ("ETH", 390, Verdict.COUNTED)],
    )
    def test_a_drop_of_an_asset_that_was_wrong_before_waits(
        self, wrong: str, units: float, verdict: Verdict, dollars: float
    ) -> None:
        (found,) = jumps_of(USUAL, {"Bitcoin/BTC": units}, dollars=dollars, recently_wrong={wrong})

        assert (found.reason, found.verdict) == (JumpReason.LARGE, verdict)

    def test_an_asset_that_others_were_turned_into_may_be_new(self) -> None:
        found = jumps_of(USUAL, {"Tron/USDT": 100, "Tron/USDC": 100, "Bitcoin/BTC": 500})

        assert {jump.group: (jump.usd, jump.rest_usd) for jump in found} == {
            "USDC": (100, 1000),
            "BTC": (100, 600),
        }

    def test_another_asset_may_be_large_beside_one_that_waits(self) -> None:
        before = {"Tron/USDT": 1000, "Bitcoin/BTC": 9000, "Ethereum/ETH": 10_000}

        found = jumps_of(before, {"Tron/USDT": 500, "Ethereum/ETH": 10_200, "Bitcoin/BTC": 8_810})

        # USDT waits, and is not remembered twice; ETH came for other assets.
        assert [(jump.group, jump.reason) for jump in found] == [("USDT", JumpReason.ALONE)]

    def test_of_what_belongs_to_known_jumps_the_rest_is_judged(self) -> None:
        assert [sizes_of(jump) for jump in jumps_of(USUAL, {"Bitcoin/BTC": 350}, kept={"BTC": 0.5})] == [{"BTC": -25}]
        assert jumps_of(USUAL, {"Bitcoin/BTC": 350}, kept={"BTC": 0.0}) == []

    def test_the_own_token_is_none(self) -> None:
        assert jumps_of({**USUAL, "Ethereum/BNB": 500}, {"Ethereum/BNB": 900}) == []


class TestAppeared:
    @sizes
    @pytest.mark.parametrize(("units", "is_noted"), [(1.0, True), (0.97, False)])
    def test_from_a_thousandth_of_reserves_on(self, units: float, dollars: float, *, is_noted: bool) -> None:
        found = jumps_of(USUAL, {"Tron/SCAM": units}, dollars=dollars)

        parts = (JumpPart("SCAM", units, (Move(NOON, units),)),)
        expected = Jump(
            "SCAM", NOON, units * dollars, units / 1000, JumpReason.APPEARED, Verdict.NOT_COUNTED, parts,
            1000 * dollars, NOON,
        )  # fmt: skip
        assert found == ([expected] if is_noted else [])

    def test_a_chain_that_was_not_there_is_one_jump(self) -> None:
        (found,) = jumps_of(USUAL, {"Base/AERO": 2, "Base/CAKE": 3, "Base/DUST": 0})

        assert (found.group, found.usd, sizes_of(found)) == ("Base", 5, {"CAKE": 3, "AERO": 2})
        assert [part.asset for part in found.parts] == ["CAKE", "AERO"]

    def test_assets_on_a_known_chain_are_one_each(self) -> None:
        assert {jump.group: sizes_of(jump) for jump in jumps_of(USUAL, {"Tron/AERO": 2, "Tron/CAKE": 3})} == {
            "AERO": {"AERO": 2},
            "CAKE": {"CAKE": 3},
        }

    @pytest.mark.parametrize(("kept", "left"), [(0.5, [{"SCAM": 20}]), (0.0, [])])
    def test_what_belongs_to_known_jumps_is_no_part_of_it(self, kept: float, left: list[dict[str, float]]) -> None:
        found = jumps_of(USUAL, {"Tron/SCAM": 40}, kept={"SCAM": kept})

        assert [sizes_of(jump) for jump in found] == left
        assert [jump.usd for jump in found] == [20.0 for _ in left]

    def test_what_belongs_to_known_jumps_altogether_is_not_named(self) -> None:
        (found,) = jumps_of(USUAL, {"Base/AERO": 2, "Base/CAKE": 3}, kept={"AERO": 0.0})

        assert sizes_of(found) == {"CAKE": 3}

    def test_the_own_token_is_none(self) -> None:
        assert jumps_of(USUAL, {"Binance/BNB": 500}) == []
        assert jumps_of(USUAL, {"Ethereum/BNB": 500}) == []


def test_where_there_was_nothing_nothing_is_suspected() -> None:
    assert jumps_of({"Binance/BNB": 500}, {"Tron/USDT": 100}) == []
