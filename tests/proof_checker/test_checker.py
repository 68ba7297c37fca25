"""Each file is checked in a process of its own, which may crash, hang or be given up without harm to the next one."""

import asyncio
import contextlib
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.child_process.spawning import child_command
from bot.domain.errors import AskerError
from bot.inclusion_proofs.recognition import check_proof
from bot.inclusion_proofs.result import Fault, Scheme, Unreadable, UnreadableProof
from bot.proof_checker.checker import MAX_WAITING, ProcessProofChecker
from tests.inclusion_proofs.samples_read import GOOD, content_of

SECRET = "8aaa8c58e3ea1f4f"  # noqa: S105 -- a part of an id in a sample


@pytest.mark.parametrize("name", GOOD)
async def test_the_process_says_what_the_check_says(name: str) -> None:
    assert await ProcessProofChecker().check(GOOD[name]) == check_proof(GOOD[name])


async def test_a_proof_that_does_not_hold_is_told_with_why() -> None:
    assert (await ProcessProofChecker().check(content_of("bitget_2022.json"))).fault is Fault.LEAF_HASH


async def test_what_is_no_proof_is_refused_with_its_reason() -> None:
    with pytest.raises(UnreadableProof) as refused:
        await ProcessProofChecker().check(GOOD["bitget"].replace(b'"nonce"', b'"n0nce"'))

    unreadable = refused.value
    assert (unreadable.reason, unreadable.scheme, unreadable.field) == (
        Unreadable.BAD_FIELD,
        Scheme.BITGET,
        "self.nonce",
    )


async def test_a_file_that_is_too_large_is_not_read_to_its_end() -> None:
    with pytest.raises(UnreadableProof) as refused:
        await ProcessProofChecker().check(b" " * (1 << 20))

    assert refused.value.reason is Unreadable.TOO_LARGE


@pytest.mark.parametrize(
    "code",
    [
        "import os; os.abort()",
        "import sys; sys.exit(1)",
        "print('no frame')",
        "import sys; sys.stdout.buffer.write(b'\\0\\0\\0\\2hi')",
        "import sys; sys.stdout.buffer.write(b'\\xff\\xff\\xff\\xff')",
        "import time; time.sleep(60)",
        "while True: pass",
    ],
)
async def test_a_check_that_fails_is_a_sentence_and_the_log_has_nothing_of_the_file(code: str) -> None:
    checker = ProcessProofChecker(command=child_command(code), time_limit=timedelta(seconds=1))

    with capture_logs() as logs, pytest.raises(AskerError, match="The check did not finish"):
        await checker.check(GOOD["bitget"])

    assert [entry["event"] for entry in logs] == ["proof not checked"]
    assert SECRET not in str(logs)


async def test_a_process_that_cannot_be_started_is_a_sentence() -> None:
    with pytest.raises(AskerError, match="The check did not finish"):
        await ProcessProofChecker(command=("/nowhere/python",)).check(GOOD["okx"])


async def test_more_than_may_wait_are_sent_away_and_the_others_are_answered() -> None:
    checker = ProcessProofChecker()

    answers = await asyncio.gather(
        *(checker.check(GOOD["okx"]) for _ in range(MAX_WAITING + 2)), return_exceptions=True
    )

    refused = [answer for answer in answers if isinstance(answer, AskerError)]
    assert len(refused) == 2
    assert "Send yours again in a minute" in str(refused[0])
    assert (await checker.check(GOOD["okx"])).holds


async def test_who_gives_up_leaves_no_process_behind() -> None:
    checker = ProcessProofChecker(command=child_command("import time; time.sleep(60)"))
    task = asyncio.create_task(checker.check(GOOD["okx"]))
    await asyncio.sleep(0)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task

    assert task.cancelled()
    assert (await ProcessProofChecker().check(GOOD["okx"])).holds


async def test_a_check_of_the_slowest_kind_leaves_the_event_loop_alone() -> None:
    """What is hashed with Poseidon takes a fifth of a second, and the loop turns all the while."""
    turns = 0
    task = asyncio.create_task(ProcessProofChecker().check(GOOD["binance_sample"]))
    while not task.done():
        await asyncio.sleep(0.001)
        turns += 1

    assert (await task).holds
    assert turns > 10
