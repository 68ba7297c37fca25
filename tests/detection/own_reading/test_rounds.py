from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.detection.own_reading.rounds import (
    OUTGOING_TIMES_MAX,
    after_failure,
    after_round,
    hot_wallet,
    wallets_to_read,
    with_outgoing,
)
from bot.domain.errors import SourceError, SourceFault
from bot.domain.own_reading import BITCOIN, OutgoingTimes, OwnReading, OwnRound, WalletBalance

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LISTED = ("a", "b", "c", "d")


def round_of(at: datetime = NOON, spent: dict[str, int] | None = None, **amounts: float) -> OwnRound:
    wallets = tuple(
        WalletBalance(address, {"BTC": held}, (spent or {}).get(address, 0)) for address, held in amounts.items()
    )
    return OwnRound("okx", BITCOIN, at, wallets)


FULL = round_of(a=1, b=90, c=0, d=9)


def test_the_first_round_reads_every_wallet() -> None:
    assert wallets_to_read(LISTED, None, NOON, most=2) == LISTED


def test_after_a_full_round_the_heaviest_are_read_until_the_next_day() -> None:
    known = after_round(None, FULL, listed=4, most=2)

    assert wallets_to_read(LISTED, known, NOON + 23 * HOUR, most=2) == ("b", "d")
    assert wallets_to_read(LISTED, known, NOON + 24 * HOUR, most=2) == LISTED
    assert wallets_to_read(LISTED, known, NOON - HOUR, most=2) == LISTED, "the clock was set back"


def test_another_list_is_read_whole() -> None:
    known = after_round(None, FULL, listed=4, most=2)

    assert wallets_to_read((*LISTED, "e"), known, NOON, most=2) == (*LISTED, "e")
    assert wallets_to_read(("a", "c", "d", "e"), known, NOON, most=2) == ("a", "c", "d", "e")


def test_a_chain_without_a_limit_is_read_whole() -> None:
    assert wallets_to_read(LISTED, after_round(None, FULL, listed=4), NOON) == LISTED


def test_a_round_that_never_was_complete_is_begun_again() -> None:
    failed = after_failure(None, "okx", BITCOIN, SourceError(SourceFault.TIMEOUT, "after 60 s"), NOON)

    assert wallets_to_read(LISTED, failed, NOON, most=2) == LISTED
    assert failed == OwnReading("okx", BITCOIN, fault=SourceFault.TIMEOUT, detail="after 60 s", failed_at=NOON)


def test_the_figures_of_a_full_round_are_those_of_the_wallets_that_every_round_reads() -> None:
    known = after_round(None, FULL, listed=4, most=2)
    assert (known.amounts, known.read, known.listed, known.coverage) == ({"BTC": 99}, 2, 4, 0.99)

    later = after_round(known, round_of(NOON + HOUR, d=90, b=8), listed=4, most=2)
    assert (later.amounts, later.coverage, later.full_at) == ({"BTC": 98}, 0.99, NOON)
    assert later.heaviest == ("b", "d")


def test_wallets_that_hold_nothing_are_all_there_is() -> None:
    assert after_round(None, round_of(a=0, b=0), listed=2).coverage == 1


def test_an_incomplete_round_leaves_the_last_complete_one_and_says_why() -> None:
    known = after_round(None, FULL, listed=4)
    failed = after_failure(known, "okx", BITCOIN, SourceError(SourceFault.RATE_LIMITED, "HTTP 429"), NOON + HOUR)

    assert failed == replace(known, fault=SourceFault.RATE_LIMITED, detail="HTTP 429", failed_at=NOON + HOUR)
    assert after_round(failed, FULL, listed=4).fault is None


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0, 1e6), min_size=1), st.integers(1, 9))
def test_what_is_kept_is_never_more_than_all_and_never_lighter_than_what_is_left(
    amounts: dict[str, float], most: int
) -> None:
    wallets = tuple(WalletBalance(address, {"BTC": held}) for address, held in amounts.items())
    known = after_round(None, OwnRound("okx", BITCOIN, NOON, wallets), listed=len(amounts), most=most)

    assert 0 <= known.coverage <= 1
    left = amounts.keys() - set(known.heaviest)
    assert not left or min(amounts[address] for address in known.heaviest) >= max(amounts[address] for address in left)


def test_the_hot_wallet_is_the_one_that_spent_most_since_the_round_before() -> None:
    first = round_of(spent={"a": 1000, "b": 5}, a=1, b=90)
    assert hot_wallet(None, first) == "a"

    known = after_round(None, first, listed=2)
    assert hot_wallet(known, round_of(spent={"a": 1000, "b": 7}, a=1, b=90)) == "b"


def test_where_nothing_was_spent_the_hot_wallet_stays_the_same() -> None:
    first = round_of(spent={"a": 1000, "b": 5}, a=1, b=90)
    known = with_outgoing(after_round(None, first, listed=2), OutgoingTimes("b", NOON, (NOON,)))

    assert hot_wallet(known, first) == "b"


def test_without_wallets_that_ever_spent_there_is_no_hot_one() -> None:
    assert hot_wallet(None, FULL) is None


def test_times_of_the_same_wallet_add_up_and_those_of_another_begin_anew() -> None:
    known = with_outgoing(after_round(None, FULL, listed=4), OutgoingTimes("a", NOON, (NOON - 2 * HOUR, NOON)))
    # What waited for a block at noon has got one since, of another time.
    again = with_outgoing(known, OutgoingTimes("a", NOON + HOUR, (NOON + 0.1 * HOUR,)))
    assert again.outgoing == OutgoingTimes("a", NOON + HOUR, (NOON - 2 * HOUR, NOON + 0.1 * HOUR))

    other = with_outgoing(again, OutgoingTimes("b", NOON + HOUR, (NOON,)))
    assert other.outgoing == OutgoingTimes("b", NOON + HOUR, (NOON,))


def test_only_the_newest_times_are_kept() -> None:
    many = tuple(NOON - number * HOUR for number in range(100, 0, -1))
    known = with_outgoing(after_round(None, FULL, listed=4), OutgoingTimes("a", NOON, many))

    assert known.outgoing
    assert known.outgoing.times == many[-OUTGOING_TIMES_MAX:]
