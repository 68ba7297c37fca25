"""Gives alerts and digests the picture that follows their text: its data, which whoever delivers draws.

The first post of a severe or critical outflow, and the escalation to it, get the run that `/chart binance run` shows:
what has left, beside the runs of the past. Where there are too few readings for one, or the past runs are not worked
out within a second, they get the flows a day. A digest gets the flows of the exchange that moved most.

An alert is never lost with its picture, and waits for it a second at most: so long as when nobody has asked for a past
run since the start. They are worked out then, for later alerts.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace

import structlog

from bot.domain.exchange import Exchange
from bot.domain.flow import Flow
from bot.domain.incident import Incident, Step, StepReason
from bot.domain.outflow_curve import OutflowCurve
from bot.domain.severity import Severity
from bot.domain.signal import Rule
from bot.domain.snapshot import ExchangeSnapshot
from bot.language.translation import written_in
from bot.messages.cards.chart import ChartWindow
from bot.messages.cards.chart_flows import flows_chart_card
from bot.messages.cards.chart_run import run_chart_card
from bot.messages.pictures import Picture
from bot.ports.outbox import Alert, DeliveryKind

log = structlog.get_logger()

_LONGEST_WAIT_S, _PAUSE_S = 1.0, 60.0
_NEWS = frozenset({StepReason.OPENED, StepReason.CONFIRMED, StepReason.ESCALATED})

_MakePicture = Callable[[], Picture | None]
"""Makes a picture in the language in force."""


class AlertPictures:
    """Makes the pictures of alerts.

    `snapshot` returns what is known of an exchange by its id, `outflow_curve` what has left it since the day before an
    incident began, `past_runs` the runs of the past.
    """

    def __init__(
        self,
        *,
        snapshot: Callable[[str], ExchangeSnapshot | None],
        outflow_curve: Callable[[Exchange, Incident], Awaitable[OutflowCurve | None]],
        past_runs: Callable[[], Awaitable[Sequence[OutflowCurve]]],
    ) -> None:
        self._snapshot = snapshot
        self._outflow_curve = outflow_curve
        self._past_runs = past_runs
        self._past_under_way: asyncio.Task[Sequence[OutflowCurve]] | None = None
        self._without_runs_until_s = 0.0  # on the loop's clock

    async def illustrated(self, step: Step, alerts: Sequence[Alert]) -> Sequence[Alert]:
        """Return the alerts of a step, those of them with a picture that begin a severe or critical outflow."""
        incident = step.incident
        if incident is None or not _is_illustrated(step, incident) or not any(map(_is_posted, alerts)):
            return alerts
        try:
            make_picture = await self._picture_of(incident)
            return [_with_picture(alert, make_picture) if _is_posted(alert) else alert for alert in alerts]
        except Exception:  # whatever it was, the alert goes out without a picture
            log.exception("alert goes out without a picture", incident=incident.label)
            return alerts

    async def _picture_of(self, incident: Incident) -> _MakePicture:
        """Return what makes the picture of an incident's outflow, from what is known of it now."""
        snapshot = self._snapshot(incident.subject)
        if snapshot is None:
            return lambda: None
        curve, past = await self._run(snapshot.exchange, incident)
        if curve and past:
            return lambda: run_chart_card(snapshot, curve, past, incident, ChartWindow.FORTNIGHT).picture
        return lambda: flows_chart_card(snapshot, [incident], ChartWindow.MONTH).picture

    async def _run(self, exchange: Exchange, incident: Incident) -> tuple[OutflowCurve | None, Sequence[OutflowCurve]]:
        """Return the outflow since the incident's day 0 and the past runs; nothing where that takes too long.

        Then it is not tried again for a minute: thirty alerts of one round must not wait for a second each.
        """
        if _now_s() < self._without_runs_until_s:
            return None, ()
        try:
            async with asyncio.timeout(_LONGEST_WAIT_S):
                curve = await self._outflow_curve(exchange, incident)
                return curve, await self._known_past_runs() if curve else ()
        except TimeoutError:
            log.info("picture without past runs: they take too long", incident=incident.label)
            self._without_runs_until_s = _now_s() + _PAUSE_S
            return None, ()

    async def _known_past_runs(self) -> Sequence[OutflowCurve]:
        # Shielded: whoever gives up waiting leaves them to the next alert.
        self._past_under_way = self._past_under_way or asyncio.ensure_future(self._past_runs())
        task = self._past_under_way
        try:
            return await asyncio.shield(task)
        finally:
            if task.done():
                self._past_under_way = None


class DigestPictures:
    """The pictures of the digests that are posted together: in most of them the same exchange has moved most.

    `incidents` are those of all exchanges, newest first.
    """

    def __init__(self, snapshots: Iterable[ExchangeSnapshot], incidents: Sequence[Incident]) -> None:
        self._snapshots = {snapshot.exchange.id: snapshot for snapshot in snapshots}
        self._incidents = incidents
        self._made: dict[tuple[str, str], Picture | None] = {}

    def illustrated(self, alert: Alert, movers: Sequence[tuple[Exchange, Flow]]) -> Alert:
        """Return a digest with the flows of the exchange that moved most; `movers` begin with that."""
        snapshot = self._snapshots.get(movers[0][0].id) if movers else None
        if snapshot is None:
            return alert
        key = snapshot.exchange.id, alert.message.language
        if key not in self._made:
            self._made[key] = self._made_for(snapshot, alert.message.language)
        return replace(alert, picture=self._made[key])

    def _made_for(self, snapshot: ExchangeSnapshot, language: str) -> Picture | None:
        subject = snapshot.exchange.id
        told = [
            incident
            for incident in self._incidents
            if incident.subject == subject and incident.source_rule == Rule.OUTFLOW
        ]
        try:
            with written_in(language):
                return flows_chart_card(snapshot, told, ChartWindow.MONTH).picture
        except Exception:  # whatever it was, the digests go out without a picture
            log.exception("digest goes out without a picture", exchange=subject)
            return None


def _with_picture(alert: Alert, make_picture: _MakePicture) -> Alert:
    with written_in(alert.message.language):
        return replace(alert, picture=make_picture())


def _is_posted(alert: Alert) -> bool:
    return alert.kind is DeliveryKind.POST


def _is_illustrated(step: Step, incident: Incident) -> bool:
    is_severe = incident.severity.rank >= Severity.SEVERE.rank
    return step.reason in _NEWS and is_severe and incident.source_rule == Rule.OUTFLOW


def _now_s() -> float:
    return asyncio.get_running_loop().time()
