"""Bodies of exchanges, and what an adapter makes of them."""

import json
from pathlib import Path
from typing import Any

from bot.domain.withdrawal_reading import WithdrawalFlag, WithdrawalState
from bot.replay.withdrawal_bodies.twins import TWINS
from bot.sources.withdrawals.adapter import WithdrawalAdapter
from bot.sources.withdrawals.flags import FlagCollector
from bot.sources.withdrawals.registry import ADAPTERS

SAMPLES = Path(__file__).parent / "samples"
OPEN, DELAYED = WithdrawalState.OPEN, WithdrawalState.DELAYED
CLOSED, UNKNOWN = WithdrawalState.CLOSED, WithdrawalState.UNKNOWN

FLAGS = (
    WithdrawalFlag("BTC", "BITCOIN", OPEN),
    WithdrawalFlag("ETH", "ETHEREUM", CLOSED),
    WithdrawalFlag("USDT", "ETHEREUM", DELAYED),
    WithdrawalFlag("USDT", "TRON", OPEN),
    WithdrawalFlag("USDC", "ETHEREUM", CLOSED),
    WithdrawalFlag("USDC", "SOLANA", OPEN),
    WithdrawalFlag("SOL", "SOLANA", OPEN),
    WithdrawalFlag("XRP", "XRPL", OPEN),
    WithdrawalFlag("TRX", "TRON", CLOSED),
)
"""Something of everything, in the order that readings have."""

BY_EXCHANGE = {adapter.exchange: adapter for adapter in ADAPTERS}
TWIN_BY_EXCHANGE = {twin.exchange: twin for twin in TWINS}


def sample(exchange: str) -> Any:
    """Return the recorded, altered or composed body of an exchange; the file says which of these it is."""
    return json.loads((SAMPLES / f"{exchange}.json").read_text(encoding="utf-8"))["body"]


async def collected(adapter: WithdrawalAdapter, body: bytes) -> FlagCollector:
    """Return what an adapter reads; raise what it raises."""
    collector = FlagCollector()
    await collector.add(adapter.parse(body))
    return collector
