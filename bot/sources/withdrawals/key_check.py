"""Whether an operator's key may be used: what it can do besides reading, and whether the exchange accepts it.

Example: the rights of a key of Binance have "enableWithdrawals" among them. It is refused until the next start: "Use a
key that can only read". A key that Binance answers with 401 is left alone for an hour. Rights that cannot be read are
not taken for harmless ones: the key waits until they can.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import structlog

from bot.domain.errors import SourceError, SourceFault
from bot.domain.exchange_key import ExchangeKey
from bot.ports.sources import Clock
from bot.sources.http import Http
from bot.sources.withdrawals.signed.interface import RightsAdapter, SignedInterface
from bot.sources.withdrawals.signing.signature import signer

RIGHTS_INTERVAL = timedelta(days=1)
"""How often the rights are asked for: a key may be given more later on."""
REJECTED_PAUSE = timedelta(hours=1)
"""After a key was not accepted: exchanges block addresses that go on asking with a wrong one."""

# What exchanges answer to a wrong key, signature or time; 403 and 451 are for a region that they do not serve.
_NOT_ACCEPTED_STATUSES = (400, 401)

log = structlog.get_logger()


class KeyCheck:
    """Knows of one key whether it may be used; what it returns as an obstacle is a sentence for the operator."""

    def __init__(self, http: Http, clock: Clock, interface: SignedInterface, key: ExchangeKey) -> None:
        self._http = http
        self._clock = clock
        self._interface = interface
        self._key = key
        self._obstacle: SourceError | None = None
        self._obstacle_until: datetime | None = None
        self._rights_known_until: datetime | None = None

    async def obstacle(self) -> SourceError | None:
        """Return why the key must not be used now, None where it may; asks for its rights when it is time."""
        now = self._clock.now()
        if self._obstacle and (self._obstacle_until is None or now < self._obstacle_until):
            return self._obstacle
        adapter = self._interface.rights
        if adapter is None or (self._rights_known_until and now < self._rights_known_until):
            return None
        try:
            rights = await self._rights(adapter)
        except SourceError as error:
            return self.trouble(error.fault, error.detail)
        if rights:
            return self._refused(rights)
        self._rights_known_until = now + RIGHTS_INTERVAL
        return None

    def trouble(self, fault: SourceFault, detail: str) -> SourceError:
        """Return what the failure of a signed request means, without the key in it; a rejected key has to pause."""
        detail = self._key.masked_in(detail)
        is_rejected = detail.startswith(tuple(f"HTTP {status}:" for status in _NOT_ACCEPTED_STATUSES))
        if fault is not SourceFault.KEY_NOT_ACCEPTED and not is_rejected:
            return SourceError(fault, detail)
        name, names = self._interface.networks.name, self._setting_names()
        sentence = (
            f"{name} does not accept {names[0]} ({detail}). Check {_listed(names)}, which addresses the key is for, "
            "and this machine's clock."
        )
        log.warning("key of an exchange not accepted", exchange=self._interface.networks.exchange, detail=detail)
        self._obstacle = SourceError(SourceFault.KEY_NOT_ACCEPTED, sentence)
        self._obstacle_until = self._clock.now() + REJECTED_PAUSE
        return self._obstacle

    async def _rights(self, adapter: RightsAdapter) -> Sequence[str]:
        sign = signer(self._interface.scheme, adapter, self._key, self._clock)
        try:
            body = await self._http.send(adapter.request(), limits=adapter.limits, sign=sign)
            return adapter.parse(body.content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise SourceError(SourceFault.BAD_SHAPE, "the rights of the key are not told as documented") from error

    def _refused(self, rights: Sequence[str]) -> SourceError:
        names = self._setting_names()
        sentence = (
            f"{names[0]} is not used, because it can do more than read ({', '.join(rights)}). Make a key that can only "
            f"read, put it into {_listed(names)}, and restart."
        )
        log.warning("key of an exchange refused", exchange=self._interface.networks.exchange, rights=list(rights))
        self._obstacle, self._obstacle_until = SourceError(SourceFault.KEY_REFUSED, sentence), None
        return self._obstacle

    def _setting_names(self) -> Sequence[str]:
        parts = ("KEY", "SECRET", "PASSPHRASE") if self._key.passphrase else ("KEY", "SECRET")
        return [f"{self._interface.setting.upper()}_API_{part}" for part in parts]


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
