"""Asks exchanges themselves whether people can withdraw, and has what changed stored, shown and judged.

Example with 27 sources and an interval of 5 min. At 12:00 all are due and are asked (withdrawal_answers.py). 25 answer
within two seconds and are one round: what they say is taken in, stored and judged. Gate has closed USDT over Tron,
which is believed once the poll of 12:05 says it again. LBank takes 20 s: it is a round of its own, and nobody waited
for it. Upbit does not answer within its minute: after three such polls nothing is known of it.

Nothing that a source does ends more than its own answer. A store that is away delays storing and judging, and neither
asking nor what people are shown.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from operator import attrgetter

import structlog

from bot.detection.withdrawals.majors import judged_majors
from bot.detection.withdrawals.polls import PolledWithdrawals, after_polls
from bot.detection.withdrawals.thresholds import SILENT_POLLS
from bot.domain.errors import LeaseLost, SourceFault, StorageError
from bot.domain.obstacles import JobState
from bot.domain.reading import SourceHealth
from bot.domain.withdrawal_reading import WithdrawalReading
from bot.domain.withdrawals import (
    ExchangeWithdrawals,
    Majors,
    NetworkWithdrawals,
    WithdrawalTransition,
    raising_majors,
)
from bot.monitoring.isolation import Crashes, without_crashing
from bot.monitoring.source_health import SourceHealthRecord
from bot.monitoring.withdrawal_answers import BUDGET, SLOW_AFTER, WithdrawalAnswers
from bot.ports.meter import Meter
from bot.ports.readings import Readings
from bot.ports.sources import Clock, WithdrawalSource
from bot.ports.withdrawals import WithdrawalRecords

log = structlog.get_logger()

HEALTH_NAME = "withdrawals"
"""The health of every source is kept under it: `withdrawals/gate`."""
TURN = timedelta(seconds=5)
"""Between two looks for what is due, by the loop's own time."""

_HEALTH_LASTS = timedelta(hours=1)  # when an exchange last answered is kept with what it said
_NO_TIME = timedelta.resolution  # after one poll, what counts as another
_SLICE = 5  # answers taken in between two pauses of the event loop: some milliseconds
_BLOCKED_INTERVAL = timedelta(hours=1)  # a region stays blocked for months, and exchanges ban who insists
_BLOCKED_FOR = timedelta(hours=3)  # since the last answer: in a run, what guards an exchange blocks others for minutes

_SEEN_APART = frozenset({"as_of", "polled_at", "closed_share", "silent_polls", "networks"})
_all_but_these = attrgetter(*(field.name for field in fields(ExchangeWithdrawals) if field.name not in _SEEN_APART))
_all_but_when_confirmed = attrgetter(
    *(field.name for field in fields(NetworkWithdrawals) if field.name != "confirmed_at")
)


class WithdrawalPoller:
    """Polls withdrawal sources, at most one of each exchange.

    `is_asked` says whether an exchange, by its id, is watched and listed. It calls `on_known` with what is known of
    exchanges of which anything changed; `on_round`, once that was stored, with the same and the ids of those whose
    majors changed, so that they are judged; and `on_health` with a source's health before and now. `interval` is
    the least between two polls of a source, whose own may be longer. By the loop's time, `turn` is between two looks
    for what is due, `budget` what a source may take, and after `slow_after` another one is asked beside it. `rounds`
    counts how often what was due was asked, and what was answered taken in.
    """

    def __init__(  # noqa: PLR0913 — the neighbours of one step, each named where they are put together
        self,
        sources: Sequence[WithdrawalSource],
        *,
        records: WithdrawalRecords,
        readings: Readings,
        clock: Clock,
        meter: Meter,
        interval: timedelta,
        is_asked: Callable[[str], bool],
        on_known: Callable[[Iterable[ExchangeWithdrawals]], None],
        on_round: Callable[[Sequence[ExchangeWithdrawals], Collection[str]], Awaitable[None]],
        on_health: Callable[[SourceHealth, SourceHealth], Awaitable[None]],
        turn: timedelta = TURN,
        budget: timedelta = BUDGET,
        slow_after: timedelta = SLOW_AFTER,
    ) -> None:
        self._sources = {source.exchange: source for source in sources}
        self._records = records
        self._health = SourceHealthRecord(
            HEALTH_NAME,
            readings=readings,
            clock=clock,
            meter=meter,
            on_health=on_health,
            success_lasts=_HEALTH_LASTS,
        )
        self._clock = clock
        self._interval = interval
        self._is_asked = is_asked
        self._on_known = on_known
        self._on_round = on_round
        self._turn = turn
        self._answers = WithdrawalAnswers(clock, budget=budget, slow_after=slow_after)
        self._known: Mapping[str, ExchangeWithdrawals] = {}
        self._asked_at: dict[str, datetime] = {}
        self._saved: dict[str, ExchangeWithdrawals] = {}
        self._unsaved: dict[str, list[WithdrawalTransition]] = {}
        self._confirmed: dict[str, datetime] = {}  # exchanges that said nothing new, and when
        self._unjudged: set[str] = set()
        self._with_other_majors: set[str] = set()  # of those, the ones whose majors opened, closed or became unknown
        self._ended_s: float | None = None  # on the loop's time
        self._crash = ""
        self.rounds = 0
        self._is_store_away = False

    async def restore(self) -> None:
        """Take over what is stored, after a start or from another worker; raise StorageError."""
        stored = await self._records.all()
        await self._health.restore()
        self._known = {exchange: known for exchange, known in stored.items() if exchange in self._sources}
        self._saved = dict(self._known)
        self._unsaved.clear()
        self._confirmed.clear()
        # Whoever judges has to know all of them: three exchanges close a network, and one of them is polled next.
        self._unjudged = set(self._known)
        self._with_other_majors.clear()
        # A program that starts again and again asks nobody more often for it.
        self._asked_at = {exchange: known.polled_at for exchange, known in self._known.items() if known.polled_at}
        self._on_known(self._known.values())
        await self._health.show()

    def time_corrected(self) -> None:
        """Ask and judge everything anew: what is known was dated by a clock that was wrong."""
        self._asked_at.clear()
        self._unjudged |= self._known.keys()

    def state(self) -> JobState | None:
        """Return how taking in and judging goes, None where this worker has not begun with it."""
        if self._ended_s is None:
            return None
        ended_ago = timedelta(seconds=asyncio.get_running_loop().time() - self._ended_s)
        return JobState("read withdrawals", self._interval, ended_ago, self._crash)

    async def serve(self) -> None:
        """Ask what is due, and take in what was answered, until cancelled."""
        try:
            while self._sources:
                self._crash = await self._try_turn()
                self.rounds += 1
                self._ended_s = asyncio.get_running_loop().time()
                await self._answers.wait(self._turn)
        finally:
            self._ended_s = None
            await self._answers.stop()

    async def fetch(self, exchanges: Collection[str]) -> None:
        """Ask about some exchanges once, and believe what they say; nothing is judged. Raise StorageError.

        For a single question there is no second poll that could say it again.
        """
        asked = [source for exchange, source in self._sources.items() if exchange in exchanges]
        await self._answers.ask_now(asked)
        readings = self._answers.take()
        again = [replace(reading, as_of=reading.as_of + _NO_TIME) for reading in readings if not reading.fault]
        await self._take_in([*readings, *again])
        await self._save()

    def _ask_due(self) -> None:
        now = self._clock.now()
        for exchange, source in self._sources.items():
            if not self._answers.is_asked(exchange) and self._is_asked(exchange) and self._is_due(source, now):
                self._asked_at[exchange] = now
                self._answers.ask(source)

    def _is_due(self, source: WithdrawalSource, now: datetime) -> bool:
        asked_at, known = self._asked_at.get(source.exchange), self._known.get(source.exchange)
        is_blocked = (
            known
            and known.fault is SourceFault.BLOCKED
            and known.silent_polls >= SILENT_POLLS
            and (known.as_of is None or now - known.as_of >= _BLOCKED_FOR)
        )
        wait = max(self._interval_of(source.exchange), _BLOCKED_INTERVAL if is_blocked else timedelta())
        # Where the clock was set back, how long it was is not known any more.
        return asked_at is None or not timedelta() <= now - asked_at < wait

    def _interval_of(self, exchange: str) -> timedelta:
        return max(self._interval, self._sources[exchange].interval)

    async def _try_turn(self) -> str:
        """Ask what is due, and take in, store and have judged what is there.

        Return the name of an exception that nobody foresaw, "" for none.
        """
        try:
            self._ask_due()
            await self._take_in(self._answers.take())
            await self._save()
            await self._judge()
        except LeaseLost:
            log.warning("withdrawals not judged: another worker is the poller now")
        except StorageError as error:
            # Said when it begins: there is a turn every few seconds.
            write = log.debug if self._is_store_away else log.warning
            write("store away while reading withdrawals", error=str(error))
            self._is_store_away = True
            return ""
        except Exception as crash:
            log.exception("withdrawals could not be judged")  # the next turn tries again
            return type(crash).__name__
        self._is_store_away = False
        return ""

    async def _take_in(self, readings: Sequence[WithdrawalReading]) -> None:
        """Bring what is known up to date with answers, and show it; raise StorageError."""
        readings = [replace(reading, interval=self._interval_of(reading.exchange)) for reading in readings]
        crashes: dict[str, Exception] = {}
        for start in range(0, len(readings), _SLICE):
            self._believe(readings[start : start + _SLICE], crashes)
            await asyncio.sleep(0)
        failed = [_crashed(reading, crashes[reading.exchange]) for reading in readings if reading.exchange in crashes]
        self._believe(failed, {})
        for reading in (*(reading for reading in readings if reading.exchange not in crashes), *failed):
            await self._health.body_asked(reading.exchange, reading.fault, reading.detail)

    def _believe(self, readings: Sequence[WithdrawalReading], crashes: Crashes) -> None:
        if not readings:
            return
        before = _dated_before(readings, self._known)
        polled = without_crashing(
            lambda sound: after_polls(before, sound), readings, crashes, subject_of=lambda reading: reading.exchange
        )
        self._known = polled.known
        self._note_changes(before, polled)
        self._on_known([polled.known[exchange] for exchange in polled.changed])

    def _note_changes(self, before: Mapping[str, ExchangeWithdrawals], polled: PolledWithdrawals) -> None:
        """Remember what is to be stored and judged."""
        for exchange in polled.changed:
            known, new = polled.known[exchange], polled.transitions.get(exchange, ())
            if new or exchange in self._unsaved or _says_something_new(known, self._saved.get(exchange)):
                self._unsaved.setdefault(exchange, []).extend(new)
            elif known.as_of and known.fault is None:
                self._confirmed[exchange] = known.as_of
        self._unjudged |= set(polled.changed)
        self._with_other_majors |= {
            exchange for exchange in polled.changed if _majors(before.get(exchange)) != _majors(polled.known[exchange])
        }

    async def _save(self) -> None:
        """Store what changed; raise StorageError, and then the next turn stores it."""
        unsaved = {exchange: self._known[exchange] for exchange in self._unsaved}
        await self._records.save(list(unsaved.values()), self._unsaved)
        self._saved |= unsaved
        self._unsaved = {}
        for lost in await self._records.confirm(self._confirmed):
            self._saved.pop(lost, None)
        self._confirmed = {}

    async def _judge(self) -> None:
        """Have what changed judged; raise StorageError, and then the next turn has it judged."""
        if not self._unjudged:
            return
        await self._on_round([self._known[exchange] for exchange in sorted(self._unjudged)], self._with_other_majors)
        self._unjudged, self._with_other_majors = set(), set()


def _dated_before(
    readings: Iterable[WithdrawalReading], known: Mapping[str, ExchangeWithdrawals]
) -> Mapping[str, ExchangeWithdrawals]:
    """Return what is known with no poll that is dated later than the newest: that was done by a clock that was wrong.

    Otherwise the polls of the next five hours would count for nothing, where it was five hours fast.
    """
    redated = dict(known)
    for reading in readings:
        before, earlier = known.get(reading.exchange), reading.as_of - _NO_TIME
        if before and before.polled_at and before.polled_at > reading.as_of:
            as_of = min(before.as_of, earlier) if before.as_of else None
            networks = tuple(_not_dated_after(earlier, status) for status in before.networks)
            redated[reading.exchange] = replace(before, as_of=as_of, polled_at=earlier, networks=networks)
    return redated


def _not_dated_after(latest: datetime, status: NetworkWithdrawals) -> NetworkWithdrawals:
    """Return a network with no time after `latest`: closed since an hour to come, it would not be closed for any time.

    When it closed nobody knows then, so that its minutes are counted from now on.
    """
    return replace(
        status,
        since=min(status.since, latest),
        confirmed_at=min(status.confirmed_at, latest),
        pending_since=status.pending_since and min(status.pending_since, latest),
        known_since=status.known_since and min(status.known_since, latest),
    )


def _crashed(reading: WithdrawalReading, crash: Exception) -> WithdrawalReading:
    """Return what a reading on which the bot itself fails is taken for: an answer that cannot be read."""
    source = reading.exchange, reading.as_of, reading.source, reading.standing
    return WithdrawalReading(*source, fault=SourceFault.CRASHED, detail=type(crash).__name__)


def _says_something_new(known: ExchangeWithdrawals, saved: ExchangeWithdrawals | None) -> bool:
    """Return whether anything is to be written down of an exchange but that it was said once more, and when.

    At the largest it is 20 KB, every five minutes, of each exchange; the time alone is a few bytes.
    """
    return saved is None or _substance(known) != _substance(saved)


def _substance(known: ExchangeWithdrawals) -> tuple[object, ...]:
    share = None if known.closed_share is None else round(known.closed_share, 2)
    silent_polls = min(known.silent_polls, SILENT_POLLS)
    networks = [_all_but_when_confirmed(status) for status in known.networks]
    return _all_but_these(known), known.as_of is None, share, silent_polls, networks


def _majors(known: ExchangeWithdrawals | None) -> tuple[Majors, Majors]:
    """Return the majors as the newest poll has them, and which of them raise anything; none before the first."""
    majors = judged_majors(known, known.polled_at) if known and known.polled_at else ()
    return majors, raising_majors(majors)
