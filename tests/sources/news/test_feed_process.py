"""Feeds are parsed away from the event loop; a hostile one ends its own process and nothing else."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.errors import SourceError, SourceFault
from bot.domain.headline import TITLE_MAX, FeedEntry
from bot.sources.news.feed_process import parse_feed
from bot.sources.news.feed_worker import ENTRIES_MAX, read_feed
from bot.sources.news.source import readable_entries

_SAMPLES = Path(__file__).parent / "samples"
_AT = datetime(2026, 9, 29, 8, tzinfo=UTC)
_LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<rss version="2.0"><channel><item><title>&b;</title><link>https://a.org/1</link></item></channel></rss>"""


async def _entries(sample: str) -> list[FeedEntry]:
    return list(readable_entries(await parse_feed((_SAMPLES / sample).read_bytes())))


async def _fault(body: bytes, **limits: timedelta) -> tuple[SourceFault, str]:
    with pytest.raises(SourceError) as caught:
        await parse_feed(body, **limits)
    return caught.value.fault, caught.value.detail


@pytest.mark.parametrize(
    ("sample", "entries"),
    [
        (
            "coindesk_cdata.xml",
            [("Sample exchange Kraken halts withdrawals of one coin & says why", _AT - timedelta(seconds=108))],
        ),
        (
            "cointelegraph_html.xml",
            [
                (
                    "Sample: ‘Gate.io’ users report slow payouts, exchange says it's maintenance",
                    _AT - timedelta(minutes=50),
                )
            ],
        ),
        ("double_escaped.xml", [("Binance & Bybit: reserves “fine”", _AT)]),
        (
            "google_news_suffix.xml",
            [
                ("Kraken pauses one network", _AT - timedelta(hours=1)),
                ("Seattle Kraken lose in overtime - Sample Sports", _AT - timedelta(hours=2)),
            ],
        ),
        (
            "missing_guid_and_bad_dates.xml",
            [
                ("No guid, GMT", _AT),
                ("No guid, no date", None),
                ("ISO date", _AT - timedelta(hours=9)),
                ("Relative date", None),
                ("Impossible date", None),
                ("Future date", datetime(2038, 1, 1, tzinfo=UTC)),
            ],
        ),
        ("rdf_rss1.xml", [("RSS 1.0 item", _AT)]),
        ("atom_statuspage.xml", [("Delayed USDT withdrawals", _AT - timedelta(hours=1))]),
        (
            "theblock_offset.xml",
            [
                ("Sample: Bitget says withdrawals resume", datetime(2026, 9, 28, 3, 30, tzinfo=UTC)),
                ("Sample: old style address", datetime(2026, 5, 1, 13, tzinfo=UTC)),
            ],
        ),
        ("truncated.xml", [("Whole item", None)]),
        ("undeclared_prefix.xml", [("Prefix not declared", None)]),
    ],
)
async def test_titles_and_times_are_read(sample: str, entries: list[tuple[str, datetime | None]]) -> None:
    assert [(entry.title, entry.published_at) for entry in await _entries(sample)] == entries


async def test_a_summary_is_plain_text() -> None:
    assert [entry.summary for entry in await _entries("cointelegraph_html.xml")] == ["Text & more"]


async def test_a_web_page_is_no_feed() -> None:
    page = (_SAMPLES / "blocked_200.html").read_bytes()
    assert await _fault(page) == (SourceFault.BAD_SHAPE, "it is no feed")
    assert await _fault(b"") == (SourceFault.BAD_SHAPE, "it is no feed")
    assert await _fault(b'<rss version="2.0"><channel/></rss>') == (SourceFault.EMPTY, "the feed has no entries")


@pytest.mark.parametrize(
    "body", [_LAUGHS, _LAUGHS.decode().replace('"1.0"', '"1.0" encoding="UTF-16"').encode("utf-16")]
)
async def test_entities_are_never_expanded(body: bytes) -> None:
    assert await _fault(body) == (SourceFault.BAD_SHAPE, "it declares entities")


async def test_a_body_is_never_taken_for_an_address_or_a_file(tmp_path: Path) -> None:
    """feedparser opens what it is given as text: the name of a file that holds a feed is not that feed."""
    file = tmp_path / "feed.xml"
    file.write_bytes((_SAMPLES / "rdf_rss1.xml").read_bytes())
    assert await _fault(str(file).encode()) == (SourceFault.BAD_SHAPE, "it is no feed")


async def test_a_parser_that_takes_too_long_is_killed() -> None:
    body = (_SAMPLES / "rdf_rss1.xml").read_bytes()
    assert await _fault(body, time_limit=timedelta(milliseconds=1)) == (SourceFault.TIMEOUT, "parsing takes too long")


async def test_a_body_as_large_as_may_be_leaves_the_event_loop_free() -> None:
    entry_xml = b"<item><title>Binance " + b"x" * 9000 + b"</title><link>https://a.org/1</link></item>"
    body = b'<rss version="2.0"><channel>' + entry_xml * 220 + b"</channel></rss>"
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.01)

    counting = asyncio.create_task(count())
    entries = list(readable_entries(await parse_feed(body)))
    counting.cancel()
    assert len(entries) == ENTRIES_MAX
    assert {len(entry.title) for entry in entries} == {TITLE_MAX}
    assert turns > 5


async def test_deeply_nested_markup_is_survived() -> None:
    body = b'<rss version="2.0"><channel><item><title>a' + b"<b>" * 100_000 + b"</title></item></channel></rss>"
    try:
        assert len(await parse_feed(body)) == 1
    except SourceError as error:
        assert error.fault in {SourceFault.TOO_LARGE, SourceFault.BAD_SHAPE, SourceFault.TIMEOUT}  # noqa: PT017


def test_what_cannot_be_shown_or_linked_is_left_out() -> None:
    body = (
        '<rss version="2.0"><channel>'
        "<item><title>Bin\u202eance\u200b halts</title><link>https://a.org/1</link></item>"
        "<item><title>Binance</title><link>javascript:alert(1)</link></item>"
        "<item><title>Binance</title><link>ftp://a.org/1</link></item>"
        "<item><title>\u200b</title><link>https://a.org/2</link></item>"
        "</channel></rss>"
    ).encode()
    entries = list(readable_entries(read_feed(body).entries))  # type: ignore[arg-type]
    assert [(entry.title, entry.link) for entry in entries] == [("Binance halts", "https://a.org/1")]
