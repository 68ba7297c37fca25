"""Ethereum by a JSON-RPC node: all wallets of an exchange at one block, in a few calls of Multicall3.

A round: the newest block is asked for, and the one three before it is read, which also those nodes behind a shared
address have that are a moment behind. Every call names that block, and its first answer has to be its number. In the
end the block has to be the one it was: where another took its place the round is discarded, as it is where anything
was not told. https://ethereum.org/developers/docs/apis/json-rpc has the methods.

WETH counts as ETH, as the source of reserves counts it. What is staked, lent, or held by a contract is not seen.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from typing_extensions import override

from bot.domain.errors import SourceError, SourceFault
from bot.domain.own_reading import ETHEREUM, OutgoingTimes, OwnRound, WalletBalance
from bot.ports.chain import ChainSource
from bot.ports.sources import Clock
from bot.sources.chain.faults import without_address
from bot.sources.chain.multicall import MULTICALL3, block_number, decoded, encoded, eth_balance, token_balance
from bot.sources.http import Http
from bot.sources.http_types import FetchLimits, OutgoingRequest

SETTING = "ETH_RPC_URL"
WALLETS_A_CALL = 100
"""400 balances of some 20,000 gas each are 8 million; nodes allow a call 50 million (geth's --rpc.gascap) or more."""

_TOKENS = {
    # As https://etherscan.io/tokens has them: (asset, contract, decimals).
    "WETH": ("ETH", "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2", 18),
    "USDT": ("USDT", "0xdac17f958d2ee523a2206206994597c13d831ec7", 6),
    "USDC": ("USDC", "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48", 6),
}
_ETH_DECIMALS = 18
_MOST_UNITS = 10**12  # of any of these assets in one wallet: more than there is
_BLOCKS_BEHIND = 3
_OLDEST_BLOCK = timedelta(minutes=30)  # there is one every 12 s: a node that lags further does not follow the chain
_LIMIT_EXCEEDED = -32005  # https://eips.ethereum.org/EIPS/eip-1474#error-codes
_LIMITS = FetchLimits(timedelta(seconds=30), wire_bytes=2 << 20, plain_bytes=2 << 20, in_all=timedelta(seconds=75))

_Result = TypeVar("_Result")
_Quantity = Annotated[str, msgspec.Meta(pattern="^0x[0-9a-f]{1,16}$")]


class _NodeError(msgspec.Struct):
    code: int


class _NodeAnswer(msgspec.Struct, Generic[_Result]):
    id: int
    result: _Result | None = None
    error: _NodeError | None = None


class _BlockHead(msgspec.Struct):
    number: _Quantity
    hash: Annotated[str, msgspec.Meta(pattern="^0x[0-9a-f]{64}$")]
    timestamp: _Quantity


_QUANTITY = msgspec.json.Decoder(_NodeAnswer[_Quantity])
_BLOCK = msgspec.json.Decoder(_NodeAnswer[_BlockHead])
_DATA = msgspec.json.Decoder(_NodeAnswer[str])


class EthereumSource(ChainSource):
    """Reads Ethereum wallets; `url` is the whole address of the node."""

    chain = ETHEREUM
    most_wallets: int | None = None
    interval = timedelta(minutes=30)

    def __init__(self, http: Http, clock: Clock, url: str, *, limits: FetchLimits = _LIMITS) -> None:
        self._http = http
        self._clock = clock
        self._url = url
        self._limits = limits
        self._ids = count(1)

    @override
    async def read(self, exchange: str, wallets: Sequence[str]) -> OwnRound:
        with without_address(SETTING, self._url):
            newest = _number(await self._ask(_QUANTITY, "eth_blockNumber"))
            block = await self._block(max(0, newest - _BLOCKS_BEHIND))
            self._check_age(block)
            balances: list[WalletBalance] = []
            for start in range(0, len(wallets), WALLETS_A_CALL):
                balances += await self._balances(wallets[start : start + WALLETS_A_CALL], block)
            if (await self._block(_number(block.number))).hash != block.hash:
                raise SourceError(SourceFault.VALUES_DISAGREE, "another block took the place of the one that was read")
        return OwnRound(exchange, self.chain, _time(block), tuple(balances), block=_number(block.number))

    @override
    async def outgoing(self, wallet: str) -> OutgoingTimes | None:
        """Return None: a node tells no transactions of a wallet."""
        del wallet
        return None

    async def _block(self, number: int) -> _BlockHead:
        block = await self._ask(_BLOCK, "eth_getBlockByNumber", hex(number), False)  # noqa: FBT003 — the node's own order: without the transactions
        if _number(block.number) != number:
            raise SourceError(SourceFault.BAD_SHAPE, f"block {_number(block.number)} in place of {number}")
        return block

    def _check_age(self, block: _BlockHead) -> None:
        age = self._clock.now() - _time(block)
        if not -_OLDEST_BLOCK <= age <= _OLDEST_BLOCK:
            hours = abs(age) / timedelta(hours=1)
            raise SourceError(SourceFault.BAD_SHAPE, f"its newest block is {hours:.1f} h away from now")

    async def _balances(self, wallets: Sequence[str], block: _BlockHead) -> Sequence[WalletBalance]:
        calls = [block_number()]
        for wallet in wallets:
            calls += [eth_balance(wallet), *(token_balance(contract, wallet) for _, contract, _ in _TOKENS.values())]
        answer = await self._ask(_DATA, "eth_call", {"to": MULTICALL3, "data": encoded(calls)}, block.number)
        at, *numbers = decoded(answer, len(calls))
        if at != _number(block.number):
            raise SourceError(SourceFault.BAD_SHAPE, f"answered at block {at} in place of {_number(block.number)}")
        width = 1 + len(_TOKENS)
        return [
            _balance(wallet, numbers[row * width : (row + 1) * width]) for row, wallet in enumerate(wallets)
        ]  # fmt: skip

    async def _ask(self, answers: "msgspec.json.Decoder[_NodeAnswer[_Result]]", method: str, *params: Any) -> _Result:
        asked = next(self._ids)
        content = msgspec.json.encode({"jsonrpc": "2.0", "id": asked, "method": method, "params": params})
        headers = {"Content-Type": "application/json"}
        body = await self._http.send(OutgoingRequest(self._url, "POST", headers, content), limits=self._limits)
        answer = answers.decode(body.content)
        if answer.error:
            fault = SourceFault.RATE_LIMITED if answer.error.code == _LIMIT_EXCEEDED else SourceFault.BAD_SHAPE
            raise SourceError(fault, f"{method}: error {answer.error.code}")
        if answer.id != asked or answer.result is None:
            raise SourceError(SourceFault.BAD_SHAPE, f"{method}: the answer to another question, or none")
        return answer.result


def _balance(wallet: str, numbers: Sequence[int]) -> WalletBalance:
    held = [("ETH", _ETH_DECIMALS), *((asset, decimals) for asset, _, decimals in _TOKENS.values())]
    amounts: dict[str, float] = {}
    for (asset, decimals), number in zip(held, numbers, strict=True):
        if number > _MOST_UNITS * 10**decimals:
            raise SourceError(SourceFault.BAD_SHAPE, "an amount that cannot be")
        amounts[asset] = amounts.get(asset, 0.0) + number / 10**decimals
    return WalletBalance(wallet, amounts)


def _number(quantity: str) -> int:
    return int(quantity, 16)


def _time(block: _BlockHead) -> datetime:
    seconds = _number(block.timestamp)
    if seconds > 2**32:  # in 2106; a datetime has an end, too
        raise SourceError(SourceFault.BAD_SHAPE, "a time of a block that cannot be")
    return datetime.fromtimestamp(seconds, UTC)
