from datetime import timedelta

import pytest

from bot.detection.notes import notes
from bot.domain.flow import Window
from bot.domain.guard_state import GuardState, IsolatedMove, MissingChain, OddPrice, RoundTrip
from bot.domain.reading import Reading
from bot.domain.signal import Note, NoteReason
from tests.builders import BINANCE, DAY, HOUR, NOON, OKX, holding, reading


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


def test_the_hour_is_never_missed() -> None:
    def base(age: timedelta) -> Reading:
        return holding(60, at=NOON - age)

    bases = {Window.HOUR: base(9 * HOUR), Window.DAY: base(9 * DAY), Window.WEEK: base(9 * DAY)}

    assert notes(BINANCE, holding(60), bases, GuardState()) == (Note(NoteReason.GAP, "24h, 7d"),)
    assert notes(BINANCE, holding(60), {Window.HOUR: bases[Window.HOUR]}, GuardState()) == ()


def test_a_window_that_would_start_where_a_chain_was_missing_is_missed() -> None:
    state = GuardState(
        missing_chains=(MissingChain("Tron", NOON - DAY, NOON - HOUR, last=holding(60, at=NOON - 2 * DAY)),)
    )
    bases = {Window.DAY: holding(60, at=NOON - DAY), Window.WEEK: holding(60, at=NOON - 7 * DAY)}

    assert notes(BINANCE, holding(60), bases, state) == (Note(NoteReason.GAP, "24h"),)


def test_what_is_remembered_is_said_with_its_size_and_time() -> None:
    moved = IsolatedMove("Tron", NOON, -2e9, -0.03, (), 5e10)
    over = OddPrice("SOL", 20.0, NOON - DAY, NOON)
    state = GuardState(
        excluded_moves=(moved,),
        counted_drops=(moved,),
        round_trips=(RoundTrip("BTC", NOON - DAY, NOON - HOUR, 1e9),),
        odd_prices=(OddPrice("ETH", 1_000.0, NOON), over),
    )

    assert notes(BINANCE, holding(60), {}, state) == (
        Note(NoteReason.WALLETS_CHANGED, "Tron", -2e9, NOON),
        Note(NoteReason.COUNTED, "Tron", -2e9, NOON),
        Note(NoteReason.ROUND_TRIP, "BTC", 1e9, NOON - HOUR),
        Note(NoteReason.PRICE_ODD, "ETH", 1_000.0, NOON),
    )
