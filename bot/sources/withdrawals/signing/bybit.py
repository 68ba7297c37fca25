"""Bybit's scheme: HMAC-SHA256 of time, key, window and query in hexadecimal digits, all of them in headers.

Example: "1700000000123" + key + "30000" + "coin=BTC" is signed for `/v5/asset/coin/query-info?coin=BTC`; without a
query the text ends with the window. https://bybit-exchange.github.io/docs/v5/guide#authentication
"""

import hmac
from datetime import datetime

from bot.domain.exchange_key import ExchangeKey
from bot.sources.withdrawals.signing.signature import Signature, milliseconds

_VALID_FOR_MS = 30_000  # 5,000 where none is named; a request that only reads may well be late, or a clock slow


def sign_bybit(key: ExchangeKey, at: datetime, target: str, *, valid_for_ms: int = _VALID_FOR_MS) -> Signature:
    """Return the signature of a GET."""
    query = target.partition("?")[2]
    signed = f"{milliseconds(at)}{key.key}{valid_for_ms}{query}"
    return Signature(
        {
            "X-BAPI-API-KEY": key.key,
            "X-BAPI-TIMESTAMP": str(milliseconds(at)),
            "X-BAPI-RECV-WINDOW": str(valid_for_ms),
            "X-BAPI-SIGN": hmac.new(key.secret.encode(), signed.encode(), "sha256").hexdigest(),
        }
    )
