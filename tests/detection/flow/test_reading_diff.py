from bot.detection.flow.asset_moves import AssetMove
from bot.detection.flow.reading_diff import GroupKind, GroupMove, SlotChange, reading_diff, slot_name
from bot.domain.reading import Slot
from tests.builders import HOUR, NOON, reading

THEN = NOON - HOUR


def test_a_difference_is_what_each_slot_did_at_the_prices_of_the_start() -> None:
    before = reading({"Tron/USDT": (100, 1.0), "Base/USDT": (50, 1.0), "Bitcoin/BTC": (0.5, 40.0)}, at=THEN)
    now = reading({"Tron/USDT": (90, 2.0), "Base/USDT": (50, 2.0), "Bitcoin/BTC": (0.75, 80.0)})

    diff = reading_diff(before, now, ())

    assert (diff.previous, diff.latest, diff.is_quiet) == (before, now, False)
    assert (diff.was_usd, diff.usd) == (170.0, 0.0)
    assert (diff.moves, diff.appeared) == ({"USDT": AssetMove(-10.0, -10.0), "BTC": AssetMove(0.25, 10.0)}, {})
    assert diff.changes == (
        SlotChange(Slot("Tron", "USDT"), -10.0, -10.0),
        SlotChange(Slot("Bitcoin", "BTC"), 0.25, 10.0),
    )
    assert diff.groups((), {}) == {
        (GroupKind.CHAIN, "Tron"): GroupMove(100.0, -10.0),
        (GroupKind.CHAIN, "Base"): GroupMove(50.0, 0.0),
        (GroupKind.CHAIN, "Bitcoin"): GroupMove(20.0, 10.0),
        (GroupKind.ASSET, "USDT"): GroupMove(150.0, -10.0),
        (GroupKind.ASSET, "BTC"): GroupMove(20.0, 10.0),
        (GroupKind.SLOT, "USDT on Tron"): GroupMove(100.0, -10.0),
        (GroupKind.SLOT, "USDT on Base"): GroupMove(50.0, 0.0),
        (GroupKind.SLOT, "BTC on Bitcoin"): GroupMove(20.0, 10.0),
    }


def test_only_what_is_kept_of_an_assets_changes_moves_its_groups() -> None:
    """A quarter of what USDT did belongs to jumps that are known already."""
    before = reading({"Tron/USDT": (100, 1.0), "Tron/TRX": (100, 1.0)}, at=THEN)

    groups = reading_diff(before, reading({"Tron/USDT": (60, 1.0), "Tron/TRX": (90, 1.0)}), ()).groups((), {
        "USDT": 0.75
    })  # fmt: skip

    assert groups[GroupKind.CHAIN, "Tron"] == GroupMove(200.0, -40.0)
    assert groups[GroupKind.ASSET, "USDT"] == groups[GroupKind.SLOT, "USDT on Tron"] == GroupMove(100.0, -30.0)


def test_a_token_that_vanished_is_a_change_and_no_move_of_its_groups() -> None:
    before = reading({"Tron/USDT": (100, 1.0), "Tron/TRX": (0.5, 8.0)}, at=THEN)

    diff = reading_diff(before, reading({"Tron/USDT": (99, 1.0)}), ())
    groups = diff.groups((), {})

    assert (diff.was_usd, diff.usd) == (104.0, -5.0)
    assert diff.changes[1] == SlotChange(Slot("Tron", "TRX"), -0.5, -4.0, vanished=True)
    assert groups[GroupKind.CHAIN, "Tron"] == GroupMove(104.0, -1.0)
    assert groups[GroupKind.ASSET, "TRX"] == groups[GroupKind.SLOT, "TRX on Tron"] == GroupMove(4.0, 0.0)


def test_chains_that_are_not_there_own_tokens_and_what_appears_are_no_part_of_it() -> None:
    shared = {"Tron/USDT": (100.0, 1.0)}
    before = reading({**shared, "Tron/BNB": (5, 9.0), "Base/ETH": (5, 9.0), "Tron/TRX": (0, 1.0)}, at=THEN)
    now = reading({**shared, "Tron/BNB": (1, 9.0), "Tron/TRX": (7, 1.0), "Tron/SUN": (7, 1.0)})

    diff = reading_diff(before, now, {"BNB"})

    assert (diff.was_usd, diff.usd, diff.changes, diff.moves) == (100.0, 0.0, (), {})
    assert diff.appeared == {"TRX": AssetMove(7.0, 7.0), "SUN": AssetMove(7.0, 7.0)}
    assert diff.groups({"BNB"}, {}) == {
        (GroupKind.CHAIN, "Tron"): GroupMove(100.0, 0.0),
        (GroupKind.ASSET, "USDT"): GroupMove(100.0, 0.0),
        (GroupKind.SLOT, "USDT on Tron"): GroupMove(100.0, 0.0),
        (GroupKind.CHAIN, "Base"): GroupMove(45.0, 0.0),
        (GroupKind.ASSET, "ETH"): GroupMove(45.0, 0.0),
        (GroupKind.SLOT, "ETH on Base"): GroupMove(45.0, 0.0),
    }


def test_coins_that_changed_chains_are_changes_of_slots_and_no_move_of_the_asset() -> None:
    before = reading({"Tron/USDT": (100, 1.0), "Base/USDT": (50, 1.0)}, at=THEN)

    diff = reading_diff(before, reading({"Tron/USDT": (40, 1.0), "Base/USDT": (90, 1.0), "Solana/USDT": (25, 1.0)}), ())

    assert (diff.usd, diff.moves) == (0.0, {})
    assert diff.appeared == {"USDT": AssetMove(5.0, 5.0)}
    assert [(change.slot.chain, change.usd) for change in diff.changes] == [("Tron", -60.0), ("Base", 40.0)]


def test_of_two_groups_that_moved_alike_the_widest_kind_is_the_greatest() -> None:
    assert max(GroupKind) is GroupKind.ASSET
    assert min(GroupKind) is GroupKind.SLOT
    assert slot_name(Slot("Base", "ETH")) == "ETH on Base"
