"""What a worker looks after every few seconds or minutes, beside its real work.

`jobs` is the table of it: gauges, places that are switched off, the operator's chat, a store that was emptied, and
which workers deliver. The worker that polls also forgets places that nobody came back for (`forget_disabled_places`).
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from bot.delivery.operator_notices import OPERATOR_CHECK_INTERVAL, OperatorNotices
from bot.delivery.place_recovery import PLACE_CHECK_INTERVAL, PlaceRecovery
from bot.domain.incident import open_by_number
from bot.domain.severity import Severity
from bot.domain.stress import STRESS
from bot.domain.worker import Role
from bot.messages.cards.about import emptied_notice
from bot.ports.sources import Clock
from bot.service.metrics import Metrics
from bot.service.schedule import Job
from bot.service.worker_status import WorkerStatus
from bot.storage.known_subscriptions import KnownSubscriptions
from bot.storage.store import Store

log = structlog.get_logger()

_GAUGES_INTERVAL = timedelta(seconds=30)  # Prometheus usually scrapes every 15 to 60 s
_HEARTBEAT_INTERVAL = timedelta(seconds=7)  # less than half of the 15 s for which a heartbeat counts
_STORE_CHECK_INTERVAL = timedelta(minutes=1)
_MAX_NAMED = 10  # unreadable values: a store that is damaged everywhere has a thousand
_DAMAGE_SHOWN_FOR = timedelta(hours=1)  # nothing is wrong any more, but what was lost is worth a look
_FORGET_DISABLED_AFTER = timedelta(days=30)


class Upkeep:
    """The periodic jobs.

    `undelivered` says in a sentence that no worker delivers, where that is so.
    """

    def __init__(  # noqa: PLR0913 — the neighbours of one step, each named where they are put together
        self,
        store: Store,
        *,
        status: WorkerStatus,
        operator: OperatorNotices,
        place_recovery: PlaceRecovery,
        is_watched: Callable[[str], bool],
        clock: Clock,
        metrics: Metrics,
        known_subscriptions: KnownSubscriptions,
    ) -> None:
        self.undelivered: Sequence[str] = ()
        self._store = store
        self._status = status
        self._operator = operator
        self._place_recovery = place_recovery
        self._is_watched = is_watched
        self._clock = clock
        self._metrics = metrics
        self._known_subscriptions = known_subscriptions
        self._places_before_loss = 0
        self._lost_subscriptions = ""
        self._is_started = False
        self._repairs_shown_until = clock.now() + _DAMAGE_SHOWN_FOR
        self._unreadable_until: dict[str, datetime] = {}  # in the order in which they were met

    def jobs(self, role: Role) -> Sequence[Job]:
        """Return what a worker with this role does regularly."""
        return [
            Job("gauges", self.update_gauges, every=_GAUGES_INTERVAL),
            Job("places", self.check_places, every=PLACE_CHECK_INTERVAL),
            Job("operator", self.check_operator_chat, every=OPERATOR_CHECK_INTERVAL),
            # Only a worker with a platform can tell the operator.
            *([Job("store", self.check_store, every=_STORE_CHECK_INTERVAL)] if self._status.connections else []),
            Job("heartbeat", self.beat, every=_HEARTBEAT_INTERVAL)
            if role.delivers
            else Job("delivery workers", self.check_delivery_workers, every=_HEARTBEAT_INTERVAL),
        ]

    async def update_gauges(self) -> None:
        """Bring the gauges up to date that show what all workers share."""
        for platform, trouble in self._status.troubles().items():
            self._metrics.set_platform_connected(platform, is_connected=not trouble)
        for lease, runner in self._status.lease_runners.items():
            self._metrics.set_lease(lease, is_owner=runner.is_owner)
        are_open = open_by_number(await self._store.incidents.open()).values()
        open_by_severity = Counter(incident.severity for incident in are_open)
        for severity in Severity:
            self._metrics.set_open_incidents(severity, open_by_severity[severity])
        for (platform, severity), depth in (await self._store.outbox.depth()).items():
            self._metrics.set_outbox_depth(platform, severity, depth)
        self._metrics.set_outbox_oldest(await self._store.outbox.oldest_queued_at())

    async def beat(self) -> None:
        """Let the other workers know, for some seconds, that this one delivers to its platforms."""
        await self._store.heartbeats.beat(chat.platform for chat in self._status.connections if chat.is_admitted)

    async def check_delivery_workers(self) -> None:
        """Find out whether any worker delivers: to this one's platforms or, where it has none, anywhere."""
        served = await self._store.heartbeats.served_platforms()
        missing = sorted({chat.platform for chat in self._status.connections}.difference(served))
        nobody_delivers = bool(missing) if self._status.connections else not served
        where = f" to {' and '.join(missing)}" if missing else ""
        sentence = f"no worker delivers{where}: start one with --role courier or all"
        self.undelivered = (sentence,) if nobody_delivers else ()

    async def check_places(self) -> None:
        """Say which places were switched off, and find out which are open again, where this worker listens."""
        await self._place_recovery.check_places()

    async def check_operator_chat(self) -> None:
        """Find out whether the operator can be told of problems, where this worker listens."""
        await self._operator.check_reachable()

    async def check_store(self) -> None:
        """Tell the operator when the store has lost everything: without subscriptions silence would look like calm."""
        if all(chat.is_refused for chat in self._status.connections):
            return  # the store is another bot's, whose own workers look after it
        if await self._store.was_emptied():
            log.critical("the store was emptied: every subscription is gone")
            await self._operator.send(emptied_notice(), f"emptied:{self._clock.now().isoformat()}")
        elif not self._is_started:
            await self._compare_subscriptions()
        self._is_started = True
        await self.remember_subscriptions()

    async def remember_subscriptions(self) -> None:
        """Write down beside the store how many places have subscribed, for the next start; raise StorageError."""
        places = await self._store.subscriptions.count()
        self._known_subscriptions.remember(places)
        if places * 2 >= self._places_before_loss:
            self._lost_subscriptions = ""

    async def _compare_subscriptions(self) -> None:
        """Find out whether subscriptions are gone since the bot last ran."""
        if loss := self._known_subscriptions.loss(await self._store.subscriptions.count()):
            log.critical("subscriptions are gone", reason=loss)
            self._places_before_loss = self._known_subscriptions.places
            self._lost_subscriptions = loss

    def stored_data(self) -> Sequence[str]:
        """Return what was damaged, lost or repaired in the store, each always at the same place: "" for nothing there.

        Lost subscriptions are the first until they are back, repairs the second for an hour after the start, values
        that cannot be read the others, each for an hour after it was met: they are left out, and nobody can bring them
        back by waiting for it.
        """
        now = self._clock.now()
        repairs = self._store.notices if now < self._repairs_shown_until else ()
        for sentence in self._store.unreadable:
            self._unreadable_until.setdefault(sentence, now + _DAMAGE_SHOWN_FOR)
        unreadable = [sentence if now < until else "" for sentence, until in self._unreadable_until.items()]
        rest = sum(map(bool, unreadable[_MAX_NAMED:]))
        more = [f"{rest} more stored values cannot be read and are left out; the log names them"] if rest else []
        return [self._lost_subscriptions, " ".join(repairs), *unreadable[:_MAX_NAMED], *more]

    async def forget_disabled_places(self) -> None:
        """Forget places, with their subscriptions, that could not be reached for a month."""
        # Both clocks have to say that a month has passed: what is forgotten is gone for good.
        now = min(self._clock.now(), await self._store.check_writes())
        for place in await self._store.subscriptions.forget_disabled(now - _FORGET_DISABLED_AFTER):
            log.info("place forgotten", place=str(place))

    async def warn_of_unwatched(self) -> None:
        """Log the exchanges that somebody has subscribed to and EXCHANGES does not name; raise StorageError."""
        subscribed = {*await self._store.subscriptions.exchanges()} - {STRESS.id}
        if unwatched := sorted(exchange_id for exchange_id in subscribed if not self._is_watched(exchange_id)):
            log.warning("subscribed exchanges missing from EXCHANGES", names=unwatched)
