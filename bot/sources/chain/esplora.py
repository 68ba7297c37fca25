"""Bitcoin by an Esplora server, one request for each wallet: the operator's own electrs, or a public one.

blockstream.info allows 700 requests an hour and address. With 6 s between two of them there are 600, and a hundred are
left for those that are tried again. An hour of rounds has 15 exchanges of 36 wallets and one request each for the hot
wallet, 555 in all; the full round of each day adds 35 an hour. So a round reads at most 36 wallets.

Esplora pins no block: the wallets of a round are read within minutes of each other, and coins that move between two of
them meanwhile may count twice or not at all.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from typing_extensions import override

from bot.domain.own_reading import BITCOIN, OutgoingTimes, OwnRound
from bot.ports.chain import ChainSource
from bot.ports.sources import Clock
from bot.sources.chain.esplora_bodies import outgoing_times, wallet_balance
from bot.sources.chain.faults import without_address
from bot.sources.http import Http
from bot.sources.http_types import FetchLimits

SPACING = timedelta(seconds=6)
WALLETS_A_ROUND = 36
SETTING = "ESPLORA_URL"

# An address has a few hundred bytes. 25 transactions of a hot wallet, each with hundreds of receivers, have a megabyte.
_LIMITS = FetchLimits(
    timedelta(seconds=20),
    wire_bytes=4 << 20,
    plain_bytes=8 << 20,
    in_all=timedelta(seconds=60),
    stall=timedelta(seconds=15),
)


class EsploraSource(ChainSource):
    """Reads Bitcoin wallets; `url` is what stands before `/address`. By the loop's time, `spacing` is between requests.

    A round ends with the first wallet that is not told, for it would be discarded anyway.
    """

    chain = BITCOIN
    most_wallets: int | None = WALLETS_A_ROUND
    interval = timedelta(hours=1)

    def __init__(
        self, http: Http, clock: Clock, url: str, *, spacing: timedelta = SPACING, limits: FetchLimits = _LIMITS
    ) -> None:
        self._http = http
        self._clock = clock
        self._limits = limits
        self._url = url.rstrip("/")
        self._spacing_s = spacing.total_seconds()
        self._next_s = 0.0

    @override
    async def read(self, exchange: str, wallets: Sequence[str]) -> OwnRound:
        balances = []
        for wallet in wallets:
            with without_address(SETTING, self._url):
                balances.append(wallet_balance(await self._body(f"/address/{wallet}"), wallet))
        return OwnRound(exchange, self.chain, self._clock.now(), tuple(balances))

    @override
    async def outgoing(self, wallet: str) -> OutgoingTimes:
        with without_address(SETTING, self._url):
            body = await self._body(f"/address/{wallet}/txs")
            return outgoing_times(body, wallet, self._clock.now())

    async def _body(self, path: str) -> bytes:
        now_s = asyncio.get_running_loop().time()
        turn_s = max(now_s, self._next_s)
        self._next_s = turn_s + self._spacing_s
        await asyncio.sleep(turn_s - now_s)
        body = await self._http.fetch(f"{self._url}{path}", limits=self._limits)
        return body.content if body else b""
