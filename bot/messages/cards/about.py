"""The bot about itself: help, health, privacy."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache

from bot.domain.place import Obstacle, Platform
from bot.domain.reading import SourceHealth
from bot.domain.status import BotStatus
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


def status_card(status: BotStatus) -> Message:
    """Return the bot's own health."""
    now = status.now
    broken = [source for source in status.sources.values() if source.fault]
    still = {platform: rate for platform, rate in status.rates.items() if rate.paused_for}
    troubled = (
        bool(broken or still or status.undelivered or status.misdirected)
        or any(status.platforms.values())
        or status.newest_reading is None
    )
    return Message(
        title="Status",
        tone=Tone.TROUBLE if troubled else Tone.GOOD,
        lines=lines(
            f"Runwatch {status.version}, up for {span(now - status.started_at)}.",
            *[line(f"{platform}: {trouble or 'connected'}") for platform, trouble in status.platforms.items()],
            *[
                f"{platform}: nothing is sent for {span(rate.paused_for)}: {rate.reason}."
                for platform, rate in still.items()
            ],
            *[f"⚠️ No alert is sent: {reason}." for reason in status.undelivered],
            *[f"⚠️ {problem}" for problem in status.misdirected],
            *[f"This worker is {duty}." for duty in status.standing_by],
            *[_broken(health, now) for health in broken[:5]],
            f"… and {len(broken) - 5} more sources that do not answer." if len(broken) > 5 else None,  # noqa: PLR2004 — the five above
        ),
        fields=(
            Field("Exchanges", line(f"{status.read} read of {status.exchanges} listed")),
            Field(
                "Newest reading",
                line(moment(status.newest_reading, relative=True)) if status.newest_reading else line("none yet"),
            ),
            Field("List", _list_age(status.sources, now)),
            Field("Open incidents", line(str(status.open_incidents))),
            Field("Subscribed places", line(str(status.places))),
            *_switched_off(status.disabled),
            Field("Waiting messages", _backlog(status)),
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


def _backlog(status: BotStatus) -> Line:
    """Return what waits, since when, and how long it takes; where no rate is known nothing is sent from here."""
    waiting = sum(status.backlog.values())
    if not waiting:
        return line("none")
    by_platform = Counter[Platform]()
    for (platform, _), count in status.backlog.items():
        by_platform[platform] += count
    rates = status.rates
    times = [rates[platform].time_for(count) for platform, count in by_platform.items() if platform in rates]
    age = f", oldest {ago(status.oldest_waiting, status.now)}" if status.oldest_waiting else ""
    return line(f"{waiting}{age}", f", about {span(max(times))} to go" if times else "")
