"""Asks an exchange for its newest proof of reserves; whatever fails is one SourceError."""

from dataclasses import dataclass

import msgspec
import structlog
from typing_extensions import override

from bot.domain.errors import SourceError, SourceFault
from bot.domain.proof_of_reserves import ProofOfReserves
from bot.ports.sources import Clock, ProofSource
from bot.sources.http import Http
from bot.sources.http_types import OutgoingRequest
from bot.sources.proofs.adapter import PROOF_LIMITS, ProofAdapter, ProofRequest

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ExchangeProofSource(ProofSource):
    """The source of one exchange, asked at `base`, which is scheme and host, or with a path in front of its own."""

    http: Http
    clock: Clock
    adapter: ProofAdapter
    base: str

    @property
    @override
    def exchange(self) -> str:
        return self.adapter.exchange

    @property
    @override
    def name(self) -> str:
        return self.adapter.name

    @override
    async def read(self) -> ProofOfReserves:
        now = self.clock.now()
        bodies = [await self._fetch(request) for request in self.adapter.requests(now)]
        try:
            return self.adapter.parse(bodies, now)
        except SourceError:
            raise
        except msgspec.ValidationError as error:  # says which part of the answer is of another shape
            raise SourceError(SourceFault.BAD_SHAPE, str(error)) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise SourceError(SourceFault.NOT_JSON) from error
        except RecursionError as error:
            raise SourceError(SourceFault.BAD_SHAPE, "nested too deeply") from error
        except Exception as crash:
            log.exception("a proof of reserves could not be read", exchange=self.exchange)
            raise SourceError(SourceFault.CRASHED, type(crash).__name__) from crash

    async def _fetch(self, request: ProofRequest) -> bytes:
        outgoing = OutgoingRequest(
            f"{self.base}{request.path}",
            method="GET" if request.content is None else "POST",
            headers={} if request.content is None else {"Content-Type": "application/json"},
            content=request.content,
        )
        return (await self.http.send(outgoing, limits=PROOF_LIMITS)).content
