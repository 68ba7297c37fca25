"""Binance with a key: all coins, in the rows of its web page, and the rights of the key.

- https://developers.binance.com/docs/wallet/capital
- https://developers.binance.com/docs/wallet/account/api-key-permission
"""

from collections.abc import Iterator
from datetime import timedelta

import msgspec

from bot.domain.errors import SourceError, SourceFault
from bot.domain.withdrawal_reading import SourceStanding
from bot.sources.withdrawals.adapter import RAW_ROWS, WithdrawalAdapter, WithdrawalRow
from bot.sources.withdrawals.announcements import plain_title
from bot.sources.withdrawals.binance_web import binance_rows
from bot.sources.withdrawals.signed.interface import Rights, RightsAdapter, SignedInterface
from bot.sources.withdrawals.signing.signed_query import signed_query

_RIGHTS = msgspec.json.Decoder(dict[str, object])
_READING = {"enableReading", "enableFixReadOnly"}
_NEEDED = {"enableReading", "enableWithdrawals", "enableSpotAndMarginTrading"}


def _parse(body: bytes) -> Iterator[WithdrawalRow]:
    return binance_rows(RAW_ROWS.decode(body))


def _rights(body: bytes) -> Rights:
    """Return every switch that is on but that of reading; one that is new counts as a right."""
    switches = {name: on for name, on in _RIGHTS.decode(body).items() if name.startswith(("enable", "permits"))}
    if not switches.keys() >= _NEEDED or not all(isinstance(on, bool) for on in switches.values()):
        raise SourceError(SourceFault.BAD_SHAPE, "the rights of the key are not told as documented")
    return tuple(plain_title(name) for name, on in switches.items() if on and name not in _READING)


BINANCE_SIGNED = SignedInterface(
    "binance",
    signed_query("X-MBX-APIKEY", valid_for=timedelta(seconds=30)),
    WithdrawalAdapter(
        exchange="binance",
        name="Binance",
        setting="binance_url",
        base="https://api.binance.com",
        path="/sapi/v1/capital/config/getall",
        standing=SourceStanding.KEY,
        parse=_parse,
    ),
    RightsAdapter(
        exchange="binance",
        name="Binance",
        setting="binance_url",
        base="https://api.binance.com",
        path="/sapi/v1/account/apiRestrictions",
        parse=_rights,
    ),
)
