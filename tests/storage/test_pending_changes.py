"""What places may still confirm or take back, on a real server."""

from bot.domain.place import Place, Platform
from bot.ports.pending_changes import PENDING_FOR
from bot.storage import keys
from bot.storage.store import Store

GROUP = Place(Platform.TELEGRAM, "-100", "7")


async def test_a_text_is_found_by_its_place_and_code_for_an_hour(store: Store) -> None:
    code = await store.pending_changes.keep(GROUP, "line one\nline two 😀")

    assert await store.pending_changes.read(GROUP, code) == "line one\nline two 😀"
    assert await store.pending_changes.read(GROUP, "00000000") is None
    assert await store.pending_changes.read(GROUP.whole_chat, code) is None
    left_s = await store.database.command("TTL", keys.PENDING_CHANGE.key(str(GROUP)))
    assert 0 < left_s <= PENDING_FOR.total_seconds()


async def test_a_newer_text_takes_the_place_of_an_older_one(store: Store) -> None:
    first = await store.pending_changes.keep(GROUP, "first")
    second = await store.pending_changes.keep(GROUP, "second")

    assert await store.pending_changes.read(GROUP, first) is None
    await store.pending_changes.forget(GROUP)
    assert await store.pending_changes.read(GROUP, second) is None
