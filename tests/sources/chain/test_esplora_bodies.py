from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import SourceError
from bot.domain.own_reading import OutgoingTimes, WalletBalance
from bot.sources.chain.esplora_bodies import outgoing_times, wallet_balance

WALLET = "bc1qexample"
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def stats(funded: int = 0, spent: int = 0, count: int = 0) -> dict[str, int]:
    return {
        "funded_txo_count": 3,
        "funded_txo_sum": funded,
        "spent_txo_count": count,
        "spent_txo_sum": spent,
        "tx_count": 5,
    }


def body(wallet: str = WALLET, chain: Any = None, mempool: Any = None) -> bytes:
    return msgspec.json.encode(
        {"address": wallet, "chain_stats": chain or stats(), "mempool_stats": mempool or stats()}
    )


def transaction(at: datetime | None, spender: str | None = WALLET) -> dict[str, Any]:
    status: dict[str, Any] = {"confirmed": at is not None}
    if at:
        status |= {"block_height": 1, "block_time": int(at.timestamp())}
    return {"txid": "00", "vin": [{"prevout": spender and {"scriptpubkey_address": spender}}], "status": status}


def test_a_wallet_holds_what_it_got_and_has_not_spent_in_blocks() -> None:
    read = wallet_balance(body(chain=stats(250_000_000, 100_000_000, 4), mempool=stats(0, 90_000_000, 1)), WALLET)

    assert read == WalletBalance(WALLET, {"BTC": 1.5}, spent=5)


@pytest.mark.parametrize(
    "answer",
    [
        body("bc1qother"),
        body(chain=stats(funded=1, spent=2)),
        body(chain=stats(funded=21_000_001 * 10**8)),
        body(chain=stats(funded=-1)),
        body(chain=stats() | {"spent_txo_sum": 1.5}),
        body(chain={"tx_count": 5}),
        b"<html>429 Too Many Requests</html>",
        b"[]",
        b"",
    ],
)
def test_an_answer_that_cannot_be_is_refused(answer: bytes) -> None:
    with pytest.raises((SourceError, msgspec.DecodeError)):
        wallet_balance(answer, WALLET)


@given(st.binary(max_size=400) | st.integers(0, 10**19).map(lambda sum_: body(chain=stats(funded=sum_))))
def test_whatever_a_server_answers_is_an_amount_or_refused(answer: bytes) -> None:
    try:
        read = wallet_balance(answer, WALLET)
    except (SourceError, msgspec.DecodeError, UnicodeDecodeError):
        return
    assert 0 <= read.amounts["BTC"] <= 21e6


def test_what_left_a_wallet_has_the_times_of_its_blocks_each_once() -> None:
    transactions = [
        transaction(NOW - 5 * MINUTE),
        transaction(NOW - 5 * MINUTE),
        transaction(NOW - 15 * MINUTE),
        transaction(NOW - 10 * MINUTE, spender="bc1qother"),  # a deposit
        transaction(NOW - 12 * MINUTE, spender=None),  # newly mined coins
    ]

    assert outgoing_times(msgspec.json.encode(transactions), WALLET, NOW) == OutgoingTimes(
        WALLET, NOW, (NOW - 15 * MINUTE, NOW - 5 * MINUTE)
    )


def test_what_waits_for_a_block_has_left_by_now() -> None:
    assert outgoing_times(msgspec.json.encode([transaction(None)]), WALLET, NOW).times == (NOW,)


def test_a_block_whose_clock_is_ahead_counts_as_of_now() -> None:
    ahead = msgspec.json.encode([transaction(NOW + 60 * MINUTE)])

    assert outgoing_times(ahead, WALLET, NOW).times == (NOW,)


@pytest.mark.parametrize("at", [NOW + 200 * MINUTE, datetime(1999, 1, 1, tzinfo=UTC)])
def test_a_block_of_another_age_is_refused(at: datetime) -> None:
    with pytest.raises(SourceError, match="a time of a block that cannot be"):
        outgoing_times(msgspec.json.encode([transaction(at)]), WALLET, NOW)


def test_a_block_without_a_time_is_refused() -> None:
    timeless = transaction(NOW) | {"status": {"confirmed": True}}

    with pytest.raises(SourceError, match="a time of a block that cannot be"):
        outgoing_times(msgspec.json.encode([timeless]), WALLET, NOW)
