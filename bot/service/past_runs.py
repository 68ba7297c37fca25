"""The runs of the past, worked out when somebody first asks: a quarter of a second of CPU each, in a thread.

One at a time: when 30 people ask for the same run at once, it is worked out once, and the others wait for it.
"""

import asyncio
from collections.abc import Sequence

from bot.domain.outflow_curve import OutflowCurve


class PastRuns:
    """The outflow curves of the episodes that show a run, by the episode's name."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._curves: dict[str, OutflowCurve] = {}

    async def curve(self, name: str) -> OutflowCurve | None:
        """Return how much left an exchange in a past run, by its name (`ftx-2022`); None when none is called so."""
        if name in self._curves:
            return self._curves[name]
        async with self._turn:
            if name not in self._curves and (curve := await asyncio.to_thread(_curve_of, name)):
                self._curves[name] = curve
        return self._curves.get(name)

    async def all(self) -> Sequence[OutflowCurve]:
        """Return every run of the past, in the order of the catalogue."""
        curves = [await self.curve(name) for name in await asyncio.to_thread(_names)]
        return [curve for curve in curves if curve]


def _names() -> Sequence[str]:
    from bot.replay.episodes.catalogue import EPISODES  # noqa: PLC0415 — half a second of CPU, for those who ask
    from bot.replay.outflow_curve import has_outflow_curve  # noqa: PLC0415 — as above

    return [episode.id for episode in EPISODES.values() if has_outflow_curve(episode)]


def _curve_of(name: str) -> OutflowCurve | None:
    from bot.replay.episodes.catalogue import EPISODES  # noqa: PLC0415 — as above
    from bot.replay.outflow_curve import has_outflow_curve, outflow_curve_of  # noqa: PLC0415 — as above

    episode = EPISODES.get(name)
    return outflow_curve_of(episode) if episode and has_outflow_curve(episode) else None
