"""Headlines and the days with a feed read outlive a restart, for as long as they are compared."""

from datetime import timedelta

from bot.domain.headline import HEADLINES_KEPT, Headline
from bot.storage.store import Store
from tests.builders import NOON

_OLD = NOON - HEADLINES_KEPT + timedelta(hours=1)


def _headline(title: str) -> Headline:
    return Headline(title, "https://a.org/1", NOON, "a.org", ("gate", "okx"))


async def test_headlines_are_kept_once_and_forgotten_after_35_days(store: Store) -> None:
    assert (await store.news.all()).headlines == []
    old = Headline("Old", "https://a.org/0", _OLD, "a.org", ("gate",))
    await store.news.save([old, _headline("New")], read_at=NOON)
    await store.news.save([_headline("New")], read_at=NOON)
    kept = await store.news.all()
    assert (kept.headlines, kept.reads) == ([old, _headline("New")], {NOON.date(): NOON})
    later = NOON + timedelta(hours=2)
    await store.news.save([], read_at=later)
    kept = await store.news.all()
    assert (kept.headlines, kept.reads) == ([_headline("New")], {NOON.date(): later})
    await store.news.save([], read_at=NOON + HEADLINES_KEPT + timedelta(days=1))
    kept = await store.news.all()
    assert (kept.headlines, list(kept.reads.values())) == ([], [NOON + HEADLINES_KEPT + timedelta(days=1)])
