"""What may be meant by an argument that somebody has begun to type, from memory alone.

Discord asks for it at every letter and shows 25 values at most; a command without its argument gets the same values as
buttons. Example: `bin` may become Binance, and `binanse`, which nothing is called, may have been meant as Binance.
How a kind of argument gets its own: `suggest` of `ArgumentKind` in `arguments.py`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.commands.exchange_lookup import similar_exchanges
from bot.commands.queries import Queries
from bot.domain.incident import IncidentState
from bot.domain.networks import KNOWN_NETWORKS
from bot.domain.severity import Sensitivity
from bot.domain.stress import STRESS
from bot.language.translation import marked, tr, tr_as
from bot.messages.choice_labels import choice_label
from bot.messages.severity_words import severity_word

Suggestion = tuple[str, str]
"""What is shown, and the word that stands for it in a command: ("Gate.io", "gate")."""

PAST_RUNS = (
    (marked("FTX, November 2022"), "ftx-2022"),
    (marked("Binance, December 2022"), "binance-2022"),
    (marked("Binance, June 2023"), "binance-2023-06"),
    (marked("Binance, November 2023"), "binance-2023-11"),
    (marked("Bybit, February 2025"), "theft-then-run"),
)
"""The runs of the past that exchanges are compared with. Named here, for to load the episodes takes half a second."""

_ALL = (marked("All exchanges"), "all")
_STRESS = (marked("Daily stress test: one card a day"), STRESS.id)
_USUAL_USD = (10, 50, 100, 500)  # in millions
_USUAL_PERCENT = (1, 3, 5, 10)
_NUMBER = re.compile(r"\d{1,3}(?:[.,]\d{1,2})?|[.,]\d{1,2}")


@dataclass(frozen=True, slots=True)
class SuggestionScope:
    """What values are suggested from.

    `commands` are names and descriptions, `given` the arguments that were typed already, by name.
    """

    queries: Queries
    commands: Sequence[Suggestion] = ()
    given: Mapping[str, str] = field(default_factory=dict)


SuggestValues = Callable[[SuggestionScope, str], Iterable[Suggestion]]
"""Returns what the text typed so far may become, likeliest first; nothing where nothing fits."""


def suggest_exchanges(scope: SuggestionScope, typed: str) -> Iterator[Suggestion]:
    """Yield the exchanges whose name begins with or contains what was typed, else those spelt much like it."""
    exchanges = scope.queries.exchanges_like(typed) or similar_exchanges(typed, scope.queries.exchanges())
    return ((exchange.name, exchange.id) for exchange in exchanges)


def suggest_exchanges_or_all(scope: SuggestionScope, typed: str) -> Iterator[Suggestion]:
    """Yield “all exchanges”, the exchanges, and the daily stress test where its name was begun."""
    yield from _containing(typed, _translated((_ALL,)))
    if typed:
        yield from _containing(typed, _translated((_STRESS,)))
    yield from suggest_exchanges(scope, typed)


def suggest_exchanges_or_runs(scope: SuggestionScope, typed: str) -> Iterator[Suggestion]:
    """Yield exchanges and runs of the past: before anything is typed three of each, for a list may be cut."""
    runs = list(_containing(typed, _translated(PAST_RUNS)))
    exchanges = list(suggest_exchanges(scope, typed))
    if typed and runs and not scope.queries.exchanges_like(typed):
        yield from runs  # what was typed names a run; exchanges spelt like it are guesses
        return
    yield from exchanges[:3]
    yield from runs[:3]
    yield from exchanges[3:]
    yield from runs[3:]


def suggest_incidents(scope: SuggestionScope, typed: str) -> Iterator[Suggestion]:
    """Yield open incidents, worst first, then past ones, newest first, by their number or their exchange's name."""
    names = scope.queries.names()
    wanted = typed.strip().lower()
    for incident in scope.queries.known_incidents():
        is_open = incident.state is IncidentState.OPEN
        state = severity_word(incident.severity) if is_open else tr_as("an incident", "over")
        label = f"{incident.label} · {names.get(incident.subject, incident.subject)} · {state}"
        if wanted in label.lower() or wanted.lstrip("#") == str(incident.number):
            yield label, incident.label


def suggest_commands(scope: SuggestionScope, typed: str) -> Iterator[Suggestion]:
    """Yield the commands by their name or a word of their description."""
    wanted = typed.strip().lower().removeprefix("/")
    commands = [(name, tr(description)) for name, description in scope.commands]
    named = [(name, description) for name, description in commands if wanted in name]
    told = [(name, text) for name, text in commands if wanted in text.lower() and (name, text) not in named]
    return ((f"/{name} · {description}", name) for name, description in (*named, *told))


def suggest_dollars(_: SuggestionScope, typed: str) -> Iterator[Suggestion]:
    """Yield amounts: `50` may become $50K, $50M or $50B."""
    number = typed.strip().lstrip("$").rstrip("kKmMbBnN").strip()
    if _NUMBER.fullmatch(number):
        return ((f"${number}{unit}", f"${number}{unit}") for unit in "MKB")
    return ((f"${usd}M", f"${usd}M") for usd in _USUAL_USD if not typed.strip(" $"))


def suggest_shares(_: SuggestionScope, typed: str) -> Iterator[Suggestion]:
    """Yield shares of reserves: `3` may become 3%."""
    number = typed.strip().strip("%").strip()
    if _NUMBER.fullmatch(number):
        return iter([(f"{number}%", f"{number}%")] if 0 < float(number.replace(",", ".")) <= 100 else [])  # noqa: PLR2004 — per cent
    return ((f"{share}%", f"{share}%") for share in _USUAL_PERCENT if not number)


def suggest_thresholds(scope: SuggestionScope, typed: str) -> Iterator[Suggestion]:
    """Yield what a rule may be: a preset, a share of reserves or an amount."""
    begun = (preset for preset in Sensitivity if preset.startswith(typed.strip().lower()))
    yield from ((choice_label(preset), preset) for preset in begun)
    yield from suggest_shares(scope, typed)
    yield from suggest_dollars(scope, typed)


def suggest_networks(_: SuggestionScope, typed: str) -> Iterator[Suggestion]:
    """Yield the networks that have a name of ours."""
    names = sorted(name.title() for name in KNOWN_NETWORKS)
    return _containing(typed, [(name, name) for name in names])


def _translated(suggestions: Iterable[Suggestion]) -> Iterator[Suggestion]:
    """Yield suggestions of a table with their labels in the language in force."""
    return ((tr(label), word) for label, word in suggestions)


def _containing(typed: str, suggestions: Iterable[Suggestion]) -> Iterator[Suggestion]:
    """Yield the suggestions whose label or word has what was typed in it."""
    wanted = typed.strip().lower()
    return (pair for pair in suggestions if wanted in pair[0].lower() or wanted in pair[1])
