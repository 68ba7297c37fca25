from bot.detection.flow.reading_diff import GroupMove, SlotChange, reading_diff
from bot.domain.reading import Holding, Slot
from tests.builders import HOUR, NOON, reading

THEN = NOON - HOUR


def test_a_difference_is_what_each_slot_did_at_the_prices_of_the_start() -> None:
    before = reading({"Tron/USDT": (100, 1.0), "Base/USDT": (50, 1.0), "Bitcoin/BTC": (0.5, 40.0)}, at=THEN)
    now = reading({"Tron/USDT": (90, 2.0), "Base/USDT": (50, 2.0), "Bitcoin/BTC": (0.75, 80.0)})

    diff = reading_diff(before, now, ())

    assert (diff.previous, diff.latest, diff.is_quiet) == (before, now, False)
    assert (diff.was_usd, diff.usd) == (170.0, 0.0)
    assert diff.changes == (
        SlotChange(Slot("Tron", "USDT"), -10.0, -10.0),
        SlotChange(Slot("Bitcoin", "BTC"), 0.25, 10.0),
    )
    assert diff.parts == {
        ("chain", "Tron"): GroupMove(100.0, -10.0),
        ("chain", "Base"): GroupMove(50.0, 0.0),
        ("chain", "Bitcoin"): GroupMove(20.0, 10.0),
        ("asset", "USDT"): GroupMove(150.0, -10.0),
        ("asset", "BTC"): GroupMove(20.0, 10.0),
    }


def test_a_token_that_vanished_is_a_change_and_no_move_of_its_chain_or_asset() -> None:
    before = reading({"Tron/USDT": (100, 1.0), "Tron/TRX": (0.5, 8.0)}, at=THEN)

    diff = reading_diff(before, reading({"Tron/USDT": (99, 1.0)}), ())

    assert (diff.was_usd, diff.usd) == (104.0, -5.0)
    assert diff.changes[1] == SlotChange(Slot("Tron", "TRX"), -0.5, -4.0, vanished=True)
    assert (diff.parts["chain", "Tron"], diff.parts["asset", "TRX"]) == (GroupMove(104.0, -1.0), GroupMove(4.0, 0.0))


def test_chains_that_are_not_there_own_tokens_and_what_appears_are_no_part_of_it() -> None:
    shared = {"Tron/USDT": (100.0, 1.0)}
    before = reading({**shared, "Tron/BNB": (5, 9.0), "Base/ETH": (5, 9.0), "Tron/TRX": (0, 1.0)}, at=THEN)
    now = reading({**shared, "Tron/BNB": (1, 9.0), "Tron/TRX": (7, 1.0), "Tron/SUN": (7, 1.0)})

    diff = reading_diff(before, now, {"BNB"})

    assert (diff.was_usd, diff.usd, diff.changes) == (100.0, 0.0, ())
    assert diff.parts == {("chain", "Tron"): GroupMove(100.0, 0.0), ("asset", "USDT"): GroupMove(100.0, 0.0)}


def test_what_appeared_is_what_is_in_slots_that_were_empty_on_chains_that_were_there() -> None:
    before = reading({"Tron/USDT": (100, 1.0), "Tron/TRX": (0, 1.0), "Tron/SUN": (0, 1.0)}, at=THEN)
    now = reading({
        "Tron/USDT": (200, 1.0), "Tron/TRX": (0.5, 1.0), "Tron/BNB": (0.5, 1.0), "Base/ETH": (5, 1.0),
        "Tron/SUN": (0, 1.0), "Tron/BTT": (0, 1.0),
    })  # fmt: skip

    assert list(reading_diff(before, now, {"BNB"}).appeared()) == [
        (Slot("Tron", "TRX"), Holding(0.5, 0.5)),
        (Slot("Tron", "BNB"), Holding(0.5, 0.5)),
    ]
