"""Makes the withdrawal sources of a program from its settings."""

from collections.abc import Sequence

from bot.config.settings import Settings
from bot.ports.sources import Clock, WithdrawalSource
from bot.sources.http import Http
from bot.sources.withdrawals.all_sources import WithdrawalSettings, all_withdrawal_sources


def sources_by_settings(settings: Settings, http: Http, clock: Clock) -> Sequence[WithdrawalSource]:
    """Return a source for each exchange that may be asked about withdrawals, none with WITHDRAWALS=false."""
    if not settings.withdrawals:
        return ()
    asked = WithdrawalSettings(
        settings.exchange_addresses, settings.exchange_keys, settings.withdrawal_interval, settings.exchanges
    )
    return all_withdrawal_sources(http, clock, asked)
