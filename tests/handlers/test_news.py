from datetime import timedelta

from bot.domain.errors import SourceError, SourceFault
from bot.domain.reading import SourceHealth
from tests.builders import DAY, HOUR, NOON
from tests.fakes.dispatcher import DispatcherBench
from tests.fakes.memory_news import WrittenFeed
from tests.messages.cards.plain import plain, said


async def _bench(*feeds: WrittenFeed) -> DispatcherBench:
    bench = DispatcherBench(feeds=feeds)
    await bench.load()
    return bench


async def test_without_feeds_news_is_off() -> None:
    assert "News is off" in said(await (await _bench()).ask("news binance"))


async def test_before_a_feed_was_read_nothing_is_known() -> None:
    assert "No feed has been read yet" in said(await (await _bench(WrittenFeed())).ask("news binance"))


async def test_headlines_are_counted_beside_the_normal_days() -> None:
    feed = WrittenFeed()
    bench = await _bench(feed)
    for day in range(12, 0, -1):
        bench.memory.clock.time = NOON - day * DAY
        feed.write(f"Binance story {day}", at=bench.memory.clock.time)
        await bench.news.poll()
    bench.memory.clock.time = NOON
    for number in range(6):
        feed.write(f"Binance outflow {number}", at=NOON - number * HOUR)
    feed.write("Binance elsewhere", at=NOON, link="https://evil.org/1")
    await bench.news.poll()

    answer = await bench.ask("news binance")

    assert answer.title == "Binance · news"
    assert plain(answer.lines[0]) == "7 headlines in 24 h (normal 1)"
    assert plain(answer.lines[1]).startswith("Loud since ")
    shown = [spans for spans in answer.lines if plain(spans).startswith("• ")]
    assert len(shown) == 5
    assert plain(shown[0]).startswith("• Binance ")
    assert {span.link for spans in shown for span in spans if span.link} <= {f"https://a.org/{n}" for n in range(20)}
    assert "evil.org" not in said(answer)
    assert plain(answer.footer) == "read just now"


async def test_a_quiet_exchange_is_said_to_have_no_headline() -> None:
    feed = WrittenFeed()
    bench = await _bench(feed)
    await bench.news.poll()
    told = said(await bench.ask("news okx"))
    assert "0 headlines in 24 h (normal not known yet: 0 of 7 days)" in told
    assert "No headline of the last 35 days names OKX." in told


async def test_the_status_names_feeds_that_do_not_answer() -> None:
    broken, sound = WrittenFeed("broken.org"), WrittenFeed()
    broken.fault = SourceError(SourceFault.TIMEOUT)
    bench = await _bench(broken, sound)
    assert "News: 0 of 2 feeds answer. Not asked yet: broken.org, a.org." in said(await bench.ask("status"))
    await bench.news.poll()
    assert "News: 1 of 2 feeds answer. Timeout: broken.org." in said(await bench.ask("status"))
    assert bench.news.health("a.org") == SourceHealth("news/a.org", NOON + timedelta())
