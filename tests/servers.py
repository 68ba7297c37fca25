"""Real servers to test against: every program found here, each on a unix socket in a directory of its own."""

import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.storage.binary import Binary, installed

_READY_WITHIN = 20.0


@dataclass
class Server:
    """One running server. `settings` are words for its command line, such as `("--maxmemory", "1mb")`."""

    binary: Binary
    settings: Sequence[str] = ()
    directory: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="rw-")))
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"unix://{self.directory}/s"

    def start(self) -> "Server":
        """Start it and return when it answers."""
        words = ("--port", "0", "--unixsocket", f"{self.directory}/s", "--dir", str(self.directory), "--save", "")
        self._process = subprocess.Popen(
            [str(self.binary.path), *words, "--appendonly", "yes", *self.settings],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _READY_WITHIN
        while self.ask("PING") != "+PONG":
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.binary.path} does not start with {self.settings}")
            time.sleep(0.005)
        return self

    def ask(self, command: str) -> str:
        """Send one command on a connection of its own and return the first line of the reply, "" when nobody answers."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(5)
            try:
                line.connect(f"{self.directory}/s")
                line.sendall(f"{command}\r\n".encode())
                return line.makefile("r").readline().strip()
            except OSError:
                return ""

    def kill(self) -> None:
        """End it as a crash would."""
        if self._process:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def stop(self) -> None:
        """End it and remove everything it kept."""
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)


def kinds() -> dict[str, Binary]:
    """Return every server program found here that is new enough, by name and version."""
    return {f"{one.path.name}-{'.'.join(map(str, one.version))}": one for one in installed() if one.new_enough}
