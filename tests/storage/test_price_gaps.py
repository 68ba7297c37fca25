"""What is known of price gaps outlives a restart."""

from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from bot.domain.price_gap import AssetGap, ExchangeGaps, GapReading, QuoteFlaw
from bot.storage import keys
from bot.storage.store import Store

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
GAPS = (
    AssetGap("BTC", "USDT", 58_800.0, 60_000.0, 6, -0.02),
    AssetGap("USDC", "USDT", 0.9, 0.91, 6, None, QuoteFlaw.OFF_PEG),
)
HTX = ExchangeGaps("htx", "HTX", (GapReading(NOON - timedelta(minutes=5)), GapReading(NOON, GAPS)))
GATE = ExchangeGaps("gate", "Gate", (GapReading(NOON, GAPS),))


async def test_everything_that_is_known_comes_back_as_it_was(store: Store) -> None:
    assert await store.price_gaps.all() == {}
    await store.price_gaps.save([])
    await store.price_gaps.save([HTX, GATE])
    assert await store.price_gaps.all() == {"htx": HTX, "gate": GATE}

    left = await store.database.command("TTL", keys.PRICE_GAPS.key())
    assert 0 <= timedelta(days=7).total_seconds() - left < 60


@pytest.mark.parametrize("damaged", [b"{", b'{"exchange":"gate"}', b'{"exchange":"gate","name":"Gate"}', b"\xff"])
async def test_what_is_damaged_hides_nothing_else(store: Store, damaged: bytes) -> None:
    await store.price_gaps.save([HTX])
    await store.database.command("HSET", keys.PRICE_GAPS.key(), "gate", damaged)

    with capture_logs():
        assert await store.price_gaps.all() == {"htx": HTX}
