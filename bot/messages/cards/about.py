"""What the bot says about itself: `/help`, `/status`, and notices to its operator.

`/status` is in trouble when alerts may not come, for whichever reason (`bot/messages/obstacles.py`), and for owners
also when a source fails or a setting names a chat that is not reached; else it is good.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from bot.detection.window_coverage import WindowCoverage
from bot.domain.errors import SourceFault
from bot.domain.place import Obstacle, Platform
from bot.domain.reading import SourceHealth
from bot.domain.status import BotStatus, StoredCounts, WithdrawalSourceStatus
from bot.messages.cards.common import source_name
from bot.messages.cards.coverage import coverage_lines
from bot.messages.cards.places import closed_words
from bot.messages.model import Action, Field, Line, Message, Tone, code, line, lines
from bot.messages.number_format import ago, span

_WORTH_SAYING = timedelta(minutes=1)  # a source that began to fail a moment ago is said to fail, without a time
_MAX_FAILING = 5
"""Failing sources that `/status` names. An outage breaks all of some eighty at once, and they read alike."""


def help_card(usages: Iterable[tuple[str, str, str]]) -> Message:
    """Return the list of commands, each as (usage, description, who may use it)."""
    return Message(
        title="Runwatch · help",
        lines=(
            *lines(
                "Runwatch watches crypto exchanges for signs of a run: how much leaves, and who lets users withdraw."
            ),
            *(_usage(*usage) for usage in usages),
            *lines("<…> is required, […] is optional. /help and a command, such as /help flows, says more about it."),
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


def status_card(status: BotStatus, coverage: WindowCoverage | None = None, *, for_owner: bool = False) -> Message:
    """Return whether alerts can come, how old each source's figures are, and what can be judged by now.

    Owners see the reasons why alerts may not come, and how the platforms, the places and the queue are doing.
    """
    now = status.now
    return Message(
        title="Status",
        tone=Tone.TROUBLE if status.obstacles or (for_owner and _needs_a_look(status)) else Tone.GOOD,
        lines=lines(
            _can_alert(status, for_owner=for_owner),
            *(
                [f"⚠️ {obstacle.sentence.removesuffix('.')}." for obstacle in status.obstacles or ()]
                if for_owner
                else ()
            ),
            f"Runwatch {status.version}, up for {span(now - status.started_at)}.",
            *_source_lines(status),
            *_withdrawal_source_lines(status.withdrawal_sources),
            *(_operation_lines(status) if for_owner else ()),
            *(coverage_lines(coverage) if coverage else ()),
        ),
        fields=(
            Field("Exchanges", line(f"{status.read} read of {status.exchanges} listed")),
            *(_stored_fields(status.stored, now) if for_owner and status.stored else ()),
        ),
    )


def _needs_a_look(status: BotStatus) -> bool:
    """Return whether something is wrong that keeps no alert away, or not yet."""
    return bool(status.misdirected) or any(health.fault for health in status.sources.values())


def _can_alert(status: BotStatus, *, for_owner: bool) -> str | None:
    if status.obstacles is None:
        return None
    if not status.obstacles:
        return "Alerts are working."
    if all(obstacle.kind.is_partial for obstacle in status.obstacles):
        return f"Alerts are working, except critical ones{':' if for_owner else '.'}"
    return f"Alerts may not arrive right now{':' if for_owner else '. Whoever runs this bot has been told why.'}"


def _source_lines(status: BotStatus) -> Iterator[str]:
    """Yield a line for each source: how old its newest figures are, and when its list was read."""
    names = {name.partition("/")[0] for name in status.sources} | status.newest_readings.keys()
    for name in sorted(names):
        newest = status.newest_readings.get(name)
        figures = f"newest figures {ago(newest, status.now)}" if newest else "no figures yet"
        health = status.sources.get(f"{name}/cexs")
        listed = f", list read {ago(health.last_success, status.now)}" if health and health.last_success else ""
        yield f"{source_name(name)}: {figures}{listed}."


def _withdrawal_source_lines(sources: Sequence[WithdrawalSourceStatus]) -> Iterator[str]:
    """Yield how many exchanges tell their withdrawals, then the others by what is wrong with them.

    Example: "Withdrawals: 22 of 24 exchanges answer. Blocked from this host's region: Binance. Timeout: LBank."
    """
    if not sources:
        return
    names_by_trouble: dict[str, list[str]] = {}
    for source in sources:
        if trouble := _withdrawal_trouble(source.health):
            names_by_trouble.setdefault(trouble, []).append(source.name)
    answering = len(sources) - sum(map(len, names_by_trouble.values()))
    troubles = (f" {trouble}: {', '.join(names)}." for trouble, names in names_by_trouble.items())
    yield f"Withdrawals: {answering} of {len(sources)} exchanges answer.{''.join(troubles)}"


def _withdrawal_trouble(health: SourceHealth | None) -> str:
    """Return what is wrong with a source of withdrawals, "" for nothing."""
    if health is None:
        return "Not asked yet"
    if health.fault is SourceFault.BLOCKED:
        return "Blocked from this host's region"
    return f"{health.fault[0].upper()}{health.fault[1:]}" if health.fault else ""


def _operation_lines(status: BotStatus) -> Iterator[Line | str]:
    failing = [health for health in status.sources.values() if health.fault]
    impossible = [health for health in status.sources.values() if health.detail and not health.fault]
    # What is wrong with a platform is among the obstacles already.
    yield from (f"{platform}: connected" for platform, trouble in status.platforms.items() if not trouble)
    yield from (f"⚠️ {sentence}" for sentence in status.misdirected)
    yield from (f"This worker is {standby}." for standby in status.standing_by)
    yield from (_failing_source(health, status.now) for health in failing[:_MAX_FAILING])
    if len(failing) > _MAX_FAILING:
        yield f"… and {len(failing) - _MAX_FAILING} more that cannot be read."
    yield from (_impossible_values(health) for health in impossible[:_MAX_FAILING])


def _stored_fields(stored: StoredCounts, now: datetime) -> Iterator[Field]:
    yield Field("Open incidents", line(str(stored.open_incidents)))
    yield Field("Subscribed places", line(str(stored.places)))
    yield from _disabled_places(stored.disabled)
    yield from _refused_messages(stored)
    yield Field("Waiting messages", _backlog(stored, now))


def introduction_card(title: str, label: str, start: datetime, end: datetime, *, staged: str = "") -> Message:
    """Return the first message of a replay: what it shows and where its figures are from.

    `staged` says what was made up in them, "" for nothing.
    """
    return Message(
        title=f"Runwatch · {title}",
        lines=lines(
            f"Figures: {label}, served by a local stand-in for the data source.",
            staged or None,
            f"The clock runs from {start:%Y-%m-%d} to {end:%Y-%m-%d}; this terminal is the chat.",
        ),
    )


def replay_over_line(*, has_prompt: bool) -> str:
    """Return the last line of a replay, with what can be typed where there is a prompt."""
    if has_prompt:
        return "The replay is over. Ask for more: “top”, “flows binance”; “help” lists the commands, “quit” ends."
    return "The replay is over. In a terminal you can now ask questions; README.md says how to run your own bot."


def emptied_notice() -> Message:
    """Return the notice to the operator that the store has lost all its data while the bot ran."""
    return Message(
        title="The database was emptied",
        tone=Tone.TROUBLE,
        lines=lines(
            "Somebody flushed it, or its server restarted without its data (no volume, no append-only file).",
            "All subscriptions, incidents and readings are gone. Readings are fetched again; subscriptions are not: "
            "restore the server's data and restart the bot, or have every place subscribe again.",
        ),
    )


# A line of the help is the same for everybody: it is made once and not at every question.
@lru_cache(maxsize=256)
def _usage(usage: str, description: str, access: str) -> Line:
    return line(code(usage), f" · {description}", f" ({access}s)" if access != "member" else "")


def _disabled_places(counts: Mapping[Obstacle, int]) -> tuple[Field, ...]:
    words = closed_words(counts)
    return (Field("Paused places", line(words)),) if words else ()


def _refused_messages(stored: StoredCounts) -> Iterable[Field]:
    """Yield what platforms refused: by places that are tried again, and for good."""
    if words := closed_words(stored.refusing):
        yield Field("Refusing places", line(f"{words}, retried every 30 min"))
    if stored.given_up:
        yield Field("Given up", line(f"{stored.given_up} in the last day; the log says why"))


def _failing_source(health: SourceHealth, now: datetime) -> Line:
    failing_for = now - health.failing_since if health.failing_since else timedelta()
    lasting = f" for {span(failing_for)}" if failing_for >= _WORTH_SAYING else ""
    what = f"⚠️ {_resource_name(health)}"
    # The detail of a refusal is a sentence of ours; that of another fault may be an upstream's error page.
    if health.fault and health.fault.is_refusal:
        return line(f"{what} {'is' if _is_list(health) else 'are'} refused{lasting}: {health.fault} ({health.detail})")
    if _is_list(health):
        return line(f"{what} is down ({health.fault}){lasting}. No alert opens or closes until it is back.")
    if health.fault is SourceFault.UNKNOWN_SLUG:
        source, _, exchange = health.source.partition("/")
        return line(f"⚠️ {source_name(source)} has no figures of {exchange}, so no outflow alert can come")
    return line(f"{what} cannot be read ({health.fault}){lasting}")


def _is_list(health: SourceHealth) -> bool:
    return health.source.endswith("/cexs")


def _resource_name(health: SourceHealth) -> str:
    """Return what is asked of a source: `DefiLlama's exchange list`, `DefiLlama's figures of okx`."""
    source, _, resource = health.source.partition("/")
    return f"{source_name(source)}'s {'exchange list' if _is_list(health) else f'figures of {resource}'}"


def _impossible_values(health: SourceHealth) -> Line:
    return line(f"⚠️ {_resource_name(health)}: impossible values left out ({health.detail})")


def _backlog(status: StoredCounts, now: datetime) -> Line:
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
    age = f", oldest {ago(status.oldest_waiting, now)}" if status.oldest_waiting else ""
    # Platforms are sent to at the same time, so the slowest of them decides.
    return line(f"{waiting}{age}", f", about {span(max(durations))} to go" if durations else "")
