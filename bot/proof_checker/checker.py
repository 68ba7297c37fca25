"""Checks each proof in a new process, which is given the file on standard input and ends with its answer.

A process, because a proof of Gate or Binance takes up to half a second of the interpreter lock, and because a file that
somebody sends can make at most that process fail: its memory and its time are limited, and it is given no secrets. One
proof is checked at a time; another four may wait. Nothing of a file is logged, stored or kept in memory.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import msgspec
import structlog
from typing_extensions import override

from bot.child_process.spawning import child_command, child_environment, end_child, read_frame
from bot.domain.errors import AskerError
from bot.inclusion_proofs.result import InclusionProof, UnreadableProof
from bot.language.translation import marked, tr
from bot.ports.proof_checks import ProofChecker
from bot.proof_checker.worker import MAX_ANSWER_BYTES, ProofAnswer

log = structlog.get_logger()

TIME_LIMIT = timedelta(seconds=15)
"""For one file, those before it included: twenty times what a check takes on an idle machine."""
MAX_WAITING = 5
_WORKER_CODE = "from bot.proof_checker.worker import main; main()"
_DECODER = msgspec.msgpack.Decoder(ProofAnswer)
_BUSY = marked("Too many files are being checked just now. Send yours again in a minute.")
_FAILED = marked("The check did not finish. Send the file again; if that does not help, it is the bot's fault.")


class ProcessProofChecker(ProofChecker):
    """Checks one file at a time. `command` is what runs in the process, for tests."""

    def __init__(
        self, *, command: Sequence[str] = child_command(_WORKER_CODE), time_limit: timedelta = TIME_LIMIT
    ) -> None:
        self._command = command
        self._time_limit_s = time_limit.total_seconds()
        self._turn = asyncio.Lock()
        self._waiting = 0

    @override
    async def check(self, content: bytes) -> InclusionProof:
        if self._waiting >= MAX_WAITING:
            raise AskerError(tr(_BUSY))
        self._waiting += 1
        try:
            async with asyncio.timeout(self._time_limit_s), self._turn:
                answer = await self._ask(content)
        # A RuntimeError: asyncio waits for a child in a thread, which the system may refuse to start.
        except (TimeoutError, OSError, EOFError, RuntimeError, msgspec.MsgspecError) as error:
            # The kind of error alone: its text might tell something of the file.
            log.error("proof not checked", fault=type(error).__name__)  # noqa: TRY400 -- as said
            raise AskerError(tr(_FAILED)) from None
        finally:
            self._waiting -= 1
        if answer.proof:
            return answer.proof
        assert answer.reason is not None  # noqa: S101 -- the worker gives one of both; said for the type checker
        raise UnreadableProof(answer.reason, scheme=answer.scheme, field=answer.field)

    async def _ask(self, content: bytes) -> ProofAnswer:
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=child_environment(),
            cwd="/",
        )
        try:
            assert process.stdin is not None  # noqa: S101 -- PIPE was asked for; said for the type checker
            assert process.stdout is not None  # noqa: S101 -- as above
            process.stdin.write(content)
            process.stdin.write_eof()
            return _DECODER.decode(await read_frame(process.stdout, limit=MAX_ANSWER_BYTES))
        finally:
            await end_child(process)
