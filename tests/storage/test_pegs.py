"""What is known of pegs outlives a restart."""

from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from bot.domain.peg import CoinPeg, CoinSupply, PegQuote, PegReading
from bot.storage import keys
from bot.storage.store import Store

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
READING = PegReading(
    NOON,
    PegQuote("DefiLlama", 0.9721, NOON - timedelta(minutes=2)),
    (PegQuote("Kraken", 0.97, NOON), PegQuote("Binance", 0.968, NOON)),
    CoinSupply(4.1e10, 4.3e10, "Tron"),
)
USDC = CoinPeg("USDC", (PegReading(NOON - timedelta(minutes=5)), READING))
DAI = CoinPeg("DAI", (READING,))


async def test_everything_that_is_known_comes_back_as_it_was(store: Store) -> None:
    assert await store.pegs.all() == {}
    await store.pegs.save([])
    await store.pegs.save([USDC, DAI])
    assert await store.pegs.all() == {"USDC": USDC, "DAI": DAI}

    newer = CoinPeg("DAI", (READING, PegReading(NOON + timedelta(minutes=5))))
    await store.pegs.save([newer])
    assert await store.pegs.all() == {"USDC": USDC, "DAI": newer}


async def test_it_is_forgotten_a_week_after_the_last_poll(store: Store) -> None:
    await store.pegs.save([USDC])

    left = await store.database.command("TTL", keys.PEGS.key())
    assert 0 <= timedelta(days=7).total_seconds() - left < 60


@pytest.mark.parametrize("damaged", [b"{", b'{"asset":"DAI"}', b'{"asset":"DAI","readings":[]}', b"\xff"])
async def test_what_is_damaged_hides_nothing_else(store: Store, damaged: bytes) -> None:
    await store.pegs.save([USDC])
    await store.database.command("HSET", keys.PEGS.key(), "DAI", damaged)

    with capture_logs():
        assert await store.pegs.all() == {"USDC": USDC}
