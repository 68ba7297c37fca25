"""Draws pictures in a process that starts with the first one and ends after five idle minutes.

Example: 120 people ask for the same picture in one second. It is drawn once, in 0.6 s with the start of the process;
the others wait for that, and whoever asks for it again gets it from memory. A picture that makes the process crash or
hang costs that picture alone: the process is ended, and the next picture starts a new one.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from datetime import timedelta
from hashlib import blake2b

import msgspec
import structlog
from typing_extensions import override

from bot.child_process.spawning import child_command, child_environment, end_child, frame_of, read_frame
from bot.domain.errors import DrawingFailed
from bot.language.translation import marked
from bot.messages.pictures import Picture, Theme
from bot.ports.pictures import PictureDrawer

log = structlog.get_logger()

IDLE = timedelta(minutes=5)
TIME_LIMIT = timedelta(seconds=8)
"""For one picture, the start of the process included: ten times what that takes on an idle machine."""
PATIENCE = timedelta(seconds=8)
"""How long an asker waits for a picture, those before it included: after that the text is sent without it."""
MAX_WAITING = 32  # more different pictures than are drawn in 8 s would be waited for in vain
CACHE_BYTES = 4 << 20  # about 50 pictures
MAX_PNG_BYTES = 2 << 20  # Telegram takes 10 MB; ours have 0.1 MB
_PAINTER_CODE = "from bot.chat.charts.painter_process import main; main()"
# One thread: the arithmetic is tiny, and each thread of OpenBLAS reserves memory that the process may not have.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
# Looked up by whoever shows them: a picture is drawn for all who wait for it, in whatever language they ask.
_UNDRAWABLE = marked("The picture could not be drawn.")
_TOO_SLOW = marked("The picture could not be drawn in time.")
_TOO_MANY = marked("Too many pictures are asked for just now; ask again in a minute.")


class PaintedPicture(msgspec.Struct):
    """What the process answers: `painter_process.DrawingAnswer`, which cannot be imported here."""

    png: bytes = b""
    fault: str = ""


_ENCODER, _DECODER = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(PaintedPicture)


class Painter(PictureDrawer):
    """Draws one picture at a time; call `close` at the end.

    `command` is what runs in the process, for tests. Times are those of the constants above.
    """

    def __init__(
        self,
        *,
        command: Sequence[str] = child_command(_PAINTER_CODE),
        idle: timedelta = IDLE,
        time_limit: timedelta = TIME_LIMIT,
        patience: timedelta = PATIENCE,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self._command = command
        self._idle = idle
        self._time_limit_s = time_limit.total_seconds()
        self._patience_s = patience.total_seconds()
        self._drawn = PictureCache(cache_bytes)
        self._under_way: dict[bytes, asyncio.Task[bytes]] = {}
        self._turn = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._idle_timer: asyncio.TimerHandle | None = None
        self._ending: asyncio.Task[None] | None = None

    @override
    async def draw(self, picture: Picture, theme: Theme) -> bytes:
        request = _ENCODER.encode({"picture": picture, "theme": theme})
        key = blake2b(request, digest_size=16).digest()
        if (png := self._drawn.get(key)) is not None:
            return png
        task = self._under_way.get(key) or self._begin(key, request)
        try:
            async with asyncio.timeout(self._patience_s):
                # Shielded: others wait for the same picture, and the next asker gets it from memory.
                return await asyncio.shield(task)
        except TimeoutError:
            raise DrawingFailed(_TOO_SLOW) from None

    @property
    def is_running(self) -> bool:
        """Return whether there is a process just now."""
        return self._process is not None and self._process.returncode is None

    async def close(self) -> None:
        """Give up what is being drawn and end the process; drawing again starts a new one."""
        for task in tuple(self._under_way.values()):
            task.cancel()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)
        self._cancel_timer()
        if self._ending:
            await self._ending
        await self._end()

    def _begin(self, key: bytes, request: bytes) -> asyncio.Task[bytes]:
        if len(self._under_way) >= MAX_WAITING:
            raise DrawingFailed(_TOO_MANY)
        task = asyncio.create_task(self._in_turn(key, request))
        self._under_way[key] = task
        task.add_done_callback(lambda done: self._finish(key, done))
        return task

    def _finish(self, key: bytes, task: asyncio.Task[bytes]) -> None:
        self._under_way.pop(key, None)
        if not task.cancelled():
            task.exception()  # taken here too, for nobody may be waiting for it any more

    async def _in_turn(self, key: bytes, request: bytes) -> bytes:
        async with self._turn:
            self._cancel_timer()
            try:
                async with asyncio.timeout(self._time_limit_s):
                    answer = await self._ask(request)
            except TimeoutError:
                await self._give_up("took too long")
                raise DrawingFailed(_TOO_SLOW) from None
            except (OSError, EOFError, RuntimeError, msgspec.MsgspecError) as error:
                # A RuntimeError: asyncio waits for a child in a thread, which the system may refuse to start.
                await self._give_up(type(error).__name__)
                raise DrawingFailed(_UNDRAWABLE) from error
            except asyncio.CancelledError:
                # Half an answer may be on its way: the next picture must not be taken for this one.
                await self._end()
                raise
            self._start_timer()
        if answer.fault or not answer.png:
            log.error("picture not drawn", fault=answer.fault)
            raise DrawingFailed(_UNDRAWABLE)
        self._drawn.add(key, answer.png)
        return answer.png

    async def _ask(self, request: bytes) -> PaintedPicture:
        process = await self._running_process()
        assert process.stdin is not None  # noqa: S101 -- PIPE was asked for; said for the type checker
        assert process.stdout is not None  # noqa: S101 -- as above
        process.stdin.write(frame_of(request))
        await process.stdin.drain()
        return _DECODER.decode(await read_frame(process.stdout, limit=MAX_PNG_BYTES))

    async def _running_process(self) -> asyncio.subprocess.Process:
        """Return the process; one that has ended while it was idle is replaced."""
        if self._process and self.is_running:
            return self._process
        await self._end()
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=child_environment(_ENVIRONMENT),
            # Matplotlib reads a `matplotlibrc` of the directory that it stands in, which is the operator's.
            cwd="/",
        )
        return self._process

    async def _give_up(self, reason: str) -> None:
        log.error("picture not drawn", fault=reason)
        await self._end()

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process:
            await _end_painter(process)

    def _start_timer(self) -> None:
        loop = asyncio.get_running_loop()
        self._idle_timer = loop.call_later(self._idle.total_seconds(), self._end_when_idle)

    def _cancel_timer(self) -> None:
        if self._idle_timer:
            self._idle_timer.cancel()

    def _end_when_idle(self) -> None:
        self._drawn.clear()  # an idle bot has no use for old pictures, and its memory is what it was before them
        # Taken away at once: a picture that is asked for meanwhile starts a process of its own.
        process, self._process = self._process, None
        if process:
            self._ending = asyncio.create_task(_end_painter(process))


async def _end_painter(process: asyncio.subprocess.Process) -> None:
    if process.stdin:
        process.stdin.close()
    await end_child(process)


class PictureCache:
    """The pictures that were asked for last, as many as fit into so many bytes."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._pictures: OrderedDict[bytes, bytes] = OrderedDict()

    def get(self, key: bytes) -> bytes | None:
        """Return a picture, None where it is not kept any more."""
        if (png := self._pictures.get(key)) is not None:
            self._pictures.move_to_end(key)
        return png

    def clear(self) -> None:
        """Forget all pictures."""
        self._pictures.clear()
        self._bytes = 0

    def add(self, key: bytes, png: bytes) -> None:
        """Keep a picture, and forget those that were not asked for longest."""
        self._bytes += len(png) - len(self._pictures.pop(key, b""))
        self._pictures[key] = png
        while self._bytes > self._most_bytes:
            _, forgotten = self._pictures.popitem(last=False)
            self._bytes -= len(forgotten)
