"""Routes of a local server: what stablecoins cost and how many there are, in the formats of the sources of prices.

Example: with `COINS_URL=http://127.0.0.1:8182/coins` and `KRAKEN_URL=…/kraken` the bot asks
`/coins/prices/current/coingecko:usd-coin` and `/kraken/0/public/Ticker?pair=USDCUSD`. An unknown coin is absent from
DefiLlama's answer; at Kraken it is an error that comes with HTTP 200, at Coinbase and Binance one with 4xx.
"""

from collections.abc import Awaitable, Callable, Mapping

import msgspec
from aiohttp import web

from bot.ports.sources import Clock
from bot.replay.episode import Episode
from bot.replay.prices import multiple_at

# The two that every exchange of an episode holds; amounts of March 2023, rounded.
_SUPPLIES = {"USDT": ("tether", "Tether", 70e9), "USDC": ("usd-coin", "USD Coin", 43e9)}
_HALF_SPREAD = 0.0001
_AGES_S = 60  # an index is made once a minute


class MarketBodies:
    """What the sources of prices would answer in an episode, as of `clock.now()`."""

    def __init__(self, episode: Episode, clock: Clock) -> None:
        self._episode = episode
        self._clock = clock

    def supplies(self, _: web.Request) -> web.Response:
        """Return the list of stablecoins; nobody hands any back."""
        return _json({"peggedAssets": [_row(number, symbol) for number, symbol in enumerate(_SUPPLIES, 1)]})

    def prices(self, request: web.Request) -> web.Response:
        """Return the index's prices of the coins that are asked for, in the time that was a minute ago."""
        asked = request.match_info["coins"].split(",")
        at = int(self._clock.now().timestamp()) - _AGES_S
        rows = {f"coingecko:{id_}": (symbol, self._usd(symbol)) for symbol, (id_, _, _) in _SUPPLIES.items()}
        return _json(
            {
                "coins": {
                    coin: {"price": round(usd, 6), "symbol": symbol, "timestamp": at, "confidence": 0.99}
                    for coin, (symbol, usd) in rows.items()
                    if coin in asked
                }
            }
        )

    def kraken(self, request: web.Request) -> web.Response:
        """Return Kraken's ticker of a dollar market."""
        symbol = request.query.get("pair", "").removesuffix("USD")
        if symbol not in _SUPPLIES:
            return _json({"error": ["EQuery:Unknown asset pair"]})
        bid, ask = self._book(symbol)
        levels = {"a": [ask, "1", "1.000"], "b": [bid, "2", "2.000"], "c": [bid, "0.1"]}
        return _json({"error": [], "result": {f"{symbol}ZUSD": levels}})

    def coinbase(self, request: web.Request) -> web.Response:
        """Return Coinbase's ticker of USDT, the only coin with a dollar market there."""
        if request.match_info["product"] != "USDT-USD":
            return _json({"message": "NotFound"}, status=404)
        bid, ask = self._book("USDT")
        return _json({"price": bid, "bid": bid, "ask": ask, "time": f"{self._clock.now():%Y-%m-%dT%H:%M:%S.%fZ}"})

    def binance(self, _: web.Request) -> web.Response:
        """Return that there is no such market: it had none of USDC from September 2022 to March 2023."""
        return _json({"code": -1121, "msg": "Invalid symbol."}, status=400)

    def _usd(self, symbol: str) -> float:
        path = self._episode.pegs.get(symbol)
        return multiple_at(path, self._clock.now()) if path else 1.0

    def _book(self, symbol: str) -> tuple[str, str]:
        usd = self._usd(symbol)
        return f"{usd - _HALF_SPREAD:.6f}", f"{usd + _HALF_SPREAD:.6f}"


def market_routes(bodies: MarketBodies) -> list[web.RouteDef]:
    """Return the routes of all sources of prices, each below a prefix of its own."""
    return [
        web.get("/stablecoins/stablecoins", _handler(bodies.supplies)),
        web.get("/coins/prices/current/{coins}", _handler(bodies.prices)),
        web.get("/kraken/0/public/Ticker", _handler(bodies.kraken)),
        web.get("/coinbase/products/{product}/ticker", _handler(bodies.coinbase)),
        web.get("/binance/api/v3/ticker/24hr", _handler(bodies.binance)),
    ]


def market_settings(url: str) -> Mapping[str, str]:
    """Return the addresses below `url` by the settings that they are values for."""
    prefixes = ("stablecoins", "coins", "kraken", "coinbase", "binance")
    return {f"{prefix}_url": f"{url}/{prefix}" for prefix in prefixes}


def _handler(answer: Callable[[web.Request], web.Response]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        return answer(request)

    return handle


def _row(number: int, symbol: str) -> dict[str, object]:
    id_, name, usd = _SUPPLIES[symbol]
    amount = {"peggedUSD": usd}
    return {
        "id": str(number),
        "name": name,
        "symbol": symbol,
        "gecko_id": id_,
        "pegType": "peggedUSD",
        "pegMechanism": "fiat-backed",
        "priceSource": "defillama",
        "circulating": amount,
        "circulatingPrevDay": amount,
        "circulatingPrevWeek": amount,
        "circulatingPrevMonth": {},
        "chainCirculating": {"Ethereum": {"current": amount, "circulatingPrevWeek": amount}},
        "chains": ["Ethereum"],
        "price": None,
    }


def _json(body: object, *, status: int = 200) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(body), content_type="application/json")
