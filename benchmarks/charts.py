"""Measures what a picture costs: CPU of the process that draws, and how long the bot's event loop stands still.

    python -m benchmarks.charts [--rounds 20]

Cold is the first picture of a process, everything that it imports included; warm is every further one, the mean over
the four kinds in both themes. The process takes 75 MB while there is something to draw; the bot's own memory is what
`benchmarks.idle` measures. The stall is the most CPU time that the bot takes between two turns of its loop while it
asks for pictures.
"""

import argparse
import asyncio
import resource
from dataclasses import replace
from datetime import timedelta

from benchmarks.figure import Figure, tell
from benchmarks.stalls import longest_stall_s
from bot.chat.charts.painter import Painter
from bot.messages.pictures import Picture, Theme
from tests.chat.charts import samples

_PICTURES = (
    samples.flows(*(0.002, -0.003) * 45),
    samples.reserves(*(64e9, 62e9) * 45),
    *list(samples.ALL.values())[2:],
)
_COLD_S, _WARM_MS, _STALL_MS, _PROCESS_MB = 1.5, 300.0, 20.0, 120.0
_PATIENT = timedelta(minutes=1)


async def measured(rounds: int) -> list[Figure]:
    """Return the figures of a process with one picture, and of one with `rounds` of each kind and theme."""
    cold_s, _ = await _drawn(_PICTURES[:1])
    pictures = [replace(picture, headline=f"{number}") for number in range(rounds) for picture in _PICTURES]
    all_s, stall_s = await _drawn((_PICTURES[0], *pictures))
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return [
        Figure("A picture, cold, CPU", "s", cold_s, at_most=_COLD_S),
        Figure("A picture, warm, CPU", "ms", (all_s - cold_s) / len(pictures) * 1000, at_most=_WARM_MS),
        Figure("Longest stall while pictures are drawn", "ms", stall_s * 1000, at_most=_STALL_MS),
        Figure("Peak memory of the process that draws", "MB", peak_mb, at_most=_PROCESS_MB),
    ]


async def _drawn(pictures: tuple[Picture, ...]) -> tuple[float, float]:
    """Return the CPU seconds of a process that draws these pictures, and the longest stall of our loop meanwhile."""
    painter = Painter(time_limit=_PATIENT, patience=_PATIENT)
    before_s = _children_cpu_s()

    async def draw_all() -> None:
        for number, picture in enumerate(pictures):
            await painter.draw(picture, list(Theme)[number % len(Theme)])

    stall_s = await longest_stall_s(draw_all)
    await painter.close()
    return _children_cpu_s() - before_s, stall_s


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    tell(asyncio.run(measured(rounds)), rounds=rounds)


if __name__ == "__main__":
    main()
