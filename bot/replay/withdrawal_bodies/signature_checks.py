"""How exchanges check a signed request, and what they answer when they do not accept it.

Each check computes the signature again, from what came in and from the documentation, without the code that signed.
Example: a request of Bybit whose time is 40 s old gets 200 with `{"retCode":10002,"retMsg":"invalid request, …"}`.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.domain.exchange_key import ExchangeKey

_AHEAD = timedelta(seconds=1)  # of the exchange's clock; most take no more
_OKX_WINDOW = timedelta(seconds=30)
_CRYPTO_COM_WINDOW = timedelta(seconds=60)
_LONGEST_WINDOW = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """A request as it came in: `query` is undecoded, `path` the exchange's own."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    content: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """The answer to a request that is not accepted."""

    status: int
    body: object


SignatureCheck = Callable[[ReceivedRequest, ExchangeKey], Refusal | None]
"""Returns the answer to a request that is not signed with a key, None where it is."""


def query_check(key_header: str, *, key: Refusal, time: Refusal, signature: Refusal) -> SignatureCheck:
    """Return the check of Binance, MEXC or BingX, which differ in what they answer."""

    def check(request: ReceivedRequest, own: ExchangeKey) -> Refusal | None:
        signed, _, sent = request.query.partition("&signature=")
        parameters = dict(pair.partition("=")[::2] for pair in signed.split("&"))
        if request.headers.get(key_header) != own.key:
            return key
        window = min(timedelta(milliseconds=int(parameters.get("recvWindow", "5000"))), _LONGEST_WINDOW)
        if not _is_timely(parameters.get("timestamp", ""), request.at, window):
            return time
        return None if _same(sent, _hexadecimal(own.secret, signed)) else signature

    return check


def okx_check(request: ReceivedRequest, own: ExchangeKey) -> Refusal | None:
    """Check a request of OKX."""
    headers = request.headers
    if headers.get("OK-ACCESS-KEY") != own.key:
        return Refusal(401, {"msg": "Invalid OK-ACCESS-KEY", "code": "50111"})
    if headers.get("OK-ACCESS-PASSPHRASE") != own.passphrase:
        return Refusal(401, {"msg": "Request header OK-ACCESS-PASSPHRASE incorrect.", "code": "50105"})
    written = headers.get("OK-ACCESS-TIMESTAMP", "")
    try:
        sent_at = datetime.strptime(written, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        return Refusal(401, {"msg": "Invalid OK-ACCESS-TIMESTAMP", "code": "50112"})
    if abs(request.at - sent_at) > _OKX_WINDOW:
        return Refusal(401, {"msg": "Timestamp request expired", "code": "50102"})
    target = f"{request.path}?{request.query}" if request.query else request.path
    message = f"{written}{request.method}{target}{request.content.decode()}"
    digest = hmac.new(own.secret.encode(), message.encode(), hashlib.sha256).digest()
    if not _same(headers.get("OK-ACCESS-SIGN", ""), base64.b64encode(digest).decode()):
        return Refusal(401, {"msg": "Invalid Sign", "code": "50113"})
    return None


def bybit_check(request: ReceivedRequest, own: ExchangeKey) -> Refusal | None:
    """Check a request of Bybit, which answers with HTTP 200 whatever is wrong."""
    headers = request.headers
    stamp, window = headers.get("X-BAPI-TIMESTAMP", ""), headers.get("X-BAPI-RECV-WINDOW", "5000")
    if headers.get("X-BAPI-API-KEY") != own.key:
        return _bybit_refusal(10003, f"API key {headers.get('X-BAPI-API-KEY')} is invalid.")
    if not _is_timely(stamp, request.at, timedelta(milliseconds=int(window))):
        return _bybit_refusal(10002, "invalid request, please check your server timestamp or recv_window param")
    expected = _hexadecimal(own.secret, f"{stamp}{own.key}{window}{request.query}")
    if not _same(headers.get("X-BAPI-SIGN", ""), expected):
        return _bybit_refusal(10004, "error sign! please check your signature generation algorithm.")
    return None


def crypto_com_check(request: ReceivedRequest, own: ExchangeKey) -> Refusal | None:
    """Check a request of Crypto.com, all of whose parts are in its body."""
    body = json.loads(request.content)
    method = request.path.removeprefix("/exchange/v1/")
    if body.get("api_key") != own.key or body.get("method") != method:
        return Refusal(401, {"id": body.get("id"), "method": method, "code": 40101, "message": "UNAUTHORIZED"})
    if not _is_timely(str(body.get("nonce")), request.at, _CRYPTO_COM_WINDOW):
        return Refusal(400, {"id": body.get("id"), "method": method, "code": 40102, "message": "INVALID_NONCE"})
    parameters = "".join(f"{name}{value}" for name, value in sorted(body.get("params", {}).items()))
    expected = _hexadecimal(own.secret, f"{method}{body.get('id')}{own.key}{parameters}{body.get('nonce')}")
    if not _same(str(body.get("sig")), expected):
        return Refusal(401, {"id": body.get("id"), "method": method, "code": 40101, "message": "UNAUTHORIZED"})
    return None


def _bybit_refusal(code: int, message: str) -> Refusal:
    return Refusal(200, {"retCode": code, "retMsg": message, "result": {}, "retExtInfo": {}, "time": 1672194582264})


def _is_timely(stamp: str, now: datetime, window: timedelta) -> bool:
    if not stamp.isdecimal():
        return False
    sent_at = datetime.fromtimestamp(int(stamp) / 1000, UTC)
    return now - window <= sent_at <= now + _AHEAD


def _hexadecimal(secret: str, message: str) -> str:
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()


def _same(sent: str, expected: str) -> bool:
    return hmac.compare_digest(sent.encode(), expected.encode())
