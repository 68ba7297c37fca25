"""Asks exchanges for their newest proof of reserves four times a day, keeps one a month, and has them judged.

Example: at 00:10 on 7 May Binance tells the proof of 1 May for the first time. It is stored as that of May, shown, and
judged beside that of April: has a coin or its liabilities gone, is a ratio below 100 %? At 06:10 it tells the same
again, which confirms it. Where Binance cannot be read it is asked again after an hour, and what it told before stays.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.domain.errors import SourceError, SourceFault
from bot.domain.proof_of_reserves import ProofOfReserves
from bot.domain.reading import SourceHealth
from bot.monitoring.source_health import SourceHealthRecord
from bot.ports.meter import Meter
from bot.ports.proofs import ProofRecords
from bot.ports.readings import Readings
from bot.ports.sources import Clock, ProofSource

log = structlog.get_logger()

HEALTH_NAME = "proofs"
"""The health of every source is kept under it: `proofs/binance`."""
PROOF_INTERVAL = timedelta(hours=6)
PROOF_TURN = timedelta(minutes=5)
"""Between two looks for what is due."""
_RETRY_AFTER = timedelta(hours=1)
_JUDGED_AT_START = 2  # the newest, and the one that it is compared with


class ProofPoller:
    """Polls sources of proofs, one of each exchange.

    `is_asked` says whether an exchange, by its id, is watched and listed. It calls `on_known` with a proof that is the
    newest known, `on_round` with the proofs to judge, oldest first, after they were stored, and `on_health` with a
    source's health before and now.
    """

    def __init__(  # noqa: PLR0913 — the neighbours of one step, each named where they are put together
        self,
        sources: Sequence[ProofSource],
        *,
        records: ProofRecords,
        readings: Readings,
        clock: Clock,
        meter: Meter,
        is_asked: Callable[[str], bool],
        on_known: Callable[[ProofOfReserves], None],
        on_round: Callable[[Sequence[ProofOfReserves]], Awaitable[None]],
        on_health: Callable[[SourceHealth, SourceHealth], Awaitable[None]],
    ) -> None:
        self._sources = {source.exchange: source for source in sources}
        self._records = records
        self._health = SourceHealthRecord(HEALTH_NAME, readings=readings, clock=clock, meter=meter, on_health=on_health)
        self._clock = clock
        self._is_asked = is_asked
        self._on_known = on_known
        self._on_round = on_round
        self._latest: dict[str, Sequence[ProofOfReserves]] = {}  # the newest, after the one before it
        self._due_at: dict[str, datetime] = {}
        self._unjudged: list[ProofOfReserves] = []

    @property
    def names(self) -> Sequence[tuple[str, str]]:
        """Return the id and the name of every exchange that is asked."""
        return [(source.exchange, source.name) for source in self._sources.values() if self._is_asked(source.exchange)]

    async def restore(self) -> None:
        """Take over what is stored, after a start or from another worker; raise StorageError."""
        archive = await self._records.archive()
        await self._health.restore()
        self._unjudged.clear()
        for exchange in self._sources.keys() & archive.keys():
            *_, newest = self._latest[exchange] = archive[exchange][-_JUDGED_AT_START:]
            # A program that starts again and again asks nobody more often for it.
            self._due_at[exchange] = (newest.read_at or self._clock.now()) + PROOF_INTERVAL
            self._unjudged += self._latest[exchange]
            self._on_known(newest)
        await self._health.show()

    def time_corrected(self) -> None:
        """Ask everybody and judge anew: what is known was dated by a clock that was wrong."""
        self._due_at.clear()
        now = self._clock.now()
        self._unjudged = [
            replace(proof, read_at=min(proof.read_at or now, now))
            for proofs in self._latest.values()
            for proof in proofs
        ]

    async def poll(self) -> None:
        """Ask whoever is due, store what they tell and have it judged; raise StorageError: the next turn goes on."""
        now = self._clock.now()
        due = [exchange for exchange in self._sources if self._is_asked(exchange) and self._is_due(exchange, now)]
        for exchange in due:
            await self._ask(self._sources[exchange])
        if due or self._unjudged:
            # Also with none: figures become too old to judge by while a source is away.
            await self._on_round(self._unjudged)
            self._unjudged = []

    async def fetch(self, exchanges: Collection[str]) -> None:
        """Ask some exchanges once, and show what they tell; nothing is judged. Raise StorageError."""
        for exchange in self._sources.keys() & exchanges:
            await self._ask(self._sources[exchange])

    def _is_due(self, exchange: str, now: datetime) -> bool:
        due_at = self._due_at.get(exchange)
        # Where the clock was set back, how long it was is not known any more.
        return due_at is None or now >= due_at or due_at - now > PROOF_INTERVAL

    async def _ask(self, source: ProofSource) -> None:
        exchange, now = source.exchange, self._clock.now()
        try:
            proof = await source.read()
            self._check(proof)
        except SourceError as error:
            await self._health.body_failed(exchange, error)
            self._due_at[exchange] = now + _RETRY_AFTER
            return
        await self._take_over(proof)
        await self._health.body_answered(exchange)
        self._due_at[exchange] = now + PROOF_INTERVAL

    def _check(self, proof: ProofOfReserves) -> None:
        """Raise SourceError where a proof is older than the one that was told before."""
        newest = self._newest_of(proof.exchange)
        if newest and newest.as_of and proof.as_of and proof.as_of < newest.as_of:
            raise SourceError(SourceFault.VALUES_DISAGREE, f"the proof of {proof.as_of}, after that of {newest.as_of}")

    def _newest_of(self, exchange: str) -> ProofOfReserves | None:
        return self._latest[exchange][-1] if exchange in self._latest else None

    async def _take_over(self, proof: ProofOfReserves) -> None:
        newest = self._newest_of(proof.exchange)
        is_new = newest is None or newest.as_of != proof.as_of
        await self._records.save(proof)
        if is_new:
            log.info("new proof of reserves", exchange=proof.exchange, as_of=str(proof.as_of), assets=len(proof.ratios))
        before = self._latest.get(proof.exchange, ())
        self._latest[proof.exchange] = [*(before[-1:] if is_new else before[:-1]), proof]
        self._unjudged.append(proof)
        self._on_known(proof)
