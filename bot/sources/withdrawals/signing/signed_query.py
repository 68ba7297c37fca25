"""The scheme of Binance, MEXC and BingX: HMAC-SHA256 of the query in hexadecimal digits, which is appended to it.

Example: `/sapi/v1/capital/config/getall?recvWindow=30000&timestamp=1700000000123&signature=…`, with the key in a
header. `recvWindow` is for how many milliseconds the exchange takes the request, counted from its timestamp.

- https://developers.binance.com/docs/binance-spot-api-docs/rest-api/request-security
- https://www.mexc.com/api-docs/spot-v3/general-info
- https://bingx-api.github.io/docs/spot/authentication.html
"""

import hmac
from datetime import datetime, timedelta

from bot.domain.exchange_key import ExchangeKey
from bot.sources.withdrawals.signing.signature import Signature, SigningScheme, milliseconds


def query_signature(secret: str, query: str) -> str:
    """Return the signature of a whole query, without its question mark."""
    return hmac.new(secret.encode(), query.encode(), "sha256").hexdigest()


def signed_query(key_header: str, *, valid_for: timedelta) -> SigningScheme:
    """Return the scheme of the exchange that expects the key in `key_header`."""
    window_ms = valid_for // timedelta(milliseconds=1)

    def sign(key: ExchangeKey, at: datetime, target: str) -> Signature:
        # In alphabetical order, which BingX asks for in some places; the other two take any.
        own = target.partition("?")[2]
        stamped = f"recvWindow={window_ms}&timestamp={milliseconds(at)}"
        signature = query_signature(key.secret, f"{own}&{stamped}" if own else stamped)
        return Signature({key_header: key.key}, query=f"{stamped}&signature={signature}")

    return sign
