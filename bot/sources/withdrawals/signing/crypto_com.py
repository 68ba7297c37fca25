"""Crypto.com's scheme: a JSON body that names the method, the key and the time, and holds the signature of them.

Example: for `/exchange/v1/private/get-currency-networks` the text "private/get-currency-networks" + id + key + nonce is
signed with HMAC-SHA256; parameters would stand between key and nonce, and there are none.
https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#digital-signature
"""

import hmac
import json
from datetime import datetime

from bot.domain.exchange_key import ExchangeKey
from bot.sources.withdrawals.signing.signature import Signature, milliseconds


def sign_crypto_com(key: ExchangeKey, at: datetime, target: str) -> Signature:
    """Return the content of a POST; the method is the path from `private/` on."""
    nonce = milliseconds(at)
    method = target[target.index("private/") :]
    signed = f"{method}{nonce}{key.key}{nonce}"
    content = {
        "id": nonce,
        "method": method,
        "params": {},
        "api_key": key.key,
        "sig": hmac.new(key.secret.encode(), signed.encode(), "sha256").hexdigest(),
        "nonce": nonce,
    }
    return Signature({"Content-Type": "application/json"}, content=json.dumps(content).encode())
