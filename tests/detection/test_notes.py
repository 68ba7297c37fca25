from dataclasses import replace
from datetime import timedelta

import pytest

from bot.detection.notes import notes, recent_jumps
from bot.domain.flow import Window
from bot.domain.guard_state import GuardState, LostPart, OddPrice
from bot.domain.jump import Jump, JumpPart, JumpReason, Verdict
from bot.domain.reading import Reading
from bot.domain.signal import Note, NoteReason
from tests.builders import BINANCE, DAY, HOUR, NOON, OKX, holding, jump, reading

SECOND = timedelta(seconds=1)


def own_token(left: float, *, reserves: float = 1e8, age: timedelta = DAY) -> tuple[Note, ...]:
    """Return what is said where so many dollars of BNB left an exchange of so many in a day."""
    base = reading({"Binance/BNB": (reserves / 2, 1.0), "Tron/USDT": (reserves / 2, 1.0)}, at=NOON - age)
    latest = reading({"Binance/BNB": (reserves / 2 - left, 3.0), "Tron/USDT": (reserves / 2, 1.0)})
    return notes(BINANCE, latest, {Window.DAY: base}, GuardState())


@pytest.mark.parametrize(
    ("left", "reserves", "said"),
    [
        (5e6, 1e8, True),
        (-5e6, 1e8, True),
        (5e6 - 1, 1e8, False),
        (1e7, 1e9, True),
        (1e7 - 1, 1e9, False),
    ],
)
def test_a_move_of_own_tokens_is_said_from_five_million_and_one_percent_on(
    left: float,
    reserves: float,
    said: bool,  # noqa: FBT001 — a table's column
) -> None:
    assert own_token(left, reserves=reserves) == ((Note(NoteReason.OWN_TOKEN, "BNB", -left),) if said else ())


def test_a_move_of_own_tokens_over_more_than_a_day_and_a_half_is_not_said() -> None:
    assert own_token(1e7, age=37 * HOUR)
    assert [note.reason for note in own_token(1e7, age=38 * HOUR)] == [NoteReason.GAP]


def test_own_tokens_add_up_over_chains_and_what_is_gone_has_left() -> None:
    held = {"Binance/BNB": (6e6, 2.0), "Ethereum/BNB": (1e6, 2.0), "BSC/BNB": (0.0, 2.0), "Base/BNB": (0.5, 2e6)}
    base = reading(held, at=NOON - DAY)
    latest = reading({"Ethereum/BNB": (2e6, 2.0), "BSC/BNB": (9e6, 2.0)})

    assert notes(BINANCE, latest, {Window.DAY: base}, GuardState()) == (Note(NoteReason.OWN_TOKEN, "BNB", -11e6),)
    assert notes(OKX, latest, {Window.DAY: base}, GuardState()) == ()


def test_what_is_valued_at_an_earlier_price_is_said_from_a_thousandth_of_reserves_on() -> None:
    held = {f"Ethereum/{asset}": (usd, 1.0) for asset, usd in zip("ABCDE", (5e6, 9e6, 7e6, 1e6, 1e9), strict=True)}
    latest = reading(held | {"Binance/BNB": (9e9, 1.0)})
    slots = {slot.asset: slot for slot in latest.holdings}

    def unpriced(assets: str) -> tuple[Note, ...]:
        marked = frozenset(slots[asset] for asset in [*assets, "BNB"])
        return notes(BINANCE, replace(latest, unpriced_slots=marked), {}, GuardState())

    assert unpriced("D") == ()
    assert unpriced("BD") == (Note(NoteReason.UNPRICED, "B on Ethereum, D on Ethereum", 1e7),)
    assert unpriced("ABCD") == (
        Note(NoteReason.UNPRICED, "B on Ethereum, C on Ethereum, A on Ethereum and 1 more", 2.2e7),
    )


def test_the_hour_is_never_missed() -> None:
    def base(age: timedelta) -> Reading:
        return holding(60, at=NOON - age)

    bases = {Window.HOUR: base(9 * HOUR), Window.DAY: base(9 * DAY), Window.WEEK: base(9 * DAY)}

    assert notes(BINANCE, holding(60), bases, GuardState()) == (Note(NoteReason.GAP, "24h, 7d"),)
    assert notes(BINANCE, holding(60), {Window.HOUR: bases[Window.HOUR]}, GuardState()) == ()


def test_a_window_may_start_where_a_chain_was_missing() -> None:
    """What it lacked is known from the reading before."""
    last = holding(60, at=NOON - 2 * DAY)
    state = GuardState(lost_parts=(LostPart("Tron", NOON - DAY, last.holdings, last, NOON - HOUR),))

    assert notes(BINANCE, holding(60), {Window.DAY: holding(60, at=NOON - DAY)}, state) == ()


NOT_COUNTED = jump("Tron", -2e9, at=NOON, verdict=Verdict.NOT_COUNTED)


@pytest.mark.parametrize(
    ("remembered", "said"),
    [
        (NOT_COUNTED, Note(NoteReason.WALLETS_CHANGED, "Tron", -2e9, NOON)),
        (replace(NOT_COUNTED, usd=2e9), Note(NoteReason.WALLETS_CHANGED, "Tron", 2e9, NOON)),
        (replace(NOT_COUNTED, verdict=Verdict.COUNTED), Note(NoteReason.COUNTED, "Tron", -2e9, NOON)),
        (replace(NOT_COUNTED, verdict=Verdict.COUNTED, reason=JumpReason.LARGE), None),
        (replace(NOT_COUNTED, verdict=Verdict.WAITING), None),
        (replace(NOT_COUNTED, verdict=Verdict.DOUBTED), Note(NoteReason.TOGETHER, "Tron", -2e9, NOON)),
        (
            jump("BTC", -1e9, at=NOON - DAY, turned=NOON - HOUR, verdict=Verdict.RETURNED),
            Note(NoteReason.ROUND_TRIP, "BTC", 1e9, NOON - HOUR),
        ),
        (
            jump("BTC", 0.5, at=NOON - DAY, turned=NOON - HOUR, verdict=Verdict.RETURNED),
            Note(NoteReason.PASSAGE, "BTC", 0.5, NOON - HOUR),
        ),
        (jump("BTC", -1e9, at=NOON - DAY, verdict=Verdict.RETURNED), None),
    ],
)
def test_what_became_of_a_jump_is_said_with_its_size_and_time(remembered: Jump, said: Note | None) -> None:
    assert notes(BINANCE, holding(60), {}, GuardState(jumps=(remembered,))) == ((said,) if said else ())


@pytest.mark.parametrize(
    ("remembered", "is_recent", "is_said"),
    [
        (replace(NOT_COUNTED, at=NOON - 3 * DAY), True, True),
        (replace(NOT_COUNTED, at=NOON - 3 * DAY - SECOND), False, False),
        (replace(NOT_COUNTED, at=NOON - 3 * DAY - SECOND, decided_at=NOON - 3 * DAY), True, False),
        (replace(NOT_COUNTED, at=NOON - 9 * DAY, decided_at=NOON, verdict=Verdict.COUNTED), True, True),
        (jump("BTC", -1e9, at=NOON - 9 * DAY, turned=NOON - 2 * DAY, verdict=Verdict.RETURNED), True, True),
        (jump("BTC", -1e9, at=NOON - 9 * DAY, turned=NOON - 2 * DAY - SECOND, verdict=Verdict.RETURNED), True, False),
        (jump("BTC", -1e9, at=NOON - 9 * DAY, turned=NOON - 3 * DAY - SECOND, verdict=Verdict.RETURNED), False, False),
    ],
)
def test_a_jump_is_told_for_three_days_after_its_verdict_and_its_return_for_two(
    remembered: Jump,
    is_recent: bool,  # noqa: FBT001 — a table's column
    is_said: bool,  # noqa: FBT001 — as above
) -> None:
    state = GuardState(jumps=(remembered,))

    assert [found.at for found in recent_jumps(state, NOON)] == ([remembered.at] if is_recent else [])
    assert bool(notes(BINANCE, holding(60), {}, state)) is is_said


def test_a_jump_is_told_without_the_moves_that_only_the_guards_need() -> None:
    turned = jump("BTC", -1e9, at=NOON - DAY, turned=NOON - HOUR, verdict=Verdict.RETURNED)

    assert recent_jumps(GuardState(jumps=(turned,)), NOON) == (
        replace(turned, parts=(JumpPart("BTC", -1e9, (), turned.parts[0].before),)),
    )


def test_all_that_is_remembered_is_said_in_its_order() -> None:
    over = OddPrice("SOL", 20.0, NOON - DAY, NOON)
    state = GuardState(
        jumps=(replace(NOT_COUNTED, verdict=Verdict.COUNTED), NOT_COUNTED),
        odd_prices=(OddPrice("ETH", 1_000.0, NOON), over),
    )

    assert notes(BINANCE, holding(60), {}, state) == (
        Note(NoteReason.COUNTED, "Tron", -2e9, NOON),
        Note(NoteReason.WALLETS_CHANGED, "Tron", -2e9, NOON),
        Note(NoteReason.PRICE_ODD, "ETH", 1_000.0, NOON),
    )
