"""Headlines that are the same: one story counts once, however often and in however many feeds it appears.

Example: `https://www.coindesk.com/a?utm_source=rss` and `https://coindesk.com/a` are one story, and so is the same
title in another feed within three days. What feeds call the id of an entry is not used: none promises one, and the
same story comes with two.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from bot.domain.headline import Headline

SAME_TITLE_WITHIN = timedelta(days=3)
"""Feeds take stories over within hours; "Bybit reserves fall" of next month is another story."""

_NO_WORD = re.compile(r"\W+")


def link_key(link: str) -> str:
    """Return what is the same for all links to one story: the host without `www.`, and the path."""
    parts = urlsplit(link)
    return f"{(parts.hostname or '').removeprefix('www.')}{parts.path.rstrip('/')}"


def title_key(title: str) -> str:
    """Return what is the same for all spellings of a title: its letters and digits, in lower case."""
    return _NO_WORD.sub(" ", title).strip().lower()


def without_duplicates(known: Iterable[Headline], new: Iterable[Headline]) -> Sequence[Headline]:
    """Return those of the new headlines that are not known yet, each story once, oldest first."""
    links: set[str] = set()
    titles: dict[str, list[datetime]] = {}

    def note(headline: Headline) -> None:
        links.add(link_key(headline.link))
        titles.setdefault(title_key(headline.title), []).append(headline.at)

    def is_known(headline: Headline) -> bool:
        times = titles.get(title_key(headline.title), ())
        return link_key(headline.link) in links or any(abs(at - headline.at) <= SAME_TITLE_WITHIN for at in times)

    for headline in known:
        note(headline)
    kept = []
    for headline in sorted(new, key=lambda headline: headline.at):
        if not is_known(headline):
            note(headline)
            kept.append(headline)
    return kept
