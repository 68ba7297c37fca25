"""Asks for what a command leaves out, or names wrongly, with buttons whose press is the whole command.

`/compare binance` is asked “Compare it with what?” with the buttons `compare binance okx`, `compare binance gate` …;
`/reserves binanse` is told that nothing is called so, with the button `reserves binance`. Nothing is remembered: the
buttons' command lines are all there is, so they work after a restart and in any worker.
"""

import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from bot.commands.declaration import LEAD_ON, Command, MissingArgument, Parameter
from bot.commands.suggestions import Suggestion
from bot.domain.errors import UnknownExchange
from bot.language.translation import tr
from bot.messages.cards.errors import question_card, refusal
from bot.messages.model import Action, Message
from bot.messages.plain_text import clean

_MOST_BUTTONS = 8  # a choice that is seen at a glance; platforms allow 25 and more


class SuggestChoices(Protocol):
    """Returns what an argument may be, likeliest first, given the others."""

    def __call__(self, parameter: Parameter, typed: str, *, given: Mapping[str, str], limit: int) -> list[Suggestion]:
        """Return so many (label, value) pairs at most."""
        ...


def question(missing: MissingArgument, suggest: SuggestChoices) -> Message:
    """Return the question for a missing argument, with its likeliest values as buttons.

    A button has the whole command line. Where several arguments are missing, the first of them get their likeliest
    value, so that one press is enough: `/compare` offers Binance beside OKX. Only a command that is gone through
    step by step asks for one after the other.
    """
    *filled, last = missing.still_missing[:1] if missing.is_guided else missing.still_missing
    given, labels = dict(missing.given), list[str]()
    for parameter in filled:
        if not (pairs := suggest(parameter, "", given=given, limit=1)):
            return question_card(parameter.question, tr(parameter.kind.none_known) or missing.command.usage, ())
        label, given[parameter.name] = pairs[0]
        labels.append(label)
    pairs = suggest(last, "", given=given, limit=_MOST_BUTTONS)
    if not pairs:
        nothing = tr(last.kind.none_known)
        help_button = (tr("About /{command}", command=missing.command.name), f"help {missing.command.name}")
        return question_card(last.question, nothing or missing.command.usage, () if nothing else (help_button,))
    lead_on = f" {LEAD_ON}" if missing.is_guided and len(missing.still_missing) > 1 else ""
    buttons = tuple(
        (
            " · ".join((*labels, label)),
            f"{command_line(missing.command, given | {last.name: value})}{lead_on}",
        )
        for label, value in pairs
    )
    example = buttons[0][1].removesuffix(lead_on)
    explained = last.explain() if last.explain else ()
    return question_card(last.question, tr("Or type it, for example /{line}", line=example), buttons, explained)


def nearest_exchanges(
    command: Command, arguments: str | Mapping[str, str], unknown: UnknownExchange, names: Mapping[str, str]
) -> Message:
    """Return that nothing is called so, with the same line for each exchange that is spelt much like it."""
    given = command.words_by_name(clean(arguments)) if isinstance(arguments, str) else arguments
    lines = [
        (
            names.get(exchange, exchange),
            {name: exchange if word == unknown.name else word for name, word in given.items()},
        )
        for exchange in unknown.nearest
    ]
    actions = tuple(Action(clean(label), command_line(command, line), in_place=True) for label, line in lines)
    return replace(refusal(str(unknown)), actions=actions)


def command_line(command: Command, given: Mapping[str, str]) -> str:
    """Return the line that a person would type for these arguments, without the slash."""
    words = (shlex.quote(given[parameter.name]) for parameter in command.parameters if parameter.name in given)
    return " ".join((command.name, *words))
