"""Decides what the operator is told of obstacles: once when one begins, once when it ends, seldom while it flaps.

Example: at 12:00 the disk of the store is full, which is told once it has lasted ten seconds. At 12:05 it has room, and
that is told too. From 12:06 on it is full and free in turn every minute: the next message comes at 13:05, an hour after
the last one, and says what is true by then; so does the one at 14:05.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.obstacles import AlertObstacle, ObstacleKind

FLAPPING_PAUSE_S = 3600.0
"""Between two messages about what comes and goes."""
# How long an obstacle lasts before it is worth a message: a restart of the store, a reconnect to a platform or the
# start of the bot is over by then. So is what is only there at one look: after a suspended machine has woken, the last
# poll is hours old until the next one.
_PATIENCE_S: Mapping[ObstacleKind, float] = {
    ObstacleKind.STORE: 10.0,
    ObstacleKind.WORKERS: 30.0,
    ObstacleKind.PLATFORM: 120.0,
    ObstacleKind.COMMANDS: 120.0,
}
_FIRST_POLL_PATIENCE_S = 120.0
_USUAL_PATIENCE_S = 5.0

ObstacleKey = tuple[ObstacleKind, str]


@dataclass(frozen=True, slots=True)
class ObstacleNews:
    """What has begun and what has ended since the operator was told last; `ended` as it was told when it began.

    `lasting` was told before and is still there.
    """

    begun: Sequence[AlertObstacle] = ()
    ended: Sequence[AlertObstacle] = ()
    lasting: Sequence[AlertObstacle] = ()

    def __bool__(self) -> bool:
        return bool(self.begun or self.ended)


@dataclass(slots=True)
class _Known:
    """One obstacle: since when it is there (None: it is not), and as what the operator knows it (None: not at all).

    It flaps when it is there again within an hour after it was there and the operator was told of it.
    """

    there_since_s: float | None = None
    told: AlertObstacle | None = None
    quiet_until_s: float = 0.0
    was_there_s: float = -FLAPPING_PAUSE_S
    is_flapping: bool = False


@dataclass(slots=True)
class ObstacleNotices:
    """Remembers what the operator was told. Times are seconds of any clock that goes on evenly.

    `patience_s` is that with an obstacle of a kind that is not known to come and go.
    """

    patience_s: float = _USUAL_PATIENCE_S
    _known: dict[ObstacleKey, _Known] = field(default_factory=dict)

    def news(self, obstacles: Iterable[AlertObstacle], now_s: float) -> ObstacleNews:
        """Return what there is to tell at present; `told` records that it was."""
        present = {(obstacle.kind, obstacle.about): obstacle for obstacle in obstacles}
        for key in present.keys() | self._known.keys():
            self._see(self._known.setdefault(key, _Known()), is_there=key in present, now_s=now_s)
        begun = [obstacle for key, obstacle in present.items() if self._has_begun(key, now_s)]
        ended = [
            known.told
            for known in self._known.values()
            if known.told and known.there_since_s is None and now_s >= known.quiet_until_s
        ]
        lasting = [obstacle for key, obstacle in present.items() if self._known[key].told]
        self._known = {key: known for key, known in self._known.items() if _matters(known, now_s)}
        return ObstacleNews(begun, ended, lasting)

    def told(self, news: ObstacleNews, now_s: float) -> None:
        """Record that the operator was told."""
        for obstacle in news.begun:
            known = self._known[obstacle.kind, obstacle.about]
            known.told = obstacle
            # The end of what began in quiet times is told at once.
            known.quiet_until_s = now_s + FLAPPING_PAUSE_S if known.is_flapping else now_s
        for obstacle in news.ended:
            known = self._known[obstacle.kind, obstacle.about]
            known.told, known.quiet_until_s = None, now_s + FLAPPING_PAUSE_S

    def _see(self, known: _Known, *, is_there: bool, now_s: float) -> None:
        if not is_there:
            known.there_since_s = None
            return
        if known.there_since_s is None:
            known.there_since_s = now_s
            known.is_flapping = known.quiet_until_s > 0 and now_s < known.was_there_s + FLAPPING_PAUSE_S
        known.was_there_s = now_s

    def _has_begun(self, key: ObstacleKey, now_s: float) -> bool:
        known = self._known[key]
        if known.told or known.there_since_s is None or now_s < known.quiet_until_s:
            return False
        kind, about = key
        is_first_poll = kind is ObstacleKind.POLLS and about == "first"
        patience_s = _FIRST_POLL_PATIENCE_S if is_first_poll else _PATIENCE_S.get(kind, self.patience_s)
        return now_s >= known.there_since_s + patience_s


def _matters(known: _Known, now_s: float) -> bool:
    return bool(known.told) or now_s < max(known.quiet_until_s, known.was_there_s + FLAPPING_PAUSE_S)
