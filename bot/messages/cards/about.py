"""What the bot says about itself: `/help`, `/status`, `/privacy`, and notices to its operator.

`/status` is in trouble when a source fails, a platform is not connected, sending is paused, no worker delivers, a
setting names a chat that is not reached, or nothing was ever read; with none of these it is good.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache

from bot.detection.window_coverage import WindowCoverage
from bot.domain.place import Obstacle, Platform
from bot.domain.reading import SourceHealth
from bot.domain.status import BotStatus
from bot.messages.cards.common import source_name
from bot.messages.cards.coverage import coverage_lines
from bot.messages.cards.places import closed_words
from bot.messages.model import Action, Field, Line, Message, Tone, bold, code, line, lines, moment
from bot.messages.number_format import ago, span

_MAX_FAILING = 5
"""Failing sources that `/status` names. An outage breaks all of some eighty at once, and they read alike."""


def help_card(usages: Iterable[tuple[str, str, str]]) -> Message:
    """Return the list of commands, each as (usage, description, who may use it)."""
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
    """Return what the bot stores about people and places, and for how long."""
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


def status_card(status: BotStatus, coverage: WindowCoverage | None = None) -> Message:
    """Return the bot's own health, and what can be judged by now of the exchanges that are read."""
    now = status.now
    failing = [health for health in status.sources.values() if health.fault]
    impossible = [health for health in status.sources.values() if health.detail and not health.fault]
    paused = {platform: rate for platform, rate in status.rates.items() if rate.paused_for}
    is_in_trouble = (
        bool(failing or paused or status.undelivered or status.misdirected)
        or any(status.platforms.values())
        or status.newest_reading is None
    )
    return Message(
        title="Status",
        tone=Tone.TROUBLE if is_in_trouble else Tone.GOOD,
        lines=lines(
            f"Runwatch {status.version}, up for {span(now - status.started_at)}.",
            *[line(f"{platform}: {trouble or 'connected'}") for platform, trouble in status.platforms.items()],
            *[
                f"{platform}: nothing is sent for {span(rate.paused_for)}: {rate.reason}."
                for platform, rate in paused.items()
            ],
            *[f"⚠️ No alert is sent: {reason}." for reason in status.undelivered],
            *[f"⚠️ {sentence}" for sentence in status.misdirected],
            *[f"This worker is {standby}." for standby in status.standing_by],
            *[_failing_source(health, now) for health in failing[:_MAX_FAILING]],
            f"… and {len(failing) - _MAX_FAILING} more sources that do not answer."
            if len(failing) > _MAX_FAILING
            else None,
            *(coverage_lines(coverage) if coverage else ()),
            *[_impossible_values(health) for health in impossible[:_MAX_FAILING]],
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
            *_disabled_places(status.disabled),
            *_refused_messages(status),
            Field("Waiting messages", _backlog(status)),
        ),
    )


def introduction_card(title: str, label: str, start: datetime, end: datetime, *, staged: str = "") -> Message:
    """Return the first message of a replay: what it shows and where its figures are from.

    `staged` says what was made up in them, "" for nothing.
    """
    return Message(
        title=f"Runwatch · {title}",
        lines=lines(
            f"Figures below: {label}, served by a local stand-in of the upstream.",
            staged or None,
            f"The clock runs from {start:%Y-%m-%d} to {end:%Y-%m-%d}; this terminal is the chat.",
        ),
    )


def source_notice(before: SourceHealth, after: SourceHealth) -> Message:
    """Return the notice to the operator that a source has broken, or answers again.

    A source is `defillama/cexs` for the list, `defillama/binance` for an exchange's amounts.
    """
    source, _, resource = after.source.partition("/")
    name = f"{source_name(source)} {resource}"
    if after.fault is None:
        outage = line("It had failed since ", moment(before.failing_since), ".") if before.failing_since else line()
        return Message(title=f"{name} answers again", tone=Tone.GOOD, lines=(outage,))
    return Message(
        title=f"{name} does not answer",
        tone=Tone.TROUBLE,
        lines=lines(
            f"Reason: {after.fault}. Nothing fires and nothing resolves on old data; it is tried again at every poll.",
        ),
    )


def emptied_notice() -> Message:
    """Return the notice to the operator that the store has lost all its data while the bot ran."""
    return Message(
        title="The store was emptied",
        tone=Tone.TROUBLE,
        lines=lines(
            "Somebody flushed it, or its server came back without its data: no volume, no append-only file.",
            "All subscriptions, incidents and readings are gone. The past is fetched anew, subscriptions are not: "
            "bring the server's data back and restart the bot, or let every place subscribe again.",
        ),
    )


# A line of the help is the same for everybody: it is made once and not at every question.
@lru_cache(maxsize=256)
def _usage(usage: str, description: str, access: str) -> Line:
    return line(code(usage), f" · {description}", f" ({access}s)" if access != "member" else "")


def _disabled_places(counts: Mapping[Obstacle, int]) -> tuple[Field, ...]:
    words = closed_words(counts)
    return (Field("Switched off", line(words)),) if words else ()


def _refused_messages(status: BotStatus) -> Iterable[Field]:
    """Yield what platforms refused: by places that are tried again, and for good."""
    if words := closed_words(status.refusing):
        yield Field("Refusing places", line(f"{words}, tried again every 30 min"))
    if status.given_up:
        yield Field("Given up", line(f"{status.given_up} in the last day; the log says why"))


def _failing_source(health: SourceHealth, now: datetime) -> Line:
    since = ago(health.failing_since, now) if health.failing_since else "just now"
    source, _, resource = health.source.partition("/")
    # The detail of a refusal is a sentence of ours; that of another fault may be an upstream's error page.
    refusal = f" ({health.detail}); its answers are refused" if health.fault and health.fault.is_refusal else ""
    return line(f"⚠️ {source_name(source)} {resource}: {health.fault}{refusal}, since {since}")


def _impossible_values(health: SourceHealth) -> Line:
    source, _, resource = health.source.partition("/")
    return line(f"⚠️ {source_name(source)} {resource}: impossible values left out: {health.detail}")


def _list_age(sources: Mapping[str, SourceHealth], now: datetime) -> Line:
    """Return when the list of exchanges was fetched; a source's list is the resource `cexs`."""
    fetches = [
        health.last_success for name, health in sources.items() if name.endswith("/cexs") and health.last_success
    ]
    return line(f"fetched {ago(max(fetches), now)}") if fetches else line("not fetched yet")


def _backlog(status: BotStatus) -> Line:
    """Return how many messages wait, the age of the oldest, and the time until all are sent.

    100,000 Telegram messages at 28 a second take 59 min. A platform that this worker does not send to has no rate here.
    """
    waiting = sum(status.backlog.values())
    if not waiting:
        return line("none")
    waiting_on = Counter[Platform]()
    for (platform, _), count in status.backlog.items():
        waiting_on[platform] += count
    rates = status.rates
    durations = [rates[platform].time_for(count) for platform, count in waiting_on.items() if platform in rates]
    age = f", oldest {ago(status.oldest_waiting, status.now)}" if status.oldest_waiting else ""
    # Platforms are sent to at the same time, so the slowest of them decides.
    return line(f"{waiting}{age}", f", about {span(max(durations))} to go" if durations else "")
