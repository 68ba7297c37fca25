"""OKX's scheme: HMAC-SHA256 of time, method and path in base64, beside key and passphrase in headers.

Example: at 2023-11-14T22:13:20.123Z the text "2023-11-14T22:13:20.123ZGET/api/v5/asset/currencies" is signed. The
request is taken for 30 seconds. https://www.okx.com/docs-v5/en/#overview-rest-authentication
"""

import hmac
from base64 import b64encode
from datetime import UTC, datetime

from bot.domain.exchange_key import ExchangeKey
from bot.sources.withdrawals.signing.signature import Signature


def sign_okx(key: ExchangeKey, at: datetime, target: str) -> Signature:
    """Return the signature of a GET."""
    written = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    digest = hmac.new(key.secret.encode(), f"{written}GET{target}".encode(), "sha256").digest()
    return Signature(
        {
            "OK-ACCESS-KEY": key.key,
            "OK-ACCESS-SIGN": b64encode(digest).decode(),
            "OK-ACCESS-TIMESTAMP": written,
            "OK-ACCESS-PASSPHRASE": key.passphrase,
        }
    )
