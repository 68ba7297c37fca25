"""Reads the wallets of exchanges on chain, round after round, and has what they hold stored and shown.

Example with an Esplora server: at 12:00 Binance is due, and its 36 heaviest wallets are read within four minutes. The
count of spent outputs rose at one of them, which is asked when transactions left it. Kraken is next. At 12:40 a wallet
of OKX is answered with HTTP 429: OKX keeps its figures of 11:40, the round is discarded, and 13:40 is its next one.

Each chain is read by a task of its own, one exchange at a time. Nothing that is read here is mixed into the source's
amounts, and no alert follows from it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from bot.detection.own_reading.rounds import after_failure, after_round, hot_wallet, wallets_to_read, with_outgoing
from bot.domain.errors import SourceError, SourceFault, StorageError
from bot.domain.own_reading import OwnReading, OwnRound
from bot.ports.chain import ChainSource, OwnReadings
from bot.ports.sources import Clock

log = structlog.get_logger()

CHAIN_TURN = timedelta(seconds=5)
"""Between two looks for what is due, by the loop's own time."""

ListedWallets = Mapping[str, Mapping[str, Sequence[str]]]
"""Addresses by chain and exchange id."""


class ChainPoller:
    """Reads own readings, a round of each exchange on each chain at a time.

    `is_read` says whether an exchange, by its id, is watched and listed. `on_known` is called with what is known of
    exchanges, and `on_saved` after that was stored, so that other workers learn of it. `rounds` counts rounds, also
    incomplete ones.
    """

    def __init__(  # noqa: PLR0913 — the neighbours of one step, each named where they are put together
        self,
        sources: Sequence[ChainSource],
        wallets: ListedWallets,
        *,
        records: OwnReadings,
        clock: Clock,
        is_read: Callable[[str], bool],
        on_known: Callable[[Iterable[OwnReading]], None],
        on_saved: Callable[[], Awaitable[None]],
        turn: timedelta = CHAIN_TURN,
    ) -> None:
        self._sources = sources
        self._wallets = wallets
        self._records = records
        self._clock = clock
        self._is_read = is_read
        self._on_known = on_known
        self._on_saved = on_saved
        self._turn_s = turn.total_seconds()
        self._known: dict[tuple[str, str], OwnReading] = {}
        self._asked_at: dict[tuple[str, str], datetime] = {}
        self._unsaved: dict[tuple[str, str], OwnReading] = {}
        self.rounds = 0

    def chains(self) -> Mapping[str, Sequence[str]]:
        """Return which exchanges, by id, are read on each chain whose address is set."""
        return {
            source.chain: [exchange for exchange in self._wallets.get(source.chain, {}) if self._is_read(exchange)]
            for source in self._sources
        }

    async def restore(self) -> None:
        """Take over what is stored, after a start or from another worker; raise StorageError.

        What is of a chain or of wallets that are not read any more is left where it is, and not shown.
        """
        if not self._sources:
            return
        stored = await self._records.all()
        read = {(exchange, source.chain) for source in self._sources for exchange in self._wallets[source.chain]}
        self._known = {key: reading for key, reading in stored.items() if key in read}
        self._unsaved.clear()
        # A program that starts again and again asks nobody more often for it.
        asked_at = {key: max(filter(None, (known.as_of, known.failed_at))) for key, known in self._known.items()}
        self._asked_at = asked_at
        self._on_known(self._known.values())

    def time_corrected(self) -> None:
        """Read everything anew: when it was read was told by a clock that was wrong."""
        self._asked_at.clear()

    async def serve(self) -> None:
        """Read what is due until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for source in self._sources:
                tasks.create_task(self._serve(source))

    async def _serve(self, source: ChainSource) -> None:
        while True:
            for exchange in self._wallets.get(source.chain, {}):
                if self._is_read(exchange) and self._is_due(exchange, source):
                    await self.read(exchange, source)
            await self._save()
            await asyncio.sleep(self._turn_s)

    def _is_due(self, exchange: str, source: ChainSource) -> bool:
        asked_at = self._asked_at.get((exchange, source.chain))
        # Where the clock was set back, how long it was is not known any more.
        return asked_at is None or not timedelta() <= self._clock.now() - asked_at < source.interval

    async def read(self, exchange: str, source: ChainSource) -> None:
        """Read a round of one exchange, show it, and store it where the store is there."""
        key = exchange, source.chain
        self._asked_at[key] = self._clock.now()
        before = self._known.get(key)
        reading = await self._after_round(exchange, source, before)
        _log_change(before, reading)
        self._known[key] = self._unsaved[key] = reading
        self._on_known([reading])
        await self._save()
        self.rounds += 1

    async def _after_round(self, exchange: str, source: ChainSource, before: OwnReading | None) -> OwnReading:
        listed = self._wallets[source.chain][exchange]
        wallets = wallets_to_read(listed, before, self._clock.now(), source.most_wallets)
        try:
            done = await source.read(exchange, wallets)
            _check_complete(done, wallets)
            reading = after_round(before, done, len(listed), source.most_wallets)
            reading = await self._with_outgoing(reading, source, hot_wallet(before, done))
        except SourceError as failure:
            return after_failure(before, exchange, source.chain, failure, self._clock.now())
        except Exception as crash:
            log.exception("own reading crashed", exchange=exchange, chain=source.chain)
            crashed = SourceError(SourceFault.CRASHED, type(crash).__name__)
            return after_failure(before, exchange, source.chain, crashed, self._clock.now())
        return reading

    async def _with_outgoing(self, reading: OwnReading, source: ChainSource, wallet: str | None) -> OwnReading:
        """Return a reading with when transactions left its hot wallet; where that is not told, as it was before."""
        try:
            asked = await source.outgoing(wallet) if wallet else None
        except SourceError as failure:
            log.info("hot wallet not read", exchange=reading.exchange, chain=reading.chain, fault=str(failure))
            return reading
        return with_outgoing(reading, asked) if asked else reading

    async def _save(self) -> None:
        """Store what is not stored yet; while the store is away the next turn tries again."""
        try:
            for key, reading in list(self._unsaved.items()):
                await self._records.save(reading)
                if self._unsaved.get(key) is reading:
                    del self._unsaved[key]
                await self._on_saved()
        except StorageError as error:
            log.debug("own reading not stored", error=str(error))


def _check_complete(done: OwnRound, wallets: Sequence[str]) -> None:
    if [wallet.address for wallet in done.wallets] != list(wallets):
        raise SourceError(SourceFault.CUT_SHORT, f"{len(done.wallets)} of {len(wallets)} wallets")


def _log_change(before: OwnReading | None, reading: OwnReading) -> None:
    """Write down when rounds begin to be incomplete, and when they are complete again."""
    was = before.fault if before else None
    if reading.fault and reading.fault is not was:
        said = {"fault": str(reading.fault), "detail": reading.detail}
        log.warning("own reading incomplete", exchange=reading.exchange, chain=reading.chain, **said)
    elif was and reading.fault is None:
        log.info("own reading complete again", exchange=reading.exchange, chain=reading.chain)
