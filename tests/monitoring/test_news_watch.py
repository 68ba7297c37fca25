"""Feeds become headlines that are kept; whatever one of them does ends its own turn only."""

from datetime import timedelta

import pytest

from bot.domain.errors import SourceError, SourceFault, StorageError
from bot.domain.exchange import Exchange
from bot.domain.headline import HEADLINES_KEPT
from bot.monitoring.news_watch import NewsWatch
from bot.ports.news import Feed
from tests.builders import BINANCE, NOON
from tests.fakes.memory import Memory
from tests.fakes.memory_news import WrittenFeed

_KRAKEN = Exchange("kraken", "Kraken", "kraken")
_INTERVAL = timedelta(minutes=15)


def _watch(memory: Memory, *feeds: Feed, names: dict[str, str] | None = None) -> NewsWatch:
    known = {"binance": "Binance", "kraken": "Kraken"} if names is None else names
    return NewsWatch(
        feeds,
        records=memory.news,
        readings=memory.readings,
        clock=memory.clock,
        meter=memory.meter,
        interval=_INTERVAL,
        names=lambda: known,
    )


@pytest.fixture
def memory() -> Memory:
    return Memory(NOON)


async def test_headlines_that_name_an_exchange_are_kept_once(memory: Memory) -> None:
    first, second = WrittenFeed(), WrittenFeed("b.org")
    first.write("Binance outflows rise", at=NOON - timedelta(hours=2))
    first.write("Weather is fine")
    second.write("Binance: outflows rise")
    second.write("Kraken and Binance halt withdrawals")
    watch = _watch(memory, first, second)
    assert await watch.of(BINANCE) is None
    await watch.poll()
    news = await watch.of(BINANCE)
    assert news
    assert [headline.title for headline in news.headlines] == [
        "Kraken and Binance halt withdrawals",
        "Binance outflows rise",
    ]
    assert (news.loudness.count, news.loudness.normal, news.read_at) == (2, None, NOON)
    memory.clock.advance(_INTERVAL)
    await watch.poll()
    kraken = await watch.of(_KRAKEN)
    assert kraken
    assert kraken.loudness.count == 1
    assert kraken.read_at == NOON + _INTERVAL


async def test_feeds_are_asked_when_it_is_time(memory: Memory) -> None:
    feed = WrittenFeed()
    watch = _watch(memory, feed)
    await watch.poll()
    memory.clock.advance(_INTERVAL - timedelta(minutes=1))
    await watch.poll()
    assert feed.asked == 1
    memory.clock.advance(timedelta(minutes=1))
    await watch.poll()
    assert feed.asked == 2


async def test_no_feed_is_asked_before_a_list_says_who_may_be_named(memory: Memory) -> None:
    feed = WrittenFeed()
    await _watch(memory, feed, names={}).poll()
    assert feed.asked == 0


@pytest.mark.parametrize(
    ("fault", "said"),
    [(SourceError(SourceFault.BLOCKED, "HTTP 403"), SourceFault.BLOCKED), (KeyError("x"), SourceFault.CRASHED)],
)
async def test_the_fault_of_one_feed_ends_that_feed_only(memory: Memory, fault: Exception, said: SourceFault) -> None:
    broken, sound = WrittenFeed("broken.org"), WrittenFeed()
    broken.fault = fault
    sound.write("Binance outflows rise")
    watch = _watch(memory, broken, sound)
    await watch.poll()
    news = await watch.of(BINANCE)
    assert news
    assert news.loudness.count == 1
    assert [health and health.fault for health in map(watch.health, watch.feeds)] == [said, None]


async def test_a_day_without_any_feed_is_no_quiet_day(memory: Memory) -> None:
    feed = WrittenFeed()
    feed.fault = SourceError(SourceFault.TIMEOUT)
    watch = _watch(memory, feed)
    await watch.poll()
    assert await watch.of(BINANCE) is None


async def test_what_is_dated_wrongly_or_long_ago_is_left_out(memory: Memory) -> None:
    feed = WrittenFeed()
    feed.write("Binance one", at=None)
    feed.write("Binance two", at=NOON + timedelta(days=1))
    feed.write("Binance three", at=NOON - HEADLINES_KEPT)
    feed.write("Binance four", at=NOON + timedelta(minutes=20))
    watch = _watch(memory, feed)
    await watch.poll()
    news = await watch.of(BINANCE)
    assert news
    assert [(headline.title, headline.at) for headline in news.headlines] == [("Binance four", NOON)]


async def test_a_restart_keeps_how_loud_it_is(memory: Memory) -> None:
    feed = WrittenFeed()
    watch = _watch(memory, feed)
    for day in range(12):
        feed.write(f"Binance story {day}", at=memory.clock.now())
        await watch.poll()
        memory.clock.advance(timedelta(days=1))
    before = await watch.of(BINANCE)
    assert before
    assert (before.loudness.count, before.loudness.normal) == (0, 1.0)
    assert await _watch(memory, feed).of(BINANCE) == before


async def test_a_store_that_is_away_delays_storing_and_loses_nothing(memory: Memory) -> None:
    feed = WrittenFeed()
    feed.write("Binance outflows rise")
    watch = _watch(memory, feed)
    await watch.restore()
    memory.news.away = memory.readings.away = True
    with pytest.raises(StorageError):
        await watch.poll()
    memory.news.away = memory.readings.away = False
    feed.written = []
    memory.clock.advance(_INTERVAL)
    await watch.poll()
    assert [headline.title for headline in (await memory.news.all()).headlines] == ["Binance outflows rise"]


async def test_a_worker_that_does_not_poll_reads_the_store_again(memory: Memory) -> None:
    feed = WrittenFeed()
    polls, answers = _watch(memory, feed), _watch(memory, feed)
    await polls.poll()
    assert (await answers.of(BINANCE)) == (await polls.of(BINANCE))
    memory.clock.advance(_INTERVAL)
    feed.write("Binance outflows rise")
    await polls.poll()
    news = await answers.of(BINANCE)
    assert news
    assert news.loudness.count == 1
    memory.news.away = True
    memory.clock.advance(_INTERVAL)
    later = await answers.of(BINANCE)
    assert later
    assert later.loudness.count == 1


async def test_without_feeds_nothing_is_asked_of_anybody(memory: Memory) -> None:
    memory.news.away = True
    watch = _watch(memory)
    await watch.restore()
    await watch.poll()
    assert (list(watch.feeds), await watch.of(BINANCE)) == ([], None)
