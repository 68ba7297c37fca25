"""The card of `/news`: how many headlines name an exchange beside what is normal for it, and the newest of them.

"**12 headlines in 24 h (normal 2)**" is its first line. Headlines are counted and quoted, never judged: whether one is
good, bad or true is not said. They lead to the hosts of the feeds, and nowhere else.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from bot.detection.news.loudness import DAYS_NEEDED
from bot.domain.exchange import Exchange
from bot.domain.headline import Headline, Loudness
from bot.language.translation import tr, tr_count
from bot.messages.links import safe_link
from bot.messages.model import Action, Line, Message, bold, line, lines, moment
from bot.messages.number_format import ago, significant
from bot.messages.plain_text import shorten
from bot.messages.translated_lines import tr_line

SHOWN = 5
_TITLE_COLUMNS = 45  # with a long feed and its age still two lines of a phone


def news_card(  # noqa: PLR0913 — what is known, and from where
    exchange: Exchange,
    told: Loudness,
    headlines: Sequence[Headline],
    *,
    feeds: Sequence[str],
    read_at: datetime,
    now: datetime,
) -> Message:
    """Return how loud an exchange is and its newest headlines; `headlines` are newest first, `feeds` their names."""
    hosts = {feed.partition(" ")[0] for feed in feeds}
    return Message(
        title=tr("{exchange} · news", exchange=exchange.name),
        lines=lines(
            line(bold(loudness_words(told))),
            tr_line("Loud since {time}.", time=moment(told.loud_since)) if told.loud_since else None,
            tr("Headlines are counted, not judged."),
            *(_headline_line(headline, hosts, now) for headline in headlines[:SHOWN]),
            None if headlines else tr("No headline of the last 35 days names {exchange}.", exchange=exchange.name),
        ),
        footer=line(tr("read {time}", time=ago(read_at, now))),
        actions=_actions(exchange),
    )


def no_news_card(exchange: Exchange, *, is_on: bool) -> Message:
    """Return why nothing is known: news is off, or no feed has been read yet."""
    why = (
        tr("No feed has been read yet. Ask again in a few minutes.")
        if is_on
        else tr("News is off: whoever runs this bot has chosen no feeds (NEWS_FEEDS).")
    )
    return Message(title=tr("{exchange} · news", exchange=exchange.name), lines=lines(why), actions=_actions(exchange))


def loudness_words(told: Loudness) -> str:
    """Return how many headlines there are, beside what is normal: `12 headlines in 24 h (normal 2)`."""
    if told.normal is None:
        return tr_count(
            # Translators: {days} is how many days are known so far, {needed} how many it takes.
            "{count} headline in 24 h (normal not known yet: {days} of {needed} days)",
            "{count} headlines in 24 h (normal not known yet: {days} of {needed} days)",
            told.count,
            days=told.known_days,
            needed=DAYS_NEEDED,
        )
    return tr_count(
        # Translators: {normal} is how many headlines are usual in 24 h.
        "{count} headline in 24 h (normal {normal})",
        "{count} headlines in 24 h (normal {normal})",
        told.count,
        normal=significant(told.normal, 3),
    )


def _headline_line(headline: Headline, hosts: Collection[str], now: datetime) -> Line:
    title = safe_link(shorten(headline.title, _TITLE_COLUMNS), headline.link, hosts)
    return line("• ", title, f" · {headline.feed.partition(' ')[0]} · {ago(headline.at, now)}")


def _actions(exchange: Exchange) -> tuple[Action, ...]:
    return (Action(tr("Flows"), f"flows {exchange.id}"),)
