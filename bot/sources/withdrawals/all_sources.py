"""Every withdrawal source that the settings allow: keyless interfaces, status interfaces, and those with a key.

Example: with OKX_API_KEY and its parts OKX's chains are read with the key, and its system status without; with none of
them OKX is known by its system status alone. Kraken's list of assets, system status and status page make one source.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot.domain.exchange_key import ExchangeKey
from bot.domain.withdrawal_reading import POLLED_EVERY
from bot.ports.sources import Clock, WithdrawalSource
from bot.sources.http import Http
from bot.sources.withdrawals.adapter import StatusAdapter
from bot.sources.withdrawals.key_check import KeyCheck
from bot.sources.withdrawals.keyed_source import KeyedWithdrawalSource
from bot.sources.withdrawals.registry import ADAPTERS, withdrawal_sources
from bot.sources.withdrawals.signed.all_exchanges import SIGNED_INTERFACES
from bot.sources.withdrawals.signed.interface import SignedInterface
from bot.sources.withdrawals.signing.signature import signer
from bot.sources.withdrawals.status_pages.coinbase import COINBASE_EXCHANGE_STATUS_PAGE, COINBASE_STATUS_PAGE
from bot.sources.withdrawals.status_pages.kraken import KRAKEN_STATUS_PAGE
from bot.sources.withdrawals.system_status.all_exchanges import SYSTEM_STATUS_ADAPTERS

STATUS_PARTS: Sequence[StatusAdapter] = (
    *SYSTEM_STATUS_ADAPTERS,
    KRAKEN_STATUS_PAGE,
    COINBASE_STATUS_PAGE,
    COINBASE_EXCHANGE_STATUS_PAGE,
)


@dataclass(frozen=True, slots=True)
class WithdrawalSettings:
    """What the settings say: addresses by the names of their settings (None: off), and keys by what theirs begin with.

    Each exchange is asked every `interval` at most. `exchanges` are ids; none stands for all.
    """

    addresses: Mapping[str, str | None] = field(default_factory=dict)
    keys: Mapping[str, ExchangeKey] = field(default_factory=dict)
    interval: timedelta = POLLED_EVERY
    exchanges: Collection[str] = ()


def all_withdrawal_sources(http: Http, clock: Clock, settings: WithdrawalSettings) -> tuple[WithdrawalSource, ...]:
    """Return a source for each exchange that can be asked, in order of their ids."""
    keyless: dict[str, WithdrawalSource] = {
        source.exchange: source
        for source in withdrawal_sources(
            http,
            clock,
            addresses=settings.addresses,
            interval=settings.interval,
            exchanges=settings.exchanges,
            adapters=ADAPTERS,
            parts=STATUS_PARTS,
        )
    }
    keyed = {
        source.exchange: source
        for interface in SIGNED_INTERFACES
        if interface.setting in settings.keys
        for source in _with_key(http, clock, settings, interface, keyless)
    }
    sources = keyless | keyed
    return tuple(sources[exchange] for exchange in sorted(sources))


def _with_key(
    http: Http,
    clock: Clock,
    settings: WithdrawalSettings,
    interface: SignedInterface,
    keyless: Mapping[str, WithdrawalSource],
) -> Sequence[WithdrawalSource]:
    """Return the source of one exchange with a key; none where its interface is off, or the exchange left out."""
    key, exchange = settings.keys[interface.setting], interface.networks.exchange
    signed = withdrawal_sources(
        http,
        clock,
        addresses=settings.addresses,
        interval=settings.interval,
        exchanges=settings.exchanges,
        adapters=[replace(interface.networks, sign=signer(interface.scheme, interface.networks, key, clock))],
        parts=[part for part in STATUS_PARTS if part.exchange == exchange],
    )
    base = settings.addresses.get(interface.networks.setting, interface.networks.base)
    if not signed or base is None:
        return []
    rights = replace(interface.rights, base=base) if interface.rights else None
    check = KeyCheck(http, clock, replace(interface, rights=rights), key)
    return [KeyedWithdrawalSource(signed[0], check, clock, keyless.get(exchange))]
