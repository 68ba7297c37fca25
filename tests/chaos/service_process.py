"""A worker as `runwatch run --role …` starts it, in the time of a simulation.

    python -m tests.chaos.service_process poller      # the settings of the environment, CHAOS_TIME, CHAOS_MACHINE

Its machine's clock is that of CHAOS_MACHINE in the file CHAOS_TIME (`shared_time`), and may be wrong. The store's clock
is right. It polls ten times a second instead of every POLL_INTERVAL; whatever else takes seconds takes them here too.
"""

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path

from bot.config import settings
from bot.domain.worker import Role
from bot.service import logs
from bot.service.lifetime import serve
from bot.workers.corrected_clock import CorrectedClock
from tests.chaos.shared_time import SharedTime

_POLL_EVERY = timedelta(seconds=0.1)


def main() -> None:
    """Serve until SIGTERM."""
    given = settings.load(os.environ)
    logs.configure(given.log_level, given.log_format, settings.secrets(given))
    time = SharedTime(Path(os.environ["CHAOS_TIME"]))
    clock = CorrectedClock(time.machine(int(os.environ["CHAOS_MACHINE"])), counter=time.seconds)
    asyncio.run(serve(given, Role(sys.argv[1]), clock=clock, store_clock=time, poll_every=_POLL_EVERY))


if __name__ == "__main__":
    main()
