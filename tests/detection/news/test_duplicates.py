from datetime import UTC, datetime, timedelta

import pytest

from bot.detection.news.duplicates import link_key, without_duplicates
from bot.domain.headline import Headline

_AT = datetime(2026, 9, 29, 6, tzinfo=UTC)


def _headline(title: str, link: str, *, days: float = 0, feed: str = "CoinDesk") -> Headline:
    return Headline(title, link, _AT + timedelta(days=days), feed, ("bybit",))


@pytest.mark.parametrize(
    "link",
    [
        "https://www.coindesk.com/a?utm_medium=referral&utm_source=rss",
        "http://coindesk.com/a/",
        "https://www.CoinDesk.com/a#top",
    ],
)
def test_links_to_one_story_are_one(link: str) -> None:
    assert link_key(link) == link_key("https://www.coindesk.com/a")


def test_a_story_counts_once_however_often_it_comes() -> None:
    first = _headline("Bybit reserves fall", "https://a.org/1")
    again = _headline("Bybit: reserves fall!", "https://a.org/2?guid=other")
    elsewhere = _headline("BYBIT RESERVES FALL", "https://b.org/3", days=1, feed="Decrypt")
    assert without_duplicates([], [again, first, elsewhere]) == [again]
    assert without_duplicates([first], [again, elsewhere]) == []


def test_the_same_title_of_another_week_is_another_story() -> None:
    first = _headline("Bybit reserves fall", "https://a.org/1")
    later = _headline("Bybit reserves fall", "https://a.org/2", days=7)
    assert without_duplicates([first], [later]) == [later]


def test_other_stories_come_oldest_first() -> None:
    newer, older = _headline("B", "https://a.org/2", days=1), _headline("A", "https://a.org/1")
    assert without_duplicates([], [newer, older]) == [older, newer]
