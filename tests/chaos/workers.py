"""Workers in processes of their own, to be killed; they end with the process that started them."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bot.domain.place import Platform
from bot.storage.embedded import die_with_parent
from tests.chaos.delivery_process import DeliverySpeed
from tests.program import ROOT
from tests.waiting import in_time

PLATFORMS = (Platform.TELEGRAM, Platform.DISCORD)
_START_TIMEOUT_S = 90.0


@dataclass(eq=False)
class WorkerProcess:
    """One worker; `log_path` is where its log goes."""

    process: asyncio.subprocess.Process
    log_path: Path
    _platforms_not_ready: int = len(PLATFORMS)

    async def ready(self) -> None:
        """Return once it delivers to both platforms; raise RuntimeError with its log when it never will."""
        async with in_time("a worker that is ready on both platforms", limit=_START_TIMEOUT_S):
            while self._platforms_not_ready:
                line = await self.process.stdout.readline() if self.process.stdout else b""
                if line != b"ready\n":
                    raise RuntimeError(f"a worker did not start: {self.log_path.read_text()[-2000:]}")
                self._platforms_not_ready -= 1

    async def kill(self) -> None:
        """End it as a crash would."""
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()

    def stop(self) -> None:
        """Let it stand still, in the middle of whatever it does."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on as if no time had passed."""
        self.process.send_signal(signal.SIGCONT)


@dataclass(eq=False)
class WorkerProcesses:
    """Starts workers with these environment variables in a directory, and kills what is left of them at the end."""

    directory: Path
    variables: dict[str, str]
    speed: DeliverySpeed

    def __post_init__(self) -> None:
        self._started: list[WorkerProcess] = []

    async def start(self, **variables: str) -> WorkerProcess:
        """Start one, with some variables of its own; it delivers after `ready`."""
        log_path = self.directory / f"worker-{len(self._started)}.log"
        with log_path.open("wb") as log_file:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", die_with_parent.__file__, str(os.getpid())),
                *(sys.executable, "-m", "tests.chaos.delivery_process"),
                cwd=self.directory,
                env={"PATH": os.environ["PATH"], "HOME": str(self.directory), "PYTHONPATH": str(ROOT)}
                | self.variables
                | variables
                | {"CHAOS_SPEED": self.speed.as_json()},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log_file,
            )
        worker = WorkerProcess(process, log_path)
        self._started.append(worker)
        return worker

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        for worker in self._started:
            await worker.kill()

    def complaints(self) -> list[str]:
        """Return every line that any of them has logged."""
        return [line for worker in self._started for line in worker.log_path.read_text().splitlines()]
