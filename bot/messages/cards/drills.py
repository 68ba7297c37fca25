"""Drills: the card with the buttons, what a press is answered with, and the line that other cards show.

`drill_line` is “Members' drills, unverified: 14 in 24 h, median 11 min, 1 refused”. What a press is answered with is
short and private: Telegram shows it in a window over the chat, Discord to whoever pressed.
"""

from datetime import datetime

from bot.domain.drill import FEWEST_PEOPLE, Drill, DrillFigures, DrillOutcome, DrillStep, DrillSummary, PressResult
from bot.domain.exchange import Exchange
from bot.language.name_lists import clauses, labelled, sentences
from bot.language.translation import marked, marked_as, tr, tr_as, tr_count
from bot.messages.model import Action, Line, Message, Tone, code, line, lines, moment
from bot.messages.number_format import span
from bot.messages.translated_lines import tr_line

_NETWORK_NAMES = {"BITCOIN": "Bitcoin", "ETHEREUM": "Ethereum", "TRON": "Tron", "SOLANA": "Solana"}
_MAX_ROUTES = 2  # the card fits on a phone with them
_OVER = {
    DrillOutcome.ARRIVED: marked("Your drill at {exchange} is over: the money arrived, as you said."),
    DrillOutcome.REFUSED: marked("Your drill at {exchange} is over: the exchange refused it, as you said."),
    DrillOutcome.CANCELLED: marked("Your drill at {exchange} is over: you cancelled it, as you said."),
}
_LABELS = {
    # Translators: a button that members press about a withdrawal of theirs; the sentences name it so.
    DrillStep.REQUESTED: marked_as("withdrawal", "Requested"),
    # Translators: a button that members press about a withdrawal of theirs; the sentences name it so.
    DrillStep.ARRIVED: marked_as("withdrawal", "Arrived"),
    # Translators: a button that members press about a withdrawal of theirs; the sentences name it so.
    DrillStep.REFUSED: marked_as("withdrawal", "Refused"),
    # Translators: a button that members press about a withdrawal of theirs; the sentences name it so.
    DrillStep.CANCELLED: marked_as("withdrawal", "Cancelled"),
}


def drill_line(summary: DrillSummary | None) -> Line | None:
    """Return what members' drills at an exchange say, None where there is nothing to show."""
    if summary is None:
        return None
    first, *others = map(_figures, summary.figures)
    if others:
        # Translators: {first} and {second} are `14 in 24 h, median 11 min, 1 refused`.
        text = marked("Members' drills, unverified: {first}; in another community {second}")
    elif summary.communities == 1:
        text = marked("Members' drills, unverified: {first}, all in one community")
    else:
        text = marked("Members' drills, unverified: {first}")
    return line(tr(text, first=first, second="".join(others)))


def drill_card(exchange: Exchange, asset: str, network: str, summary: DrillSummary | None) -> Message:
    """Return the card on which members press what happens to a withdrawal of theirs."""
    named = _route(asset, network)
    words = " ".join(word for word in ("drill", exchange.id, asset, network) if word)
    return Message(
        title=" · ".join(part for part in (exchange.name, tr("withdrawal drill"), named) if part),
        lines=lines(
            tr("Members test withdrawals together: press what happens to one of yours; the bot measures the time."),
            tr_line(
                "**{requested}** when the exchange has taken your request, **{arrived}** when the money has come, "
                "**{refused}** when the exchange says no, **{cancelled}** if you give up.",
                **_labels(),
            ),
            drill_line(summary)
            or tr_count(
                "Results are shown from {count} person on.", "Results are shown from {count} people on.", FEWEST_PEOPLE
            ),
            *(_route_line(*route) for route in (summary.routes[:_MAX_ROUTES] if summary else ())),
            tr_line(
                "Never write amounts, addresses or ids here. One drill a day per person and exchange, kept for 30 days "
                "without your name; {command} deletes it.",
                command=code("/privacy forget"),
            ),
        ),
        actions=tuple(
            _step_action(words if step is DrillStep.REQUESTED else f"drill {exchange.id}", step) for step in DrillStep
        ),
    )


def _step_action(words: str, step: DrillStep) -> Action:
    return Action(_label(step), f"{words} {step}")


def _label(step: DrillStep) -> str:
    return tr_as(*_LABELS[step])


def _labels() -> dict[str, str]:
    """Return the label of each button by its name in the texts."""
    return {str(step): _label(step) for step in DrillStep}


def requested_card(exchange: Exchange, drill: Drill, *, typed: bool = False) -> Message:
    """Return what whoever pressed *requested* reads, the second time as well.

    Whoever `typed` it has no card of the drill before them, and gets the buttons to end it.
    """
    return Message(
        title=tr("{exchange} · your drill is under way", exchange=exchange.name),
        tone=Tone.GOOD,
        lines=lines(
            tr_line("Since {time}.", time=moment(drill.requested_at)),
            # Translators: the three are labels of buttons.
            tr("Press {arrived} when the money is there, or {refused} or {cancelled}.", **_labels()),
        ),
        actions=tuple(
            _step_action(f"drill {exchange.id}", step)
            for step in DrillStep
            if typed and step is not DrillStep.REQUESTED
        ),
        private=True,
    )


def finished_card(name: str, drill: Drill) -> Message:
    """Return what whoever ended their drill reads."""
    if drill.took is not None:
        title = tr("{exchange} · arrived after {time}", exchange=name, time=span(drill.took))
    elif drill.outcome is DrillOutcome.REFUSED:
        title = tr("{exchange} · refused", exchange=name)
    else:
        title = tr("{exchange} · cancelled", exchange=name)
    counts = drill.outcome is not DrillOutcome.CANCELLED
    sentence = tr("Thank you. It counts without your name.") if counts else tr("It does not count.")
    return Message(title=title, tone=Tone.GOOD, lines=lines(sentence), private=True)


def forgotten_drills_card(count: int) -> Message:
    """Return what `/privacy forget` has deleted."""
    if not count:
        what = tr("There were no drills of yours.")
    elif count == 1:
        what = tr("Your drill is deleted.")
    else:
        what = tr_count("{count} drill of yours is deleted.", "All {count} drills of yours are deleted.", count)
    backups = tr("Backups that the operator of this bot made before may have them for 30 days at most.")
    return Message(
        title=tr("Privacy · forgotten"),
        tone=Tone.GOOD,
        lines=lines(sentences(what, backups)),
        private=True,
    )


def refused_press(name: str, result: PressResult, drill: Drill | None, now: datetime) -> str:
    """Return why a press was not taken, and what to do."""
    if result is PressResult.TOO_SOON and drill:
        # Translators: {requested} and {arrived} are labels of buttons.
        return tr(
            "You pressed {requested} only {time} ago; no withdrawal is that quick. Press {arrived} when it is there.",
            time=span(now - drill.requested_at),
            **_labels(),
        )
    if result is PressResult.HAD_ONE:
        return tr("You had your drill at {exchange} today. The next one may begin at 00:00 UTC.", exchange=name)
    if result is PressResult.OVER and drill and drill.outcome:
        return tr(_OVER[drill.outcome], exchange=name)
    if result is PressResult.FULL:
        return tr(
            "So many drills were begun at {exchange} today that no more are counted. Try again after 00:00 UTC.",
            exchange=name,
        )
    # Translators: {requested} is the label of a button.
    return tr(
        "You have no drill at {exchange} under way. Press {requested} when you ask the exchange for a withdrawal.",
        exchange=name,
        **_labels(),
    )


def _figures(figures: DrillFigures) -> str:
    # Translators: so many drills, within `14 in 24 h, median 11 min, 1 refused, 2 without outcome yet`.
    parts = [tr_count("{count} in 24 h", "{count} in 24 h", figures.people)]
    if figures.median is not None:
        # Translators: the median of the times that withdrawals took.
        parts.append(tr("median {time}", time=span(figures.median)))
    if figures.refused:
        # Translators: so many withdrawals were refused by the exchange.
        parts.append(tr_count("{count} refused", "{count} refused", figures.refused))
    else:
        # Translators: no withdrawal was refused by the exchange.
        parts.append(tr("none refused"))
    if figures.waiting:
        # Translators: so many drills of which nobody knows yet how they end.
        parts.append(tr_count("{count} without outcome yet", "{count} without outcome yet", figures.waiting))
    return clauses(parts)


def _route_line(asset: str, network: str, figures: DrillFigures) -> Line:
    return line(labelled(_route(asset, network), _figures(figures)))


def _route(asset: str, network: str) -> str:
    name = _NETWORK_NAMES.get(network, network)
    # Translators: `USDT over Tron`
    return tr("{asset} over {network}", asset=asset, network=name) if asset and name else asset or name
