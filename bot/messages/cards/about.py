"""The bot about itself: help, health, privacy."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from bot.domain.place import Obstacle, Platform
from bot.domain.reading import SourceHealth
from bot.domain.send_rate import SendRate
from bot.domain.severity import Severity
from bot.messages.cards.common import source_name
from bot.messages.cards.places import closed_words
from bot.messages.model import Action, Field, Line, Message, Tone, bold, code, line, lines, moment
from bot.messages.numbers import ago, span


def help_card(usages: Iterable[tuple[str, str, str]]) -> Message:
    """Return the commands: (usage, description, who may use it)."""
    return Message(
        title="Runwatch · help",
        lines=(
            *lines("Runwatch watches crypto exchanges for the signs of a run: the share of reserves that leaves."),
            *(_usage(*usage) for usage in usages),
            *lines("Words in <…> are needed, words in […] may be left out."),
        ),
        actions=(
            Action("Binance", "reserves binance"),
            Action("Largest outflows", "top"),
            Action("Incidents", "incidents"),
        ),
        private=True,
    )


def command_card(usage: str, description: str, parameters: Iterable[tuple[str, str, tuple[str, ...]]]) -> Message:
    """Return one command in detail: its parameters as (name, description, choices)."""
    return Message(
        title=usage,
        lines=lines(f"{description}."),
        fields=tuple(
            Field(name, line(text, f" ({', '.join(choices)})" if choices else ""), inline=False)
            for name, text, choices in parameters
        ),
        private=True,
    )


def privacy_card() -> Message:
    """Return what is kept of people and places."""
    return Message(
        title="Privacy",
        lines=(
            line(
                bold("Kept: "),
                "for each subscribed place its id, what it subscribed to, and the id of who set it up; "
                "which alerts were sent there (30 days), so that they can be edited.",
            ),
            line(
                bold("Not kept: "),
                "messages, names, members, or who asked what. Questions are answered and forgotten.",
            ),
            line(
                bold("Gone: "),
                "/unsubscribe deletes a place's subscriptions at once; "
                "a place that removed the bot is forgotten after 30 days.",
            ),
            line(
                "The bot is run by whoever invited you to it, on a server of their own; "
                "nothing is sent to the makers of Runwatch."
            ),
        ),
        private=True,
    )


def status_card(  # noqa: PLR0913 — the parts of one answer, each named where it is asked
    *,
    version: str,
    started_at: datetime,
    now: datetime,
    sources: Mapping[str, SourceHealth],
    coverage: tuple[int, int],
    newest_reading: datetime | None,
    open_incidents: int,
    backlog: Mapping[tuple[Platform, Severity], int],
    oldest_waiting: datetime | None,
    places: int,
    platforms: Mapping[Platform, str],
    disabled: Mapping[Obstacle, int],
    rates: Mapping[Platform, SendRate],
    standing_by: Iterable[str] = (),
    undelivered: Sequence[str] = (),
    misdirected: Sequence[str] = (),
) -> Message:
    """Return the bot's own health.

    `coverage` is (exchanges read, exchanges listed), `platforms` what troubles each, `misdirected` a sentence for every
    setting that leads nowhere.
    """
    broken = [source for source in sources.values() if source.fault]
    still = {platform: rate for platform, rate in rates.items() if rate.paused_for}
    troubled = bool(broken or still or undelivered or misdirected) or any(platforms.values()) or newest_reading is None
    return Message(
        title="Status",
        tone=Tone.TROUBLE if troubled else Tone.GOOD,
        lines=lines(
            f"Runwatch {version}, up for {span(now - started_at)}.",
            *[line(f"{platform}: {trouble or 'connected'}") for platform, trouble in platforms.items()],
            *[
                f"{platform}: nothing is sent for {span(rate.paused_for)}: {rate.reason}."
                for platform, rate in still.items()
            ],
            *[f"⚠️ No alert is sent: {snapshot}." for snapshot in undelivered],
            *[f"⚠️ {task}" for task in misdirected],
            *[f"This worker is {one}." for one in standing_by],
            *[_broken(health, now) for health in broken[:5]],
            f"… and {len(broken) - 5} more sources that do not answer." if len(broken) > 5 else None,  # noqa: PLR2004 — as above
        ),
        fields=(
            Field("Exchanges", line(f"{coverage[0]} read of {coverage[1]} listed")),
            Field(
                "Newest reading", line(moment(newest_reading, relative=True)) if newest_reading else line("none yet")
            ),
            Field("List", _list_age(sources, now)),
            Field("Open incidents", line(str(open_incidents))),
            Field("Subscribed places", line(str(places))),
            *_switched_off(disabled),
            Field("Waiting messages", _backlog(backlog, rates, oldest_waiting, now)),
        ),
    )


def introduction_card(title: str, label: str, start: datetime, end: datetime, *, staged: str = "") -> Message:
    """Return what a replay says first: what it shows, where its figures are from, and what was `staged` in them."""
    return Message(
        title=f"Runwatch · {title}",
        lines=lines(
            f"Figures below: {label}, served by a local stand-in of the upstream.",
            staged or None,
            f"The clock runs from {start:%Y-%m-%d} to {end:%Y-%m-%d}; this terminal is the chat.",
        ),
    )


def source_notice(was: SourceHealth, now: SourceHealth) -> Message:
    """Return what the operator is told when a source breaks or answers again."""
    source, _, what = now.source.partition("/")
    name = f"{source_name(source)} {what}"
    if now.fault is None:
        silent = line("It had failed since ", moment(was.failing_since), ".") if was.failing_since else line()
        return Message(title=f"{name} answers again", tone=Tone.GOOD, lines=(silent,))
    return Message(
        title=f"{name} does not answer",
        tone=Tone.TROUBLE,
        lines=lines(
            f"Reason: {now.fault}. Nothing fires and nothing resolves on old data; it is tried again at every poll.",
        ),
    )


def emptied_notice() -> Message:
    """Return what the operator is told when the store has lost everything while the bot ran."""
    return Message(
        title="The store was emptied",
        tone=Tone.TROUBLE,
        lines=lines(
            "Somebody flushed it, or its server came back without its data: no volume, no append-only file.",
            "All subscriptions, incidents and readings are gone. The past is fetched anew, subscriptions are not: "
            "bring the server's data back and restart the bot, or let every place subscribe again.",
        ),
    )


@lru_cache(maxsize=256)
def _usage(usage: str, description: str, access: str) -> Line:
    return line(code(usage), f" · {description}", f" ({access}s)" if access != "member" else "")


def _switched_off(disabled: Mapping[Obstacle, int]) -> tuple[Field, ...]:
    words = closed_words(disabled)
    return (Field("Switched off", line(words)),) if words else ()


def _broken(health: SourceHealth, now: datetime) -> Line:
    since = ago(health.failing_since, now) if health.failing_since else "just now"
    source, _, what = health.source.partition("/")
    return line(f"⚠️ {source_name(source)} {what}: {health.fault}, since {since}")


def _list_age(sources: Mapping[str, SourceHealth], now: datetime) -> Line:
    ages = [health.last_success for name, health in sources.items() if name.endswith("/cexs") and health.last_success]
    return line(f"fetched {ago(max(ages), now)}") if ages else line("not fetched yet")


def _backlog(
    backlog: Mapping[tuple[Platform, Severity], int],
    rates: Mapping[Platform, SendRate],
    oldest: datetime | None,
    now: datetime,
) -> Line:
    """Return what waits, since when, and how long it takes; where no rate is known nothing is sent from here."""
    waiting = sum(backlog.values())
    if not waiting:
        return line("none")
    by_platform = Counter[Platform]()
    for (platform, _), count in backlog.items():
        by_platform[platform] += count
    times = [rates[platform].time_for(count) for platform, count in by_platform.items() if platform in rates]
    age = f", oldest {ago(oldest, now)}" if oldest else ""
    return line(f"{waiting}{age}", f", about {span(max(times))} to go" if times else "")
