"""Keeps the state that answers are made from up to date, whichever worker has read and judged.

The worker that polls judges its own readings and publishes "binance changed". Every other worker reads Binance's
snapshot from the store then, so that all answer the same.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from bot.commands.queries import LatestState
from bot.detection.pegs import PEG_RULE
from bot.detection.price_gaps import PRICE_GAP_RULE
from bot.detection.proofs import PROOF_RULE
from bot.detection.withdrawals.closed_networks import NETWORK_RULE
from bot.detection.withdrawals.closed_withdrawals import WITHDRAWALS_RULE
from bot.domain.exchange import Exchange
from bot.domain.peg import CoinPeg
from bot.domain.price_gap import ExchangeGaps
from bot.domain.proof_of_reserves import ProofOfReserves
from bot.domain.reading import SourceHealth
from bot.domain.snapshot import ExchangeSnapshot
from bot.domain.withdrawals import ExchangeWithdrawals
from bot.monitoring.chain_poller import ChainPoller
from bot.monitoring.isolation import isolated
from bot.monitoring.peg_poller import VENUES_NAME, PegPoller
from bot.monitoring.poll import SourcePoller
from bot.monitoring.proof_poller import ProofPoller
from bot.monitoring.snapshot_builder import SnapshotBuilder
from bot.monitoring.watch import Watch
from bot.monitoring.withdrawal_poller import WithdrawalPoller
from bot.ports.workers import ChangeFeed
from bot.service.metrics import Metrics

_WITHDRAWALS = "withdrawals"
"""In the change feed: that of some exchanges' withdrawals something else is known."""
_PROOFS = "proofs"
"""In the change feed: that exchanges were asked for their proofs of reserves."""
_PRICES = "prices"
"""In the change feed: that sources of stablecoins' prices answer or fail otherwise than before."""
_OWN_READINGS = "own readings"
"""In the change feed: that the bot itself has read something on chain."""


class LatestUpdates:
    """Fills the latest state from the store, from other workers' changes, and from this worker's own judging.

    `is_judging` is true while this worker owns the lease to poll. `remember_incidents` is called whenever there may be
    other incidents than before.
    """

    def __init__(  # noqa: PLR0913 — the neighbours of one step, each named where they are put together
        self,
        latest: LatestState,
        *,
        poller: Callable[[], SourcePoller],
        withdrawal_poller: Callable[[], WithdrawalPoller],
        proof_poller: Callable[[], ProofPoller],
        peg_poller: Callable[[], PegPoller],
        chain_poller: Callable[[], ChainPoller],
        snapshot_builder: SnapshotBuilder,
        watch: Watch,
        change_feed: ChangeFeed,
        metrics: Metrics,
        remember_incidents: Callable[[], Awaitable[None]],
    ) -> None:
        self.is_judging = False
        self._latest = latest
        self._poller = poller
        self._withdrawal_poller = withdrawal_poller
        self._proof_poller = proof_poller
        self._peg_poller = peg_poller
        self._chain_poller = chain_poller
        self._snapshot_builder = snapshot_builder
        self._watch = watch
        self._change_feed = change_feed
        self._metrics = metrics
        self._remember_incidents = remember_incidents
        self._commits_remembered: int | None = None
        self._judging_lock = asyncio.Lock()

    def start_judging(self) -> None:
        """Begin to judge; what another worker has committed until now is not known yet."""
        self._commits_remembered = None
        self.is_judging = True

    def stop_judging(self) -> None:
        """Leave judging to another worker."""
        self.is_judging = False

    @property
    def has_newest_incidents(self) -> bool:
        """Return whether the incidents in memory are those of the store.

        They are while this worker judges, for nobody else changes incidents then, and has read them since it last
        committed one. Between a commit and the end of its round they are not.
        """
        return self.is_judging and self._commits_remembered == self._watch.commits

    async def restore(self) -> None:
        """Fill the latest state from the store, so that questions are answered before the first poll."""
        await self._poller().restore()
        await self._withdrawal_poller().restore()
        await self._proof_poller().restore()
        await self._peg_poller().restore()
        await self._chain_poller().restore()
        for listing in list(self._latest.listings.values()):
            with isolated(listing.exchange.id, {}):
                snapshot = await self._snapshot_builder.snapshot(listing.exchange)
                if snapshot.reading:
                    self._set_snapshot(snapshot)
        await self._remember_incidents()

    async def follow(self, exchange_ids: Collection[str]) -> None:
        """Take over what other workers published about exchanges; raise StorageError."""
        # Under the lock: a judging round must not see an exchange's incidents forgotten in its middle.
        async with self._judging_lock:
            if not self.is_judging:
                await self._follow_pollers(exchange_ids)
            exchanges = [
                listing.exchange for exchange_id in exchange_ids if (listing := self._latest.listings.get(exchange_id))
            ]
            for exchange in exchanges:
                self._snapshot_builder.forget_incidents(exchange.id)
            if self.is_judging:
                # Whoever judges has the newest readings. Others can only add to them, such as a new suppression.
                for exchange in exchanges:
                    with isolated(exchange.id, {}):
                        self._latest.set_snapshot(await self._snapshot_builder.snapshot(exchange))
                return
            async for snapshots in self._snapshot_builder.snapshots_by_round(exchanges):
                for snapshot in snapshots:
                    self._set_snapshot(snapshot)
        await self._remember_incidents()

    async def _follow_pollers(self, published: Collection[str]) -> None:
        """Take over what the worker that polls has read."""
        await self._poller().follow()
        # Before snapshots, of which it is a part.
        if _WITHDRAWALS in published:
            await self._withdrawal_poller().restore()
        if _PROOFS in published:
            await self._proof_poller().restore()
        if _PRICES in published:
            await self._peg_poller().restore()
        if _OWN_READINGS in published:
            await self._chain_poller().restore()

    async def judge(self, exchanges: Sequence[Exchange]) -> Mapping[str, Exception]:
        """Judge a round of new readings, then let the other workers know; raise StorageError.

        Return what went wrong unforeseen, by the ids of the exchanges that could not be judged.
        """
        async with self._judging_lock:
            crashes = await self._watch.judge_exchanges(exchanges)
        await self._remember_changed_incidents()
        await self._change_feed.publish(exchange.id for exchange in exchanges)
        return crashes

    async def judge_signal(self, rule: str, readings: Sequence[Any], names: Mapping[str, str] | None = None) -> None:
        """Judge what a signal source beside the outflow read at one time; raise StorageError.

        `names` are what exchanges are called that may not be on the list.
        """
        names = {**(names or {}), **self._listed_names()}
        async with self._judging_lock:
            await self._watch.judge_other_source(rule, readings, names)
        if await self._remember_changed_incidents():
            await self._change_feed.publish([""])  # so that other workers read the incidents, too

    def _listed_names(self) -> Mapping[str, str]:
        return {exchange_id: row.exchange.name for exchange_id, row in self._latest.listings.items()}

    async def _remember_changed_incidents(self) -> bool:
        """Read the incidents again that suggestions are made from, if one has changed, and return whether it has."""
        commits = self._watch.commits
        if commits == self._commits_remembered:
            return False
        await self._remember_incidents()
        # Not the count of now: what another round has committed meanwhile may have come too late to be read.
        self._commits_remembered = commits
        return True

    async def judge_withdrawals(self, known: Sequence[ExchangeWithdrawals], majors_changed: Iterable[str]) -> None:
        """Judge what is known of withdrawals, and outflows anew where a major opened or closed; raise StorageError.

        An outflow becomes critical at once: its next reading may be six hours away, and then shows an exchange that
        nothing leaves any more.
        """
        await self._change_feed.publish([_WITHDRAWALS])
        for rule in (WITHDRAWALS_RULE, NETWORK_RULE):
            await self.judge_signal(rule, known)
        rows = (self._latest.listings.get(exchange_id) for exchange_id in sorted(majors_changed))
        if exchanges := [row.exchange for row in rows if row]:
            await self.judge(exchanges)

    async def judge_proofs(self, proofs: Sequence[ProofOfReserves]) -> None:
        """Judge proofs that exchanges told, or none once more, and let the other workers know; raise StorageError."""
        await self._change_feed.publish([_PROOFS])
        await self.judge_signal(PROOF_RULE, proofs)

    async def judge_pegs(self, coins: Sequence[CoinPeg]) -> None:
        """Judge what is known of stablecoins after a poll; raise StorageError."""
        await self.judge_signal(PEG_RULE, coins)

    async def judge_price_gaps(self, exchanges: Sequence[ExchangeGaps]) -> None:
        """Judge how far prices at exchanges are from those of others after a poll; raise StorageError."""
        await self.judge_signal(PRICE_GAP_RULE, exchanges, {told.exchange: told.name for told in exchanges})

    async def record_price_health(self, was: SourceHealth, now: SourceHealth) -> None:
        """Show how a source of prices is doing, here and, where that has changed, elsewhere."""
        if now.source.partition("/")[0] == VENUES_NAME:
            self._latest.set_venue_health(now)
        else:
            self._latest.set_price_health(now)
        if (was.fault, was.detail, was.last_success is None) != (now.fault, now.detail, now.last_success is None):
            await self._change_feed.publish([_PRICES])

    async def tell_own_readings(self) -> None:
        """Let the other workers know that there are newer own readings; raise StorageError."""
        await self._change_feed.publish([_OWN_READINGS])

    async def record_health(self, was: SourceHealth, now: SourceHealth) -> None:
        """Show how a source is doing, here and elsewhere."""
        self._latest.set_health(now)
        if now is not was:
            await self._change_feed.publish([now.source.partition("/")[2].removesuffix("cexs")])
        if now.last_success:
            self._metrics.set_source_answered(now.source, now.last_success)

    async def record_withdrawal_health(self, _was: SourceHealth, now: SourceHealth) -> None:
        """Show how a withdrawal source is doing here; others learn of it with what is known of its exchange."""
        self._latest.set_withdrawal_health(now)
        if now.last_success:
            self._metrics.set_source_answered(now.source, now.last_success)

    async def record_proof_health(self, _was: SourceHealth, now: SourceHealth) -> None:
        """Show how a source of proofs is doing here; others learn of it with its proofs."""
        self._latest.set_proof_health(now)
        if now.last_success:
            self._metrics.set_source_answered(now.source, now.last_success)

    def _set_snapshot(self, snapshot: ExchangeSnapshot) -> None:
        self._latest.set_snapshot(snapshot)
        if snapshot.reading:
            self._metrics.set_reading_time(snapshot.exchange.id, snapshot.reading.as_of)
