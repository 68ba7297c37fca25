"""What the bot says about itself: `/help`, `/status`, and notices to its operator.

`/status` is in trouble when alerts may not come, for whichever reason (`bot/messages/obstacles.py`), and for owners
also when a source fails or a setting names a chat that is not reached; else it is good. The reasons are in English, as
the log has them, and so are notices to the operator and what a replay says in its terminal.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from bot.detection.venue_medians import LEAST_OTHERS
from bot.detection.window_coverage import WindowCoverage
from bot.domain.errors import SourceFault
from bot.domain.obstacles import ObstacleKind
from bot.domain.place import Obstacle, Platform
from bot.domain.reading import SourceHealth
from bot.domain.status import BotStatus, SourceStatus, StoredCounts
from bot.language.name_lists import clauses, enumerated, labelled, sentences
from bot.language.translation import marked, tr, tr_as, tr_count
from bot.messages.cards.common import capitalized, source_name
from bot.messages.cards.coverage import coverage_lines
from bot.messages.cards.hold_details import fault_words
from bot.messages.cards.own_reading import own_chains_line
from bot.messages.cards.places import closed_words
from bot.messages.model import Action, Field, Fold, Line, Message, Tone, bold, code, line, lines
from bot.messages.number_format import ago, span
from bot.messages.translated_lines import tr_line

_WORTH_SAYING = timedelta(minutes=1)  # a source that began to fail a moment ago is said to fail, without a time
_FAILING: Mapping[tuple[bool, bool, bool], str] = {
    (True, True, False): marked("⚠️ {source}'s exchange list is refused: {fault} ({detail})"),
    (True, True, True): marked("⚠️ {source}'s exchange list is refused for {time}: {fault} ({detail})"),
    (True, False, False): marked(
        "⚠️ {source}'s exchange list is down ({fault}). No alert opens or closes until it is back."
    ),
    (True, False, True): marked(
        "⚠️ {source}'s exchange list is down ({fault}) for {time}. No alert opens or closes until it is back."
    ),
    (False, True, False): marked("⚠️ {source}'s figures of {exchange} are refused: {fault} ({detail})"),
    (False, True, True): marked("⚠️ {source}'s figures of {exchange} are refused for {time}: {fault} ({detail})"),
    (False, False, False): marked("⚠️ {source}'s figures of {exchange} cannot be read ({fault})"),
    (False, False, True): marked("⚠️ {source}'s figures of {exchange} cannot be read ({fault}) for {time}"),
}
"""What is wrong with a source: by whether it is a list, whether its answer is refused, and whether that lasts."""
ALL_COMMANDS = "all"
"""What stands behind `/help` in the button that asks for every command in full."""
_MEMBER = "member"
_ACCESS_WORDS: Mapping[str, str] = {
    "moderator": marked("moderators"),
    "owner": marked("owners"),
}
"""Who may use a command that is not for everybody."""
_MAX_FAILING = 5
"""Failing sources that `/status` names. An outage breaks all of some eighty at once, and they read alike."""


def help_card(usages: Iterable[tuple[str, str, str]], *, unfolded: bool = False) -> Message:
    """Return the list of commands, each as (usage, description in the language in force, who may use it).

    Their names are one screen of a phone; what each does and takes is folded away. `unfolded` is for whoever asked for
    that: one message with everything.
    """
    listed = list(usages)
    names = {
        access: [usage.partition(" ")[0] for usage, _, wanted in listed if wanted == access]
        for access in (_MEMBER, *_ACCESS_WORDS)
    }
    shown = lines(
        tr("Runwatch watches crypto exchanges for signs of a run: how much leaves, and who lets users withdraw."),
        # Translators: {commands} is “/reserves · /flows · /top”, what everybody may use.
        tr_line("**Everybody**: {commands}", commands=" · ".join(names[_MEMBER])),
        *(
            line(bold(capitalized(_access_words(access))), labelled("", " · ".join(names[access])))
            for access in _ACCESS_WORDS
            if names[access]
        ),
        tr_line(
            "{command} and a command says what it does, for example {example}.",
            command=code("/help"),
            example=code("/help flows"),
        ),
    )
    return Message(
        title=tr("Runwatch · help"),
        lines=(
            *shown,
            *(_usage(usage, description, _access_words(access)) for usage, description, access in listed),
            *lines(tr("<…> is required, […] is optional.")),
        ),
        actions=(
            Action("Binance", "reserves binance"),
            Action(tr("Largest outflows"), "top"),
            Action(tr("Incidents"), "incidents"),
        ),
        private=True,
        fold=None if unfolded else Fold(len(shown), f"help {ALL_COMMANDS}"),
    )


def command_card(usage: str, description: str, parameters: Iterable[tuple[str, str, tuple[str, ...]]]) -> Message:
    """Return one command in detail: its parameters as (name, description, choices).

    All descriptions are in the language in force.
    """
    return Message(
        title=usage,
        # Translators: the description of a command, without a full stop.
        lines=lines(tr("{description}.", description=description)),
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
        title=tr("Status"),
        tone=Tone.TROUBLE if status.obstacles or (for_owner and _needs_a_look(status)) else Tone.GOOD,
        lines=lines(
            _can_alert(status, for_owner=for_owner),
            *(
                [f"⚠️ {obstacle.sentence.removesuffix('.')}." for obstacle in status.obstacles or ()]
                if for_owner
                else ()
            ),
            tr("Runwatch {version}, up for {time}.", version=status.version, time=span(now - status.started_at)),
            *_source_lines(status),
            *_withdrawal_source_lines(status.withdrawal_sources),
            *_proof_source_lines(status.proof_sources),
            *_price_source_lines(status.price_sources),
            own_chains_line(status.own_chains),
            *_venue_lines(status.venues),
            *_feed_lines(status.feeds),
            *(_operation_lines(status) if for_owner else ()),
            *(coverage_lines(coverage) if coverage else ()),
        ),
        fields=(
            Field(
                tr("Exchanges"), line(tr("{read} read of {listed} listed", read=status.read, listed=status.exchanges))
            ),
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
        return tr("Alerts are working.")
    if all(obstacle.kind.is_partial for obstacle in status.obstacles):
        return _can_partly_alert({obstacle.kind for obstacle in status.obstacles}, for_owner=for_owner)
    if for_owner:
        # Translators: what keeps them from arriving follows below.
        return tr("Alerts may not arrive right now:")
    return tr("Alerts may not arrive right now. Whoever runs this bot has been told why.")


def _can_partly_alert(kinds: Collection[ObstacleKind], *, for_owner: bool) -> str:
    if ObstacleKind.PRICES not in kinds:
        # Translators: with a colon, what keeps them from working follows below.
        texts = marked("Alerts are working, except critical ones:"), marked("Alerts are working, except critical ones.")
    elif len(kinds) == 1:
        texts = (
            marked("Alerts are working, except those about stablecoins:"),
            marked("Alerts are working, except those about stablecoins."),
        )
    else:
        texts = (
            marked("Alerts are working, except critical ones and those about stablecoins:"),
            marked("Alerts are working, except critical ones and those about stablecoins."),
        )
    return tr(texts[0] if for_owner else texts[1])


def _source_lines(status: BotStatus) -> Iterator[str]:
    """Yield a line for each source: how old its newest figures are, and when its list was read."""
    names = {name.partition("/")[0] for name in status.sources} | status.newest_readings.keys()
    for name in sorted(names):
        newest = status.newest_readings.get(name)
        health = status.sources.get(f"{name}/cexs")
        listed = health.last_success if health else None
        if newest and listed:
            text = marked("{source}: newest figures {newest}, list read {listed}.")
        elif newest:
            text = marked("{source}: newest figures {newest}.")
        else:
            text = (
                marked("{source}: no figures yet, list read {listed}.")
                if listed
                else marked("{source}: no figures yet.")
            )
        yield tr(
            text,
            source=source_name(name),
            newest=ago(newest, status.now) if newest else "",
            listed=ago(listed, status.now) if listed else "",
        )


def _withdrawal_source_lines(sources: Sequence[SourceStatus]) -> Iterator[str]:
    """Yield how many exchanges tell their withdrawals, then the others by what is wrong with them.

    Example: "Withdrawals: 22 of 24 exchanges answer. Blocked from this host's region: Binance. Timeout: LBank."
    """
    if not sources:
        return
    answering, troubles = _troubles(sources)
    told = tr_count(
        "Withdrawals: {answering} of {count} exchanges answer.",
        "Withdrawals: {answering} of {count} exchanges answer.",
        len(sources),
        answering=answering,
    )
    yield sentences(told, *troubles)


def _proof_source_lines(sources: Sequence[SourceStatus]) -> Iterator[str]:
    """Yield the same of proofs of reserves: "Proofs of reserves: 1 of 1 exchange answers."."""
    if not sources:
        return
    answering, troubles = _troubles(sources)
    told = tr_count(
        "Proofs of reserves: {answering} of {count} exchange answers.",
        "Proofs of reserves: {answering} of {count} exchanges answer.",
        len(sources),
        answering=answering,
    )
    yield sentences(told, *troubles)


def _feed_lines(feeds: Sequence[SourceStatus]) -> Iterator[str]:
    """Yield how many news feeds answer, and which do not."""
    if not feeds:
        return
    answering, troubles = _troubles(feeds)
    told = tr_count(
        "News: {answering} of {count} feeds answer.",
        "News: {answering} of {count} feeds answer.",
        len(feeds),
        answering=answering,
    )
    yield sentences(told, *troubles)


def _price_source_lines(sources: Sequence[SourceStatus] | None) -> Iterator[str]:
    """Yield how many sources tell what stablecoins cost, then what is wrong with the others.

    Example: "Stablecoin prices: 3 of 4 sources answer. Timeout: Kraken. Switched off: Binance."
    """
    if sources is None:
        return
    asked = [source for source in sources if not source.is_off]
    if not asked:
        yield tr("Stablecoin prices: not asked for, so nothing is told about a coin below its peg.")
        return
    answering, troubles = _troubles(sources)
    told = tr_count(
        "Stablecoin prices: {answering} of {count} source answers.",
        "Stablecoin prices: {answering} of {count} sources answer.",
        len(asked),
        answering=answering,
    )
    yield sentences(told, *troubles)


def _venue_lines(venues: Sequence[SourceStatus] | None) -> Iterator[str]:
    """Yield how many exchanges tell prices that are compared, then what is wrong with the others.

    Example: "Prices between exchanges: 14 of 16 exchanges answer. Timeout: Kraken. Switched off: HTX."
    """
    if venues is None:
        return
    asked = [venue for venue in venues if not venue.is_off]
    if not asked:
        yield tr("Prices between exchanges: not asked for, so nothing is told about prices that drift apart.")
        return
    answering, troubles = _troubles(venues)
    told = tr_count(
        "Prices between exchanges: {answering} of {count} exchange answers.",
        "Prices between exchanges: {answering} of {count} exchanges answer.",
        len(asked),
        answering=answering,
    )
    few = [tr("Too few to compare them.")] if answering <= LEAST_OTHERS else []
    yield sentences(told, *few, *troubles)


def _troubles(sources: Sequence[SourceStatus]) -> tuple[int, Sequence[str]]:
    """Return how many sources answer, and a sentence for each reason why others do not."""
    names_by_trouble: dict[str, list[str]] = {}
    for source in sources:
        if trouble := _trouble(source):
            names_by_trouble.setdefault(trouble, []).append(source.name)
    troubles = [
        # Translators: {trouble} is why these sources do not answer, with a capital: “Timeout”, “Not asked yet”.
        tr("{trouble}: {exchanges}.", trouble=trouble, exchanges=enumerated(names))
        for trouble, names in names_by_trouble.items()
    ]
    return len(sources) - sum(map(len, names_by_trouble.values())), troubles


def _trouble(source: SourceStatus) -> str:
    """Return what is wrong with a source, "" for nothing."""
    if source.is_off:
        return tr("Switched off")
    if source.health is None:
        return tr("Not asked yet")
    if source.health.fault is SourceFault.BLOCKED:
        return tr("Blocked from this host's region")
    return capitalized(fault_words(source.health.fault)) if source.health.fault else ""


def _operation_lines(status: BotStatus) -> Iterator[Line | str]:
    failing = [(health, health.fault) for health in status.sources.values() if health.fault]
    impossible = [health for health in status.sources.values() if health.detail and not health.fault]
    # What is wrong with a platform is among the obstacles already.
    yield from (
        tr("{platform}: connected", platform=platform) for platform, trouble in status.platforms.items() if not trouble
    )
    yield from (f"⚠️ {sentence}" for sentence in status.misdirected)
    yield from (f"This worker is {standby}." for standby in status.standing_by)
    yield from (_failing_source(health, fault, status.now) for health, fault in failing[:_MAX_FAILING])
    if len(failing) > _MAX_FAILING:
        # Translators: so many more sources of figures.
        yield tr("… and {count} more that cannot be read.", count=len(failing) - _MAX_FAILING)
    yield from (_impossible_values(health) for health in impossible[:_MAX_FAILING])


def _stored_fields(stored: StoredCounts, now: datetime) -> Iterator[Field]:
    yield Field(tr("Open incidents"), line(str(stored.open_incidents)))
    yield Field(tr("Subscribed places"), line(str(stored.places)))
    yield from _disabled_places(stored.disabled)
    yield from _refused_messages(stored)
    yield Field(tr("Waiting messages"), _backlog(stored, now))


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
    # The command is plain text: nothing else may stand in a quote that Telegram folds, and it links to commands there.
    return line(f"{usage} · {description}", f" ({access})" if access else "")


def _access_words(access: str) -> str:
    """Return who may use a command, "" for everybody."""
    return tr(_ACCESS_WORDS[access]) if access in _ACCESS_WORDS else ""


def _disabled_places(counts: Mapping[Obstacle, int]) -> tuple[Field, ...]:
    words = closed_words(counts)
    return (Field(tr("Paused places"), line(words)),) if words else ()


def _refused_messages(stored: StoredCounts) -> Iterable[Field]:
    """Yield what platforms refused: by places that are tried again, and for good."""
    if words := closed_words(stored.refusing):
        # Translators: {places} is how many places, and why: `3 (2 removed, 1 no rights)`.
        yield Field(tr("Refusing places"), line(tr("{places}, retried every 30 min", places=words)))
    if stored.given_up:
        told = tr_count(
            # Translators: so many messages were given up.
            "{count} in the last day; the log says why",
            "{count} in the last day; the log says why",
            stored.given_up,
        )
        # Translators: the heading above how many messages were given up.
        yield Field(tr("Given up"), line(told))


def _failing_source(health: SourceHealth, fault: SourceFault, now: datetime) -> Line:
    """Return what is wrong with a source; `detail` is in English, as the log has it."""
    source, _, exchange = health.source.partition("/")
    if fault is SourceFault.UNKNOWN_SLUG and not _is_list(health):
        text = tr(
            "⚠️ {source} has no figures of {exchange}, so no outflow alert can come",
            source=source_name(source),
            exchange=exchange,
        )
        return line(text)
    failing_for = now - health.failing_since if health.failing_since else timedelta()
    is_lasting = failing_for >= _WORTH_SAYING
    # The detail of a refusal is a sentence of ours; that of another fault may be an upstream's error page.
    text = tr(
        _FAILING[_is_list(health), fault.is_refusal, is_lasting],
        source=source_name(source),
        exchange=exchange,
        fault=fault_words(fault),
        detail=health.detail,
        time=span(failing_for),
    )
    return line(text)


def _is_list(health: SourceHealth) -> bool:
    return health.source.endswith("/cexs")


def _impossible_values(health: SourceHealth) -> Line:
    source, _, exchange = health.source.partition("/")
    text = (
        marked("⚠️ {source}'s exchange list: impossible values left out ({detail})")
        if _is_list(health)
        else marked("⚠️ {source}'s figures of {exchange}: impossible values left out ({detail})")
    )
    return line(tr(text, source=source_name(source), exchange=exchange, detail=health.detail))


def _backlog(status: StoredCounts, now: datetime) -> Line:
    """Return how many messages wait, the age of the oldest, and the time until all are sent.

    100,000 Telegram messages at 28 a second take 59 min. A platform that this worker does not send to has no rate here.
    """
    waiting = sum(status.backlog.values())
    if not waiting:
        # Translators: no messages wait.
        return line(tr_as("messages", "none"))
    waiting_on = Counter[Platform]()
    for (platform, _), count in status.backlog.items():
        waiting_on[platform] += count
    rates = status.rates
    durations = [rates[platform].time_for(count) for platform, count in waiting_on.items() if platform in rates]
    told = [str(waiting)]
    if status.oldest_waiting:
        # Translators: the oldest message, within `12, oldest 3 min ago, about 5 min to go`.
        told.append(tr("oldest {time}", time=ago(status.oldest_waiting, now)))
    if durations:
        # Platforms are sent to at the same time, so the slowest of them decides.
        told.append(tr("about {time} to go", time=span(max(durations))))
    return line(clauses(told))
