"""What a twin of an exchange's interface is: where it is asked, and how the exchange would write a given state.

Example: from USDT over TRON, closed, Gate's twin writes `{"currency": "USDT", "chains": [{"name": "TRX",
"withdraw_disabled": true, …}], …}`. Paths and formats are told here once more and not taken from the adapters, so that
each of the two shows an error in the other. Every body also has coins that nobody trades any more.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.withdrawal_reading import WithdrawalFlag, WithdrawalState

SHORT_NAMES = {"BITCOIN": "BTC", "ETHEREUM": "ETH", "TRON": "TRX", "SOLANA": "SOL", "XRPL": "XRP"}
"""Networks by the symbol of their coin."""
PROTOCOL_NAMES = {"BITCOIN": "BTC", "ETHEREUM": "ERC20", "TRON": "TRC20", "SOLANA": "SOL", "XRPL": "XRP"}
"""Networks by the protocol of their tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalTwin:
    """One address of an exchange. `write` makes its body from what can be withdrawn, each asset and network once.

    `setting` is the setting that leads to it (`gate_url`); `content` is what has to be sent along.
    """

    exchange: str
    setting: str
    path: str
    write: Callable[[Sequence[WithdrawalFlag]], object]
    method: str = "GET"
    query: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""


def by_asset(flags: Sequence[WithdrawalFlag]) -> Iterator[tuple[str, Sequence[WithdrawalFlag]]]:
    """Yield each asset with its networks; what is unknown is not listed, as exchanges drop what they hide."""
    for asset in dict.fromkeys(flag.asset for flag in flags):
        known = [flag for flag in flags if flag.asset == asset and flag.state is not WithdrawalState.UNKNOWN]
        if known:
            yield asset, known


def whole_assets(flags: Sequence[WithdrawalFlag]) -> Iterator[tuple[str, bool]]:
    """Yield each asset, and whether it can be withdrawn at all, for exchanges that tell no networks."""
    return ((asset, any(map(is_open, networks))) for asset, networks in by_asset(flags))


def is_open(flag: WithdrawalFlag) -> bool:
    """Return whether a network is open; a delay is."""
    return flag.state is not WithdrawalState.CLOSED


def is_delayed(flag: WithdrawalFlag) -> bool:
    """Return whether a network is open, but slow."""
    return flag.state is WithdrawalState.DELAYED


def short_name(flag: WithdrawalFlag) -> str:
    """Return a network's name by the symbol of its coin: ETHEREUM is ETH."""
    return SHORT_NAMES.get(flag.network, flag.network)


def protocol_name(flag: WithdrawalFlag) -> str:
    """Return a network's name by the protocol of its tokens: ETHEREUM is ERC20."""
    return PROTOCOL_NAMES.get(flag.network, flag.network)
