"""What moderators were asked, and decided: once each, moved and forgotten with the place."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.approval import Approval, ApprovalDecision
from bot.domain.place import Place, Platform
from bot.domain.severity import Severity
from bot.storage.store import Store
from tests.storage.set_place import NOON, set_place

GROUP = Place(Platform.TELEGRAM, "-100")
MOVED = Place(Platform.TELEGRAM, "-200")
ASKED = Approval(Severity.SEVERE, NOON, is_asked=True)
POSTED = replace(ASKED, decision=ApprovalDecision.POST, by="Ann")


async def test_the_first_decision_counts(store: Store) -> None:
    assert await store.approvals.get(GROUP, "INC-8") is None
    assert await store.approvals.put(GROUP, "INC-8", before=None, after=ASKED)
    assert not await store.approvals.put(GROUP, "INC-8", before=None, after=replace(ASKED, since=NOON + timedelta(1)))
    assert await store.approvals.put(GROUP, "INC-8", before=ASKED, after=POSTED)
    discarded = replace(ASKED, decision=ApprovalDecision.DISCARD)
    assert not await store.approvals.put(GROUP, "INC-8", before=ASKED, after=discarded)

    assert await store.approvals.get(GROUP, "INC-8") == POSTED
    assert await store.approvals.get(GROUP, "INC-9") is None


async def test_they_move_with_a_chat_and_are_forgotten_with_it(store: Store) -> None:
    await set_place(store, GROUP, approval=True)
    await store.approvals.put(GROUP, "INC-8", before=None, after=POSTED)
    await store.subscriptions.move(GROUP, MOVED)
    assert await store.approvals.get(GROUP, "INC-8") is None
    assert await store.approvals.get(MOVED, "INC-8") == POSTED

    await store.place_settings.forget(MOVED)
    assert await store.approvals.get(MOVED, "INC-8") is None


async def test_a_value_that_cannot_be_read_is_replaced(store: Store) -> None:
    await store.approvals.put(GROUP, "INC-8", before=None, after=ASKED)
    await store.database.command("HSET", "{subs}:approvals:telegram:-100", "INC-8", b"{")
    assert await store.approvals.get(GROUP, "INC-8") is None
    assert await store.approvals.put(GROUP, "INC-8", before=None, after=POSTED)
    assert await store.approvals.get(GROUP, "INC-8") == POSTED
