"""The service reads wallets from a node, shows that beside the source's amounts, and names the node nowhere."""

import pytest
from pydantic import SecretStr

from bot.domain.own_reading import ETHEREUM
from bot.sources.chain.wallet_list import published_wallets
from tests.fakes.chain import ChainFault, FakeChain
from tests.waiting import until
from tests.world import World, running


async def test_the_node_of_the_operator_is_a_second_opinion(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    async with FakeChain(world.clock) as chain:
        wallet = published_wallets().chains[ETHEREUM]["kraken"][0]
        chain.ethereum[wallet] = {"ETH": 7 * 10**18}
        world.interface_settings = {"withdrawals": False, "eth_rpc_url": SecretStr(chain.rpc_url)}
        async with running(world) as run:
            queries = run.application.dispatcher.queries
            await until(lambda: len(run.application.latest.own_readings) == 3, "a round of each exchange")
            (kraken,) = queries.own_readings("kraken")
            chains = (await queries.status()).own_chains
            chain.fault = ChainFault.REFUSED
            stored = await run.application.store.own_readings.all()

    assert (kraken.amounts["ETH"], kraken.read, kraken.listed) == (7, 15, 15)
    assert stored["kraken", ETHEREUM] == kraken
    assert [(chain.chain, chain.is_on, chain.complete, chain.read) for chain in chains] == [
        ("Bitcoin", False, 0, 0),
        ("Ethereum", True, 3, 3),
    ]
    assert chain.key not in "".join(capsys.readouterr())


async def test_nothing_is_read_on_chain_by_default(world: World) -> None:
    async with running(world) as run:
        queries = run.application.dispatcher.queries
        assert queries.own_readings("kraken") == []
        assert [chain.is_on for chain in (await queries.status()).own_chains] == [False, False]
