"""The real client asks stand-ins of an Esplora server and of a node, with every fault they may have."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.domain.errors import SourceError, SourceFault
from bot.domain.own_reading import BITCOIN, ETHEREUM, OutgoingTimes, OwnRound, WalletBalance
from bot.sources.chain import esplora, ethereum
from bot.sources.chain.esplora import EsploraSource
from bot.sources.chain.ethereum import EthereumSource
from bot.sources.chain.faults import without_address
from bot.sources.http import Http
from bot.sources.http_types import FetchLimits
from tests.fakes.chain import ChainFault, FakeChain, FakeWallet
from tests.sources.conftest import NOW, StoppedClock

COLD, HOT = "bc1qcold", "bc1qhot"
WALLETS = tuple(f"0x{number:040x}" for number in range(1, 251))
QUICK = FetchLimits(timedelta(seconds=1), wire_bytes=2 << 20, plain_bytes=2 << 20, in_all=timedelta(seconds=1))
NO_WAIT = timedelta()


@pytest.fixture
async def chain(clock: StoppedClock) -> AsyncIterator[FakeChain]:
    async with FakeChain(clock) as server:
        yield server


@pytest.fixture
def bitcoin(http: Http, chain: FakeChain, clock: StoppedClock) -> EsploraSource:
    chain.bitcoin = {
        COLD: FakeWallet(56_000_000_000_000),
        HOT: FakeWallet(150_000_000, 400, [NOW - timedelta(hours=1)]),
    }
    return EsploraSource(http, clock, f"{chain.esplora_url}/", spacing=NO_WAIT, limits=QUICK)


@pytest.fixture
def node(http: Http, chain: FakeChain, clock: StoppedClock) -> EthereumSource:
    chain.ethereum = {
        WALLETS[0]: {"ETH": 3 * 10**18, "WETH": 10**17, "USDT": 5_000_000},
        WALLETS[249]: {"USDC": 7_250_000},
    }
    return EthereumSource(http, clock, chain.rpc_url, limits=QUICK)


async def test_bitcoin_wallets_are_read_one_by_one(bitcoin: EsploraSource, chain: FakeChain) -> None:
    assert await bitcoin.read("binance", (COLD, HOT)) == OwnRound(
        "binance", BITCOIN, NOW, (WalletBalance(COLD, {"BTC": 560_000}), WalletBalance(HOT, {"BTC": 1.5}, 400))
    )
    assert chain.requests == [f"/api/address/{COLD}", f"/api/address/{HOT}"]


async def test_when_transactions_left_is_asked_of_one_wallet(bitcoin: EsploraSource) -> None:
    assert await bitcoin.outgoing(HOT) == OutgoingTimes(HOT, NOW, (NOW - timedelta(hours=1),))


async def test_requests_keep_their_distance(http: Http, chain: FakeChain, clock: StoppedClock) -> None:
    source = EsploraSource(http, clock, chain.esplora_url, spacing=timedelta(seconds=0.2), limits=QUICK)
    begun = time.monotonic()

    await source.read("binance", ("a", "b"))
    await asyncio.gather(source.read("okx", ("c",)), source.read("gate", ("d",)))

    assert time.monotonic() - begun >= 3 * 0.2


def test_an_hour_of_rounds_stays_below_what_a_public_server_allows() -> None:
    exchanges, listed = 15, 849
    full_rounds = listed / 24

    assert exchanges * (esplora.WALLETS_A_ROUND + 1) + full_rounds <= timedelta(hours=1) / esplora.SPACING <= 600


async def test_all_wallets_of_an_exchange_are_read_at_one_block(node: EthereumSource, chain: FakeChain) -> None:
    read = await node.read("okx", WALLETS)

    assert (read.exchange, read.chain, read.block) == ("okx", ETHEREUM, 19_999_997)
    assert read.as_of == NOW - timedelta(seconds=36)
    nothing = {"ETH": 0.0, "USDT": 0.0, "USDC": 0.0}
    assert read.wallets[0] == WalletBalance(WALLETS[0], {"ETH": 3.1, "USDT": 5, "USDC": 0})
    assert read.wallets[1] == WalletBalance(WALLETS[1], nothing)
    assert read.wallets[249] == WalletBalance(WALLETS[249], nothing | {"USDC": 7.25})
    block = "eth_getBlockByNumber"
    assert chain.requests == ["eth_blockNumber", block, "eth_call", "eth_call", "eth_call", block]
    assert await node.outgoing(WALLETS[0]) is None


OF_BOTH = {
    ChainFault.RATE_LIMITED: (SourceFault.RATE_LIMITED, "HTTP 429"),
    ChainFault.REFUSED: (SourceFault.BLOCKED, "HTTP 401"),
    ChainFault.SERVER_ERROR: (SourceFault.SERVER_ERROR, "HTTP 503"),
    ChainFault.HTML: (SourceFault.NOT_JSON, ""),
    ChainFault.HUGE: (SourceFault.TOO_LARGE, "more than 2 MB on the wire"),
    ChainFault.CUT_BODY: (SourceFault.NOT_JSON, ""),
}
OF_THE_NODE = OF_BOTH | {
    ChainFault.SLOW: (SourceFault.TIMEOUT, "ETH_RPC_URL does not answer in time"),
    ChainFault.DEEP: (SourceFault.BAD_SHAPE, "Expected `object`, got `array`"),
    ChainFault.FEWER_ANSWERS: (SourceFault.CUT_SHORT, "200 answers to 401 calls"),
    ChainFault.FAILED_CALL: (SourceFault.BAD_SHAPE, "1 of 401 calls failed"),
    ChainFault.WRONG_BLOCK: (SourceFault.BAD_SHAPE, "answered at block 19999996 in place of 19999997"),
    ChainFault.OTHER_HEAD: (SourceFault.BAD_SHAPE, "block 19999998 in place of 19999997"),
    ChainFault.NO_CONTRACT: (SourceFault.BAD_SHAPE, "no Multicall3 contract answers on the chain of this node"),
    ChainFault.ERROR: (SourceFault.BAD_SHAPE, "eth_blockNumber: error -32000"),
    ChainFault.LIMIT: (SourceFault.RATE_LIMITED, "eth_blockNumber: error -32005"),
    ChainFault.OTHER_ID: (SourceFault.BAD_SHAPE, "eth_blockNumber: the answer to another question, or none"),
    ChainFault.OLD_BLOCK: (SourceFault.BAD_SHAPE, "its newest block is 2.0 h away from now"),
    ChainFault.FAR_TIME: (SourceFault.BAD_SHAPE, "a time of a block that cannot be"),
    ChainFault.TOO_MUCH: (SourceFault.BAD_SHAPE, "an amount that cannot be"),
}
OF_ESPLORA = OF_BOTH | {
    ChainFault.SLOW: (SourceFault.TIMEOUT, "ESPLORA_URL does not answer in time"),
    ChainFault.DEEP: (SourceFault.BAD_SHAPE, "Expected `object`, got `array`"),
    ChainFault.OTHER_WALLET: (SourceFault.BAD_SHAPE, "the figures of another wallet"),
}


@pytest.mark.parametrize(("fault", "said"), OF_THE_NODE.items(), ids=lambda value: getattr(value, "name", ""))
async def test_an_incomplete_round_of_a_node_is_no_round(
    node: EthereumSource, chain: FakeChain, fault: ChainFault, said: tuple[SourceFault, str]
) -> None:
    chain.fault = fault

    with pytest.raises(SourceError) as refused:
        await node.read("okx", WALLETS)

    assert (refused.value.fault, refused.value.detail) == said
    assert chain.key not in str(refused.value)


async def test_a_block_that_another_one_replaced_meanwhile_is_no_round(node: EthereumSource, chain: FakeChain) -> None:
    chain.fault, chain.faulty_after = ChainFault.REPLACED_BLOCK, 5

    with pytest.raises(SourceError, match="another block took the place of the one that was read"):
        await node.read("okx", WALLETS)


@pytest.mark.parametrize(("fault", "said"), OF_ESPLORA.items(), ids=lambda value: getattr(value, "name", ""))
@pytest.mark.parametrize("answered", [0, 1])
async def test_a_round_that_one_wallet_is_missing_from_is_no_round(
    bitcoin: EsploraSource, chain: FakeChain, fault: ChainFault, said: tuple[SourceFault, str], answered: int
) -> None:
    chain.fault, chain.faulty_after = fault, answered

    with pytest.raises(SourceError) as refused:
        await bitcoin.read("binance", (COLD, HOT, "bc1qthird"))

    assert (refused.value.fault, refused.value.detail) == said
    assert len(chain.requests) == answered + 1, "the others are not asked in vain"


def test_an_answer_that_is_nested_without_end_is_refused() -> None:
    with pytest.raises(SourceError, match="nested too deeply"), without_address("ESPLORA_URL", "http://h"):
        raise RecursionError


async def test_a_server_that_is_away_is_named_by_its_setting(http: Http, clock: StoppedClock) -> None:
    source = EthereumSource(http, clock, "http://127.0.0.1:9/a-key", limits=QUICK)

    with pytest.raises(SourceError) as refused:
        await source.read("okx", WALLETS)

    assert refused.value.fault is SourceFault.UNREACHABLE
    assert "127.0.0.1" not in refused.value.detail
    assert "a-key" not in refused.value.detail
    assert ethereum.SETTING in refused.value.detail
