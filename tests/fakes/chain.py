"""An Esplora server and a JSON-RPC node on the loopback interface, with every fault by name.

    async with FakeChain(clock) as chain:
        chain.bitcoin["bc1q…"] = FakeWallet(150_000_000, spent=4, left=[NOON])
        chain.ethereum["0x…"] = {"ETH": 10**18}
        chain.fault = ChainFault.HTML

The node is written apart from the code that asks it: it reads a call word by word. `requests` are the paths and methods
that were asked, `key` stands in the node's address and must be seen nowhere else.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import Any

import msgspec
from aiohttp import web

from bot.http_server import WebServer
from bot.ports.sources import Clock

_CONTRACTS = {
    "ca11bde05977b3631167028862be2a173976ca11": "multicall",
    "c02aaa39b223fe8d0a0e5c4f27ead9083c756cc2": "WETH",
    "dac17f958d2ee523a2206206994597c13d831ec7": "USDT",
    "a0b86991c6218b36c1d19d4a2e9eb0ce3606eb48": "USDC",
}
_HEAD = 20_000_000


class ChainFault(Enum):
    """What is wrong with every answer while it is set, or with the one after `faulty_after` others."""

    RATE_LIMITED = auto()
    REFUSED = auto()
    HTML = auto()
    SERVER_ERROR = auto()
    SLOW = auto()
    HUGE = auto()
    CUT_BODY = auto()
    DEEP = auto()
    OTHER_WALLET = auto()
    # Of the node alone.
    FEWER_ANSWERS = auto()
    FAILED_CALL = auto()
    WRONG_BLOCK = auto()
    OTHER_HEAD = auto()
    REPLACED_BLOCK = auto()
    NO_CONTRACT = auto()
    ERROR = auto()
    LIMIT = auto()
    OTHER_ID = auto()
    OLD_BLOCK = auto()
    FAR_TIME = auto()
    TOO_MUCH = auto()


@dataclass(slots=True)
class FakeWallet:
    """What a Bitcoin wallet has got and not spent, in satoshis, how much it has spent, and when that left."""

    satoshis: int
    spent: int = 0
    left: Sequence[datetime] = ()


@dataclass(slots=True)
class _Word:
    """Reads the words of a call."""

    data: str
    place: int = field(default=0)

    def take(self, words: int = 1) -> str:
        taken = self.data[self.place : self.place + 64 * words]
        self.place += 64 * words
        return taken


class FakeChain(WebServer):
    """The servers; `esplora_url` and `rpc_url` are values for the settings."""

    def __init__(self, clock: Clock) -> None:
        self.bitcoin: dict[str, FakeWallet] = {}
        self.ethereum: dict[str, dict[str, int]] = {}
        self.fault: ChainFault | None = None
        self.faulty_after = 0
        self.requests: list[str] = []
        self.key = "a-key-of-the-node"
        self._clock = clock
        routes = [
            web.get("/api/address/{wallet}", self._address),
            web.get("/api/address/{wallet}/txs", self._transactions),
            web.post("/{key}", self._rpc),
        ]
        super().__init__(routes, "127.0.0.1", 0, explain="{}: {}".format, grace=0.1)

    @property
    def esplora_url(self) -> str:
        return "http://{}:{}/api".format(*self.address)

    @property
    def rpc_url(self) -> str:
        return "http://{}:{}/{}".format(*self.address, self.key)

    def _is(self, fault: ChainFault) -> bool:
        return self.fault is fault and len(self.requests) > self.faulty_after

    async def _address(self, request: web.Request) -> web.Response:
        self.requests.append(request.path)
        name = request.match_info["wallet"]
        wallet = self.bitcoin.get(name, FakeWallet(0))
        got = {"funded_txo_count": 9, "funded_txo_sum": wallet.satoshis + 10**9, "spent_txo_count": wallet.spent}
        none = dict.fromkeys(("funded_txo_count", "funded_txo_sum", "spent_txo_count", "spent_txo_sum", "tx_count"), 0)
        told = "bc1qother" if self._is(ChainFault.OTHER_WALLET) else name
        chain = got | {"spent_txo_sum": 10**9, "tx_count": 12}
        return await self._answer({"address": told, "chain_stats": chain, "mempool_stats": none})

    async def _transactions(self, request: web.Request) -> web.Response:
        self.requests.append(request.path)
        name = request.match_info["wallet"]
        return await self._answer(
            [
                {
                    "txid": "00",
                    "vin": [{"prevout": {"scriptpubkey_address": name, "value": 1}}],
                    "vout": [],
                    "status": {"confirmed": True, "block_time": int(at.timestamp())},
                }
                for at in self.bitcoin[name].left
            ]
        )

    async def _rpc(self, request: web.Request) -> web.Response:
        asked = msgspec.json.decode(await request.read())
        self.requests.append(asked["method"])
        result = getattr(self, f"_{asked['method']}")(*asked["params"])
        answer = {"jsonrpc": "2.0", "id": asked["id"] + self._is(ChainFault.OTHER_ID), "result": result}
        for fault, code in ((ChainFault.ERROR, -32000), (ChainFault.LIMIT, -32005)):
            if self._is(fault):
                answer = {"jsonrpc": "2.0", "id": asked["id"], "error": {"code": code, "message": self.key}}
        return await self._answer(answer)

    def _eth_blockNumber(self) -> str:  # noqa: N802 — the method's name
        return hex(_HEAD)

    def _eth_getBlockByNumber(self, number: str, full: bool) -> dict[str, Any]:  # noqa: N802, FBT001 — as above
        assert full is False
        other = self._is(ChainFault.REPLACED_BLOCK)
        at = int(self._clock.now().timestamp()) - 36
        at -= 7200 * self._is(ChainFault.OLD_BLOCK)
        at += 2**40 * self._is(ChainFault.FAR_TIME)
        told = int(number, 16) + self._is(ChainFault.OTHER_HEAD)
        return {"number": hex(told), "hash": "0x" + ("cd" if other else "ab") * 32, "timestamp": hex(at)}

    def _eth_call(self, call: dict[str, str], block: str) -> str:
        assert call["to"] == "0xca11bde05977b3631167028862be2a173976ca11"
        if self._is(ChainFault.NO_CONTRACT):
            return "0x"
        assert call["data"].startswith("0x82ad56cb")
        values = self._values(call["data"][10:], int(block, 16) - self._is(ChainFault.WRONG_BLOCK))
        results = [(1, 32, f"{value:064x}") for value in values]
        if self._is(ChainFault.FEWER_ANSWERS):
            results = results[: len(results) // 2]
        if self._is(ChainFault.FAILED_CALL):
            results[-1] = (0, 0, "")
        bodies = [f"{succeeded:064x}{64:064x}{length:064x}{data}" for succeeded, length, data in results]
        offsets, position = "", 32 * len(bodies)
        for body in bodies:
            offsets += f"{position:064x}"
            position += len(body) // 2
        return f"0x{32:064x}{len(bodies):064x}{offsets}{''.join(bodies)}"

    def _values(self, data: str, block: int) -> list[int]:
        words = _Word(data)
        assert int(words.take(), 16) == 32
        number = int(words.take(), 16)
        offsets = [int(words.take(), 16) for _ in range(number)]
        values = []
        for offset in offsets:
            call = _Word(data, 128 + 2 * offset)
            contract = _CONTRACTS[call.take()[24:]]
            assert (int(call.take(), 16), int(call.take(), 16)) == (1, 96)
            length = int(call.take(), 16)
            sent = call.take(2)[: 2 * length]
            values.append(self._value(contract, sent, block))
        return values

    def _value(self, contract: str, sent: str, block: int) -> int:
        selector, wallet = sent[:8], "0x" + sent[32:]
        if (contract, selector) == ("multicall", "42cbb15c"):
            return block
        assert selector == ("4d2301cc" if contract == "multicall" else "70a08231")
        held = self.ethereum.get(wallet, {}).get("ETH" if contract == "multicall" else contract, 0)
        return 2**255 if self._is(ChainFault.TOO_MUCH) else held

    async def _answer(self, content: Any) -> web.Response:
        if self._is(ChainFault.SLOW):
            await asyncio.sleep(30)
        later = {"Retry-After": "3600"}  # else the client tries three times
        body = msgspec.json.encode(content)
        answers: dict[ChainFault, Callable[[], web.Response]] = {
            ChainFault.RATE_LIMITED: lambda: web.Response(status=429, text="<html>Too Many</html>", headers=later),
            ChainFault.REFUSED: lambda: web.Response(status=401, text=f"invalid project id {self.key}"),
            ChainFault.SERVER_ERROR: lambda: web.Response(status=503, headers=later),
            ChainFault.HTML: lambda: web.Response(text="<html>Checking your browser</html>"),
            ChainFault.HUGE: lambda: web.Response(body=b" " * (9 << 20)),
            ChainFault.DEEP: lambda: web.Response(body=b"[" * 10_000),
            ChainFault.CUT_BODY: lambda: web.Response(body=body[:-2]),
        }
        wrong = next((answer for fault, answer in answers.items() if self._is(fault)), None)
        return wrong() if wrong else web.Response(body=body, content_type="application/json")
