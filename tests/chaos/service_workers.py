"""Whole workers in processes of their own, to be killed, stopped and asked how they are; they end with this process."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import aiohttp

from bot.domain.worker import Role
from bot.storage.embedded import die_with_parent
from tests.chaos.shared_time import SharedTime
from tests.program import ROOT
from tests.waiting import until

_START_TIMEOUT_S = 120.0
_ANSWER_TIMEOUT = aiohttp.ClientTimeout(total=5)


@dataclass(eq=False)
class ServiceWorker:
    """One worker; its log goes to `log_path`.

    `machine` is the number of its machine in the shared time, whose clock was `ahead_h` hours ahead at the start.
    """

    role: Role
    machine: int
    ahead_h: int
    process: asyncio.subprocess.Process
    log_path: Path
    is_asleep: bool = False
    _address: str = ""

    @property
    def name(self) -> str:
        return f"{self.role} {self.machine}"

    @property
    def is_alive(self) -> bool:
        return self.process.returncode is None

    async def reasons(self, client: aiohttp.ClientSession) -> Sequence[str] | None:
        """Return what /readyz says is in the way; None when it does not answer."""
        if not (address := self._find_address()) or self.is_asleep:
            return None
        try:
            async with client.get(f"{address}/readyz", timeout=_ANSWER_TIMEOUT) as answer:
                reasons: Sequence[str] = (await answer.json())["reasons"]
                return reasons
        except (aiohttp.ClientError, TimeoutError):
            return None

    async def running(self) -> None:
        """Return once its store is open and its work has begun; raise RuntimeError when it has ended instead."""

        def is_running() -> bool:
            if not self.is_alive:
                raise RuntimeError(f"worker {self.name} has ended: {self.log_path.read_text()[-2000:]}")
            return any(line["event"] == "running" for line in self.lines())

        await until(is_running, f"a worker {self.name} that runs", limit=_START_TIMEOUT_S)

    def lines(self) -> Iterator[Mapping[str, Any]]:
        """Yield what it has logged."""
        for line in self.log_path.read_text(encoding="utf-8").splitlines():
            with suppress(ValueError):
                yield json.loads(line)

    async def kill(self) -> None:
        """End it as a crash would."""
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()

    def fall_asleep(self) -> None:
        """Let it stand still, in the middle of whatever it does."""
        self.is_asleep = True
        self.process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        """Let it go on as if no time had passed."""
        self.is_asleep = False
        self.process.send_signal(signal.SIGCONT)

    def _find_address(self) -> str:
        if not self._address:
            addresses = (line["address"] for line in self.lines() if line["event"] == "http server listening")
            self._address = next(addresses, "")
        return self._address


@dataclass(eq=False)
class ServiceWorkers:
    """Starts workers with these environment variables in a directory, and kills what is left of them at the end."""

    directory: Path
    time: SharedTime
    time_path: Path
    variables: Mapping[str, str]
    started: list[ServiceWorker] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        for worker in self.started:
            await worker.kill()

    @property
    def alive(self) -> Sequence[ServiceWorker]:
        """Return those that have not ended, the sleeping ones included."""
        return [worker for worker in self.started if worker.is_alive]

    async def start(self, role: Role, *, ahead_h: int = 0) -> ServiceWorker:
        """Start one on a machine of its own whose clock is ahead of the true time by so many hours."""
        machine = len(self.started)
        self.time.set_ahead(machine, timedelta(hours=ahead_h))
        log_path = self.directory / f"{role}-{machine}.log"
        with log_path.open("wb") as log_file:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", die_with_parent.__file__, str(os.getpid())),
                *(sys.executable, "-m", "tests.chaos.service_process", str(role)),
                cwd=self.directory,
                env={
                    "PATH": os.environ["PATH"],
                    "HOME": str(self.directory),
                    "PYTHONPATH": str(ROOT),
                    "CHAOS_TIME": str(self.time_path),
                    "CHAOS_MACHINE": str(machine),
                    **self.variables,
                },
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log_file,
                stderr=log_file,
            )
        worker = ServiceWorker(role, machine, ahead_h, process, log_path)
        self.started.append(worker)
        return worker
