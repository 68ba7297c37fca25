"""Three weeks in which prices fall, rise and nobody leaves: nothing may fire."""

from datetime import UTC, datetime

from bot.replay.episode import Episode, Waypoint
from bot.replay.episodes.exchanges import EXCHANGES


def _at(month: int, day: int) -> datetime:
    return datetime(2023, month, day, tzinfo=UTC)


def _path(*points: tuple[int, float]) -> tuple[Waypoint, ...]:
    return tuple(Waypoint(_at(3, day), multiple) for day, multiple in points)


QUIET_WEEKS = Episode(
    id="quiet-weeks",
    title="Three quiet weeks",
    label="invented: ordinary noise, one price crash, one rally",
    exchanges=EXCHANGES,
    live_start=_at(3, 1),
    live_end=_at(3, 22),
    price_paths={
        "BTC": _path((1, 1.0), (8, 1.01), (9, 0.89), (15, 0.9), (17, 1.03), (22, 1.02)),
        "ETH": _path((1, 1.0), (8, 1.0), (9, 0.87), (15, 0.88), (17, 1.04), (22, 1.02)),
        "market": _path((1, 1.0), (8, 1.0), (9, 0.84), (15, 0.86), (17, 1.03), (22, 1.0)),
    },
    speed=20_160.0,
    seed=20230301,
)
