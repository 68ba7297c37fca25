"""From an exchange's rows to flags of tracked assets in our spelling, and counts of all networks.

Example: of the rows ("usdt", "trc20", OPEN), ("usdt", "erc20", CLOSED) and ("dgf13", "eth", CLOSED) the first two are
flags, USDT over TRON and over ETHEREUM; of three networks two are closed.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from bot.domain.assets import asset_name
from bot.domain.errors import SourceError, SourceFault
from bot.domain.networks import MAIN_NETWORKS, network_name
from bot.domain.withdrawal_reading import ALL_NETWORKS, TRACKED_ASSETS, WithdrawalFlag, WithdrawalState
from bot.sources.loop_sharing import LoopSharing
from bot.sources.withdrawals.adapter import WithdrawalRow, narrower

_OPEN_STATES = {WithdrawalState.OPEN, WithdrawalState.DELAYED}
_MOST_FLAGS = 400  # of the tracked assets; USDT is on some 20 networks at the exchange that lists most
_LONGEST_NETWORK_NAME = 40  # characters; anything longer is no name of a network
_Key = tuple[str, str]


class FlagCollector:
    """Collects rows; `listed` and `closed` count networks, those of a state that is unknown left out."""

    def __init__(self) -> None:
        self.listed = 0
        self.closed = 0
        self._tracked: dict[_Key, WithdrawalState] = {}
        self._aliased: dict[_Key, WithdrawalState] = {}
        self._unnamed: defaultdict[str, list[WithdrawalState]] = defaultdict(list)

    async def add(self, rows: Iterable[WithdrawalRow]) -> None:
        """Collect and count the rows of an interface that lists all networks; raise SourceError (EMPTY: none)."""
        count = 0
        sharing = LoopSharing()
        for row in rows:
            count += 1
            if row.state is not WithdrawalState.UNKNOWN:
                self.listed += 1
                self.closed += row.state is WithdrawalState.CLOSED
            self.add_uncounted(row)
            await sharing.yield_if_due()
        if not count:
            raise SourceError(SourceFault.EMPTY, "no network is listed")

    def add_uncounted(self, row: WithdrawalRow) -> None:
        """Collect a row of another interface, whose network the first has counted; raise SourceError."""
        symbol = row.asset.upper()
        asset = asset_name(symbol)
        if asset not in TRACKED_ASSETS:
            return
        network = _network(symbol, row.network)
        if not network:
            self._unnamed[symbol].append(row.state)
            return
        key = asset, network
        same_name = self._tracked if asset == symbol else self._aliased
        together = _wider if MAIN_NETWORKS.get(asset) == (network,) else _same
        same_name[key] = together(same_name.get(key, row.state), row.state)
        if len(same_name) > _MOST_FLAGS:
            raise SourceError(SourceFault.BAD_SHAPE, f"more than {_MOST_FLAGS} networks of the tracked assets")

    def flags(self) -> tuple[WithdrawalFlag, ...]:
        """Return a flag for each network of each tracked asset, in order of asset and network.

        An exchange may tell the asset as a whole in one place and its networks in another: what closes the asset closes
        each of its networks, and says nothing more once these are known.
        """
        by_asset: defaultdict[str, dict[str, WithdrawalState]] = defaultdict(dict)
        for asset, unnamed in self._unnamed.items():
            # Without a name, the only row of an asset is about the asset as a whole; beside others it could be any.
            if len(unnamed) == 1 and asset in TRACKED_ASSETS and asset not in {named for named, _ in self._tracked}:
                by_asset[asset][ALL_NETWORKS] = unnamed[0]
        for (asset, network), state in _preferred(self._tracked, self._aliased):
            by_asset[asset][network] = state
        return tuple(
            WithdrawalFlag(asset, network, state)
            for asset in TRACKED_ASSETS
            for network, state in sorted(_of_networks(by_asset[asset]).items())
        )


def _of_networks(states: dict[str, WithdrawalState]) -> dict[str, WithdrawalState]:
    whole = states.get(ALL_NETWORKS)
    if whole is None or len(states) == 1:
        return states
    return {network: narrower(whole, state) for network, state in states.items() if network != ALL_NETWORKS}


def _network(symbol: str, network: str) -> str:
    """Return a network in our spelling, "" for one without a name."""
    if network == ALL_NETWORKS:
        return network
    return network_name(symbol, network) if len(network) <= _LONGEST_NETWORK_NAME else ""


def _preferred(
    tracked: dict[_Key, WithdrawalState], aliased: dict[_Key, WithdrawalState]
) -> Iterator[tuple[_Key, WithdrawalState]]:
    """Yield what an exchange says of an asset under its own name, and under another only where it has none of that.

    WETH beside ETH is a coin of its own there, with a switch of its own, which closes ETH for nobody.
    """
    yield from tracked.items()
    named = {asset for asset, _ in tracked}
    yield from ((key, state) for key, state in aliased.items() if key[0] not in named)


def _wider(before: WithdrawalState, after: WithdrawalState) -> WithdrawalState:
    """Return what two rows of a coin on its own network say together: it can be withdrawn where either of them is open.

    There a coin has no contracts, and rows differ in the form of addresses only. KuCoin lists bitcoin as "BTC" and as
    "BTC-Segwit", which takes deposits alone: an answer of 2025 is kept in https://github.com/dereckmezquita/kucoin
    """
    order = (WithdrawalState.OPEN, WithdrawalState.DELAYED, WithdrawalState.UNKNOWN, WithdrawalState.CLOSED)
    return next(state for state in order if state in {before, after})


def _same(before: WithdrawalState, after: WithdrawalState) -> WithdrawalState:
    """Return what two rows of the same asset and network say together: contradicting ones say nothing.

    Neither can be preferred: an exchange that lists a network twice (an old and a new contract) does not tell which
    of the two is the one that its users hold. A delay is open, only slower.
    """
    if before is after:
        return after
    return WithdrawalState.DELAYED if {before, after} == _OPEN_STATES else WithdrawalState.UNKNOWN
