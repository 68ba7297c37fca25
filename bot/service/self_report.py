"""Says whether alerts can open and arrive, everywhere alike: what is concluded from the facts is what everybody hears.

`/readyz` and `/status` ask for the obstacles of the moment. `update` runs after every poll and every 15 s, and brings
the metric, the log and ERROR_CHAT up to date; HEARTBEAT_URL is called when it finds nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import structlog

from bot.delivery.obstacle_notices import ObstacleNotices
from bot.delivery.operator_notices import OperatorNotices
from bot.domain.obstacles import AlertFacts, AlertObstacle, ObstacleKind
from bot.messages.cards.obstacles import obstacle_notice
from bot.messages.obstacles import alert_obstacles
from bot.service.metrics import Metrics

log = structlog.get_logger()

REPORT_INTERVAL = timedelta(seconds=15)
"""Prometheus usually scrapes every 15 s or less often."""
_SEND_AGAIN_AFTER_S = 60.0  # a message to the operator that did not arrive

# What all workers know alike: of several, the one that polls tells the operator.
_SHARED_KINDS = frozenset(ObstacleKind) - {
    ObstacleKind.CLOCK,
    ObstacleKind.PLATFORM,
    ObstacleKind.JOBS,
    ObstacleKind.TEMPORARY_FILES,
    ObstacleKind.COMMANDS,
    ObstacleKind.IDENTITY,
    ObstacleKind.STORED_DATA,
}


class SelfReport:
    """Reports the obstacles of a worker.

    `tells_shared` returns whether this worker is the one that tells the operator of what all workers know alike.
    """

    def __init__(
        self,
        gather: Callable[[], Awaitable[AlertFacts]],
        *,
        metrics: Metrics,
        operator: OperatorNotices,
        tells_shared: Callable[[], bool],
    ) -> None:
        self._gather = gather
        self._metrics = metrics
        self._operator = operator
        self._tells_shared = tells_shared
        self._logged, self._sent = ObstacleNotices(), ObstacleNotices()
        self._send_again_at_s = 0.0
        self._key = uuid4().hex  # of the next message to the operator, the same for every try to send it
        self._updating = asyncio.Lock()

    async def obstacles(self) -> Sequence[AlertObstacle]:
        """Return why alerts may not open or arrive now, most harmful first; nothing when they can."""
        return alert_obstacles(await self._gather())

    async def update(self) -> Sequence[AlertObstacle]:
        """Bring the metric, the log and the operator up to date, and return the obstacles of the moment."""
        async with self._updating:
            obstacles = await self.obstacles()
            kinds = {obstacle.kind for obstacle in obstacles}
            for kind in ObstacleKind:
                self._metrics.set_can_alert(kind, can=kind not in kinds)
            self._log(obstacles)
            await self._tell_operator(obstacles)
            return obstacles

    def _log(self, obstacles: Sequence[AlertObstacle]) -> None:
        now_s = _now_s()
        news = self._logged.news(obstacles, now_s)
        for obstacle in news.begun:
            log.warning("alerts may not come", reason=str(obstacle.kind), sentence=obstacle.sentence)
        for obstacle in news.ended:
            log.info("obstacle to alerts is over", reason=str(obstacle.kind), was=obstacle.sentence)
        self._logged.told(news, now_s)

    async def _tell_operator(self, obstacles: Sequence[AlertObstacle]) -> None:
        now_s = _now_s()
        news = self._sent.news(obstacles, now_s)
        if not self._tells_shared():
            news = replace(news, begun=[obstacle for obstacle in news.begun if not _is_shared(obstacle)])
        if not news or now_s < self._send_again_at_s:
            return
        if await self._operator.send(obstacle_notice(news.begun, news.ended, news.lasting), self._key):
            self._sent.told(news, now_s)
            self._key = uuid4().hex
        else:
            self._send_again_at_s = now_s + _SEND_AGAIN_AFTER_S


def _is_shared(obstacle: AlertObstacle) -> bool:
    """Return whether all workers know this alike; that nobody polls is said by those who need it."""
    return obstacle.kind in _SHARED_KINDS and obstacle.about != "poll"


def _now_s() -> float:
    return asyncio.get_running_loop().time()
