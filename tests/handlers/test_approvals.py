from dataclasses import replace

import pytest
from typing_extensions import override

from bot.domain.approval import APPROVAL_LASTS, Approval, ApprovalDecision
from bot.domain.place import Place
from bot.domain.severity import Severity
from bot.messages.model import Tone
from tests.builders import HERE, NOON
from tests.fakes.dispatcher import CHANNEL, MODERATOR, OWNER, DispatcherBench
from tests.fakes.memory_approvals import MemoryApprovals
from tests.messages.cards.plain import said

ASKED = Approval(Severity.SEVERE, NOON, is_asked=True)


@pytest.fixture
async def bench() -> DispatcherBench:
    bench = DispatcherBench()
    bench.memory.approvals.kept = {(HERE, "INC-8"): ASKED, (CHANNEL, "INC-9"): ASKED}
    return bench


@pytest.mark.parametrize(
    ("line", "title", "tone", "where", "decision"),
    [
        ("approve INC-8 post", "INC-8 · posted", Tone.GOOD, (HERE, "INC-8"), ApprovalDecision.POST),
        ("approve 8 discard", "INC-8 · discarded", Tone.INFO, (HERE, "INC-8"), ApprovalDecision.DISCARD),
        ("approve INC-9 post @channel", "INC-9 · posted", Tone.GOOD, (CHANNEL, "INC-9"), ApprovalDecision.POST),
        (f"approve INC-9 post {CHANNEL.chat}", "INC-9 · posted", Tone.GOOD, (CHANNEL, "INC-9"), ApprovalDecision.POST),
    ],
)
async def test_a_moderator_decides(  # noqa: PLR0913, PLR0917 — one row of a table
    bench: DispatcherBench, line: str, title: str, tone: Tone, where: tuple[Place, str], decision: ApprovalDecision
) -> None:
    answer = await bench.ask(line, who=MODERATOR)
    assert (answer.title, answer.tone) == (title, tone)
    assert "Decided by id telegram:moderator." in said(answer)
    assert bench.memory.approvals.kept[where].decision is decision


async def test_the_first_decision_counts(bench: DispatcherBench) -> None:
    await bench.ask("approve INC-8 post", who=MODERATOR)
    assert (await bench.ask("approve INC-8 discard", who=MODERATOR)).title == "INC-8 · posted"


class OvertakenApprovals(MemoryApprovals):
    """Approvals that somebody else decides between reading and writing."""

    @override
    async def put(self, place: Place, incident: str, *, before: Approval | None, after: Approval) -> bool:
        self.kept[place, incident] = replace(ASKED, decision=ApprovalDecision.DISCARD, by="Bob")
        return await super().put(place, incident, before=before, after=after)


async def test_who_is_overtaken_reads_what_the_other_decided() -> None:
    bench = DispatcherBench()
    bench.memory.approvals = OvertakenApprovals(kept={(HERE, "INC-8"): ASKED})
    bench = DispatcherBench(memory=bench.memory)
    answer = await bench.ask("approve INC-8 post", who=MODERATOR)
    assert answer.title == "INC-8 · discarded"
    assert "Decided by Bob." in said(answer)


class AskedMeanwhile(MemoryApprovals):
    """Approvals of which the bot notes that the question arrived, just when a moderator decides; `times` for each."""

    times = 1

    @override
    async def put(self, place: Place, incident: str, *, before: Approval | None, after: Approval) -> bool:
        if self.times > 0:
            self.times -= 1
            self.kept[place, incident] = replace(ASKED, is_asked_here=not self.kept[place, incident].is_asked_here)
        return await super().put(place, incident, before=before, after=after)


async def test_a_decision_counts_although_the_bot_changed_what_is_stored_meanwhile() -> None:
    bench = DispatcherBench()
    approvals = AskedMeanwhile(kept={(HERE, "INC-8"): replace(ASKED, is_asked=False)})
    bench.memory.approvals = approvals
    bench = DispatcherBench(memory=bench.memory)
    answer = await bench.ask("approve INC-8 post", who=MODERATOR)
    assert answer.title == "INC-8 · posted"
    assert approvals.kept[HERE, "INC-8"].decision is ApprovalDecision.POST

    approvals.kept[HERE, "INC-8"], approvals.times = ASKED, 1000
    assert "INC-8" not in (await bench.ask("approve INC-8 post", who=MODERATOR)).title


async def test_who_decides_too_late_reads_that_nothing_appears_just_now(bench: DispatcherBench) -> None:
    bench.memory.approvals.kept[HERE, "INC-8"] = replace(ASKED, since=NOON - APPROVAL_LASTS)
    answer = said(await bench.ask("approve INC-8 post", who=MODERATOR))
    assert "half a minute" not in answer
    assert "the next change of its figures" in answer
    assert bench.memory.approvals.kept[HERE, "INC-8"].decision is ApprovalDecision.POST


async def test_what_waits_for_nobody_cannot_be_decided(bench: DispatcherBench) -> None:
    assert "No alert about it waits" in said(await bench.ask("approve INC-7 post", who=MODERATOR))
    assert "moderate this place" in said(await bench.ask("approve INC-8 post"))
    bench.moderates = {HERE}
    refused = await bench.ask(f"approve INC-9 post {CHANNEL.chat}", who=MODERATOR)
    assert "Only the people who moderate that place may decide this." in said(refused)
    assert (await bench.ask(f"approve INC-9 post {CHANNEL.chat}", who=OWNER)).title == "INC-9 · posted"
