"""Posts digests: at each place's own hour, once, what happened at the exchanges it has subscribed to.

The worker that polls looks every minute for places whose digest is due, 200 at a time. Places with the same
subscriptions, time and language share one message, so that 100,000 places that subscribed to everything are 500 alerts
and not 100,000. Measured with 20,000 of them: 1.7 s of CPU.

Posted once, whatever happens: the next time is written after the commit. Where a worker dies in between, the next one
commits again; what is queued already is queued no second time, and a place that has a message of that local day has it
edited, for the alert's kind is EDIT: where nothing was said yet, an edit is sent as a new message.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

import structlog

from bot.alerting.routing import reaches
from bot.detection.withdrawals.majors import judged_majors
from bot.domain.digest import LATE_BY_MOST, BlindSpan, Digest, DueDigest
from bot.domain.exchange import Exchange
from bot.domain.flow import Flow, Window
from bot.domain.incident import Incident, IncidentState
from bot.domain.place import Place, Subscription
from bot.domain.place_settings import PlaceSettings
from bot.domain.severity import Severity
from bot.domain.signal import Rule
from bot.domain.snapshot import ExchangeSnapshot
from bot.domain.stress import STRESS
from bot.domain.withdrawals import ExchangeWithdrawals, MajorWithdrawals
from bot.language.translation import written_in
from bot.messages.cards.digest import digest_card
from bot.messages.cards.flow_bounds import certain_share
from bot.monitoring.alert_pictures import DigestPictures
from bot.monitoring.place_languages import posting_language
from bot.ports.digests import Digests, DigestStep
from bot.ports.incidents import Incidents
from bot.ports.outbox import Alert, DeliveryKind
from bot.ports.place_settings import PlaceSettingsStore
from bot.ports.sources import Clock
from bot.ports.subscriptions import Subscriptions

log = structlog.get_logger()

PLACES_AT_A_TIME = 200
_RECENT_INCIDENTS = 500  # of the last weeks; more than a digest of four weeks could name
_RULE = "digest"
_WORTH_READING_FOR = timedelta(hours=12)  # from when it was due: longer than it may be late
_WAITS_FOR_FIGURES = timedelta(hours=1)  # after a start: then it says that there are none
_WEEK = timedelta(days=7)

_Terms = tuple[Subscription, ...]
"""A place's subscriptions without what is its own: two places with the same ones read the same digest."""
_Group = tuple[str, datetime, datetime, timedelta, datetime | None, _Terms, str]
"""Local day, since, until, period, first digest left out, subscriptions, and language: what decides a digest's text."""
_NOWHERE = Place.parse("terminal:digest")


class DigestPost:
    """Posts the digests that are due.

    `snapshots` returns what is known of every exchange, `withdrawals` what is known of one's by its id, `names` the
    exchanges' names by id.
    """

    def __init__(  # noqa: PLR0913 — the neighbours of one step, each named where they are put together
        self,
        digests: Digests,
        *,
        place_settings: PlaceSettingsStore,
        subscriptions: Subscriptions,
        incidents: Incidents,
        snapshots: Callable[[], Sequence[ExchangeSnapshot]],
        withdrawals: Callable[[str], ExchangeWithdrawals | None],
        names: Callable[[], Mapping[str, str]],
        clock: Clock,
    ) -> None:
        self._digests = digests
        self._place_settings = place_settings
        self._subscriptions = subscriptions
        self._incidents = incidents
        self._snapshots = snapshots
        self._withdrawals = withdrawals
        self._names = names
        self._clock = clock
        self._unsaved_spans: list[BlindSpan] = []

    def record_blind_span(self, since: datetime, until: datetime) -> None:
        """Remember that nothing was seen from `since` to `until`; it is stored at the next turn."""
        self._unsaved_spans.append(BlindSpan(since, until))

    async def post_due(self) -> None:
        """Post every digest that is due; raise StorageError."""
        while self._unsaved_spans:
            await self._digests.record_blind_span(self._unsaved_spans[0])
            del self._unsaved_spans[0]
        incidents: Sequence[Incident] | None = None
        while due := await self._digests.due(now := self._clock.now(), limit=PLACES_AT_A_TIME):
            if self._is_starting() and now - due[0].due < _WAITS_FOR_FIGURES:
                return
            if incidents is None:
                incidents = [*await self._incidents.open(), *await self._incidents.recent(_RECENT_INCIDENTS)]
            await self._post(due, incidents, now)
            if len(due) < PLACES_AT_A_TIME:
                return  # each of these has a later time by now, or none

    def _is_starting(self) -> bool:
        """Return whether nothing is known of any exchange yet, as just after the first start."""
        return not any(snapshot.signal for snapshot in self._snapshots())

    async def _post(self, due: Sequence[DueDigest], incidents: Sequence[Incident], now: datetime) -> None:
        places = [digest.place for digest in due]
        settings = await self._place_settings.of_places(places)
        subscriptions = await self._subscriptions.of_places(places)
        steps: list[DigestStep] = []
        groups: defaultdict[_Group, list[Place]] = defaultdict(list)
        for digest, settings_there, subscribed in zip(due, settings, subscriptions, strict=True):
            is_posted = settings_there.digest is not None and now - digest.due <= LATE_BY_MOST
            steps.append(DigestStep(digest, settings_there.next_digest_after(now), is_posted))
            if is_posted:
                groups[_group(digest, settings_there, subscribed)].append(digest.place)
        if groups:
            await self._commit(groups, incidents, now)
        await self._digests.advance(steps)
        log.info(
            "digests posted", places=sum(map(len, groups.values())), left_out=sum(not step.posted for step in steps)
        )

    async def _commit(
        self, groups: Mapping[_Group, Sequence[Place]], incidents: Sequence[Incident], now: datetime
    ) -> None:
        blind = await self._digests.blind_spans(min(since for _, since, *_ in groups))
        pictures, alerts = DigestPictures(self._snapshots(), incidents), []
        for group, places in groups.items():
            try:
                digest = self._digest(group, incidents, blind, now)
                alert = self._alert(group, places, digest, now)
            except Exception:  # tried again it would fail again, and no later digest would be posted before it
                log.exception("digest failed", place=str(places[0]), places=len(places))
            else:
                alerts.append(pictures.illustrated(alert, digest.movers))
            await asyncio.sleep(0)  # each takes about a millisecond, and no two places need have the same
        await self._incidents.commit(_RULE, _RULE, None, alerts)

    def _alert(self, group: _Group, places: Sequence[Place], digest: Digest, now: datetime) -> Alert:
        local_day, language = group[0], group[-1]
        of_day = f"{_RULE}:{local_day}"
        # The same group of the same places has the same id, in whichever worker.
        identity = sha256(repr((group, places)).encode()).hexdigest()[:16]
        with written_in(language):
            card = digest_card(digest, self._names())
        return Alert(
            id=f"{of_day}:{identity}",
            incident=of_day,
            severity=Severity.WATCH,  # behind all alerts
            kind=DeliveryKind.EDIT,
            message=card,
            created_at=now,
            expires_at=digest.until + _WORTH_READING_FOR,
            recipients=tuple(Subscription(place, None) for place in places),
            once=True,
        )

    def _digest(
        self, group: _Group, incidents: Sequence[Incident], blind: Sequence[BlindSpan], now: datetime
    ) -> Digest:
        _, since, until, period, left_out, terms, _ = group
        snapshots = [snapshot for snapshot in self._snapshots() if _subscription_to(snapshot.exchange.id, terms)]
        movers = _movers(snapshots, Window.WEEK if period >= _WEEK else Window.DAY)
        readings = [snapshot.reading for snapshot in snapshots if snapshot.reading]
        newest = max(readings, key=lambda reading: reading.as_of, default=None)
        return Digest(
            since,
            until,
            period,
            subscribed=bool(terms),
            incidents=_told(incidents, terms, since, until),
            movers=movers,
            incomparable=len(snapshots) - len(movers),
            closed=[
                (snapshot.exchange, closed)
                for snapshot in snapshots
                if (closed := self._closed_majors(snapshot.exchange, now))
            ],
            blind=[span for span in blind if span.since < until and span.until > since],
            left_out=left_out,
            source=newest.source if newest else "",
            as_of=newest.as_of if newest else None,
        )

    def _closed_majors(self, exchange: Exchange, now: datetime) -> Sequence[MajorWithdrawals]:
        withdrawals = self._withdrawals(exchange.id)
        return [major for major in judged_majors(withdrawals, now) if major.is_closed] if withdrawals else []


def _group(digest: DueDigest, settings: PlaceSettings, subscriptions: Sequence[Subscription]) -> _Group:
    period = settings.digest.period if settings.digest else timedelta()
    terms = tuple(
        replace(subscription, place=_NOWHERE, mention=None, created_by="", created_at=None, title="", follows=())
        for subscription in subscriptions
        if subscription.exchange != STRESS.id
    )
    local_day = digest.due.astimezone(settings.zone).date().isoformat()
    language = posting_language(settings)
    return local_day, digest.since(period), digest.due, period, digest.left_out, terms, language


def _subscription_to(exchange: str, terms: _Terms) -> Subscription | None:
    """Return the subscription by which a place hears of an exchange: its own, else that to all."""
    own = (subscription for subscription in terms if subscription.exchange == exchange)
    to_all = (subscription for subscription in terms if subscription.exchange is None)
    return next(own, None) or next(to_all, None)


def _told(incidents: Sequence[Incident], terms: _Terms, since: datetime, until: datetime) -> Sequence[Incident]:
    """Return the incidents of a time that subscriptions ask for, each number once, worst first."""
    told: dict[int, Incident] = {}
    for incident in incidents:
        subscription = _subscription_to(incident.subject, terms)
        is_over_before = incident.state is not IncidentState.OPEN and incident.changed_at < since
        if subscription is None or incident.rule == Rule.DATA or is_over_before or incident.opened_at >= until:
            continue
        if incident.sensitivity is subscription.sensitivity or incident.number not in told:
            told[incident.number] = incident
    wanted = [
        incident
        for incident in told.values()
        if (subscription := _subscription_to(incident.subject, terms)) and reaches(subscription, incident)
    ]
    return sorted(wanted, key=lambda incident: (-incident.peak.rank, -incident.number))


def _movers(snapshots: Sequence[ExchangeSnapshot], window: Window) -> Sequence[tuple[Exchange, Flow]]:
    """Return the exchanges with a flow that can be compared, the largest share first, whichever its direction."""
    measured = [
        (snapshot.exchange, flow)
        for snapshot in snapshots
        if snapshot.signal and (flow := snapshot.signal.flow(window)) and flow.hold is None
    ]
    return sorted(measured, key=lambda mover: -abs(certain_share(mover[1])))
