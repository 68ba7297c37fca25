"""Each scheme against a signature that somebody else computed: the exchange's documentation, else ccxt 4.5.90.

The vectors of ccxt are what its own `sign` returned for this key, secret, passphrase and time, run apart from this
project.
"""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.domain.exchange_key import ExchangeKey
from bot.sources.http_types import OutgoingRequest
from bot.sources.withdrawals.adapter import ExchangeInterface
from bot.sources.withdrawals.signing.bybit import sign_bybit
from bot.sources.withdrawals.signing.crypto_com import sign_crypto_com
from bot.sources.withdrawals.signing.okx import sign_okx
from bot.sources.withdrawals.signing.signature import Signature, milliseconds, signer
from bot.sources.withdrawals.signing.signed_query import query_signature, signed_query
from tests.clocks import HandMovedClock

KEY = ExchangeKey("an-api-key", "an-api-secret", "a-passphrase")
AT = datetime(2023, 11, 14, 22, 13, 20, 123_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("secret", "query", "signature"),
    [
        pytest.param(  # https://developers.binance.com/docs/binance-spot-api-docs/rest-api/request-security
            "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j",
            "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000"
            "&timestamp=1499827319559",
            "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71",
            id="binance",
        ),
        pytest.param(  # https://www.mexc.com/api-docs/spot-v3/general-info, example 2
            "45d0b3c26f2644f19bfb98b07741b2f5",
            "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=11&recvWindow=5000&timestamp=1644489390087",
            "fd3e4e8543c5188531eb7279d68ae7d26a573d0fc5ab0d18eb692451654d837a",
            id="mexc",
        ),
        pytest.param(  # https://bingx-api.github.io/docs/spot/authentication.html
            "UuGuyEGt6ZEkpUObCYCmIfh0elYsZVh80jlYwpJuRZEw70t6vomMH7Sjmf94ztSI",
            "quoteOrderQty=20&side=BUY&symbol=ETHUSDT&timestamp=1649404670162&type=MARKET",
            "428a3c383bde514baff0d10d3c20e5adfaacaf799e324546dafe5ccc480dd827",
            id="bingx",
        ),
    ],
)
def test_a_query_has_the_documented_signature(secret: str, query: str, signature: str) -> None:
    assert query_signature(secret, query) == signature


def test_a_signed_query_is_the_one_of_ccxt() -> None:
    sign = signed_query("X-BX-APIKEY", valid_for=timedelta(seconds=5))
    signature = sign(KEY, AT, "/openApi/wallets/v1/capital/config/getall")

    assert signature == Signature(
        {"X-BX-APIKEY": "an-api-key"},
        query="recvWindow=5000&timestamp=1700000000123"
        "&signature=358631fa196973c862d942128c1418729e98cbfc6c5cb8357157b078300f9af2",
    )


def test_a_query_that_is_there_already_is_signed_as_well() -> None:
    sign = signed_query("X-MBX-APIKEY", valid_for=timedelta(seconds=5))
    signed = query_signature("an-api-secret", "coin=BTC&recvWindow=5000&timestamp=1700000000123")

    assert sign(KEY, AT, "/path?coin=BTC").query == f"recvWindow=5000&timestamp=1700000000123&signature={signed}"


def test_okx_gets_the_signature_of_ccxt() -> None:
    signature = sign_okx(KEY, AT, "/api/v5/asset/currencies?ccy=BTC")

    assert signature == Signature(
        {
            "OK-ACCESS-KEY": "an-api-key",
            "OK-ACCESS-SIGN": "foY8WJ/xEIYcObPrxqAm8KDjiUSw7X0ZZwXqf/AqaX8=",
            "OK-ACCESS-TIMESTAMP": "2023-11-14T22:13:20.123Z",
            "OK-ACCESS-PASSPHRASE": "a-passphrase",
        }
    )


def test_okx_gets_universal_time_from_a_clock_elsewhere() -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=9)))

    assert sign_okx(KEY, elsewhere, "/path") == sign_okx(KEY, AT, "/path")


def test_bybit_gets_the_signature_of_ccxt() -> None:
    signature = sign_bybit(KEY, AT, "/v5/asset/coin/query-info?coin=BTC", valid_for_ms=5000)

    assert signature == Signature(
        {
            "X-BAPI-API-KEY": "an-api-key",
            "X-BAPI-TIMESTAMP": "1700000000123",
            "X-BAPI-RECV-WINDOW": "5000",
            "X-BAPI-SIGN": "18c4c6495afee106259099e249105e2864f299f795c914ceedcc7db735904544",
        }
    )


def test_crypto_com_gets_the_signature_of_ccxt() -> None:
    signature = sign_crypto_com(KEY, AT, "/exchange/v1/private/get-currency-networks")

    assert signature.headers == {"Content-Type": "application/json"}
    assert json.loads(signature.content or b"") == {
        "id": 1700000000123,
        "method": "private/get-currency-networks",
        "params": {},
        "api_key": "an-api-key",
        "sig": "31d9140d4083f6374f15617dcfdf1ad19c1937c820e45078cd9347893e68562e",
        "nonce": 1700000000123,
    }


def test_milliseconds_lose_nothing_to_floating_point() -> None:
    assert milliseconds(datetime(2026, 9, 13, 12, 26, 40, 999_999, tzinfo=UTC)) == 1_789_302_400_999


def test_a_mirror_in_a_path_of_its_own_changes_no_signature() -> None:
    """What the exchange sees is `/api/v5/…`, whatever stands in front of it at the base address."""
    interface = ExchangeInterface(
        exchange="okx", name="OKX", setting="okx_url", base="http://mirror.example/okx", path="/api/v5/asset/currencies"
    )
    clock = HandMovedClock(AT)

    signed = signer(sign_okx, interface, KEY, clock)(interface.request())

    assert signed.url == "http://mirror.example/okx/api/v5/asset/currencies"
    assert signed.headers == sign_okx(KEY, AT, "/api/v5/asset/currencies").headers


@pytest.mark.parametrize(("query", "joined"), [({}, "?"), ({"coin": "BTC"}, "?coin=BTC&")])
def test_a_signature_is_appended_to_the_query(query: dict[str, str], joined: str) -> None:
    scheme = signed_query("X-MBX-APIKEY", valid_for=timedelta(seconds=5))
    interface = ExchangeInterface(
        exchange="binance", name="Binance", setting="binance_url", base="http://api.example", path="/path", query=query
    )

    signed = signer(scheme, interface, KEY, HandMovedClock(AT))(interface.request())

    assert signed.url.startswith(f"http://api.example/path{joined}recvWindow=5000&timestamp=1700000000123&signature=")
    assert signed.headers == {"X-MBX-APIKEY": "an-api-key"}


def test_every_attempt_is_signed_as_of_its_own_time() -> None:
    interface = ExchangeInterface(
        exchange="okx", name="OKX", setting="okx_url", base="http://api.example", path="/path"
    )
    clock = HandMovedClock(AT)
    sign = signer(sign_okx, interface, KEY, clock)

    first = sign(interface.request())
    clock.advance(timedelta(seconds=40))

    assert first.headers["OK-ACCESS-TIMESTAMP"] == "2023-11-14T22:13:20.123Z"
    assert sign(interface.request()).headers["OK-ACCESS-TIMESTAMP"] == "2023-11-14T22:14:00.123Z"


def test_nothing_of_a_signed_request_shows_where_it_is_printed() -> None:
    interface = ExchangeInterface(
        exchange="crypto-com",
        name="Crypto.com",
        setting="cryptocom_url",
        base="http://api.example",
        path="/exchange/v1/private/get-currency-networks",
    )
    request: OutgoingRequest = signer(sign_crypto_com, interface, KEY, HandMovedClock(AT))(interface.request())
    shown = f"{request!r} {sign_okx(KEY, AT, '/path')!r}"

    assert not any(part in shown for part in ("an-api-key", "an-api-secret", "a-passphrase"))
