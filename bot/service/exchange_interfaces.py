"""Makes the withdrawal sources and the sources of proofs of reserves of a program from its settings."""

from collections.abc import Collection, Sequence

from bot.config.settings import Settings
from bot.ports.sources import Clock, ProofSource, WithdrawalSource
from bot.sources.http import Http
from bot.sources.proofs.registry import PROOF_ADAPTERS, proof_sources
from bot.sources.withdrawals.all_sources import WithdrawalSettings, all_withdrawal_sources


def sources_by_settings(settings: Settings, http: Http, clock: Clock) -> Sequence[WithdrawalSource]:
    """Return a source for each exchange that may be asked about withdrawals, none with WITHDRAWALS=false."""
    if not settings.withdrawals:
        return ()
    asked = WithdrawalSettings(
        settings.exchange_addresses, settings.exchange_keys, settings.withdrawal_interval, settings.exchanges
    )
    return all_withdrawal_sources(http, clock, asked)


def proof_sources_by_settings(settings: Settings, http: Http, clock: Clock) -> Sequence[ProofSource]:
    """Return a source for each exchange whose proofs of reserves may be read, none with PROOFS=false."""
    if not settings.proofs:
        return ()
    return proof_sources(http, clock, addresses=settings.exchange_addresses, exchanges=settings.exchanges)


def asked_for_proofs(settings: Settings) -> Collection[str]:
    """Return the ids of the exchanges whose proofs of reserves are read."""
    addresses = settings.exchange_addresses
    return [adapter.exchange for adapter in PROOF_ADAPTERS if settings.proofs and addresses[adapter.setting]]
