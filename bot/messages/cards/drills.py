"""Drills: the card with the buttons, what a press is answered with, and the line that other cards show.

`drill_line` is “Members' drills, unverified: 14 in 24 h, median 11 min, 1 refused”. What a press is answered with is
short and private: Telegram shows it in a window over the chat, Discord to whoever pressed.
"""

from datetime import datetime

from bot.domain.drill import FEWEST_PEOPLE, Drill, DrillFigures, DrillOutcome, DrillStep, DrillSummary, PressResult
from bot.domain.exchange import Exchange
from bot.messages.model import Action, Line, Message, Tone, bold, code, line, lines, moment
from bot.messages.number_format import span

_NETWORK_NAMES = {"BITCOIN": "Bitcoin", "ETHEREUM": "Ethereum", "TRON": "Tron", "SOLANA": "Solana"}
_MAX_ROUTES = 2  # the card fits on a phone with them
_OUTCOME_WORDS = {
    DrillOutcome.ARRIVED: "the money arrived",
    DrillOutcome.REFUSED: "the exchange refused it",
    DrillOutcome.CANCELLED: "you cancelled it",
}


def drill_line(summary: DrillSummary | None) -> Line | None:
    """Return what members' drills at an exchange say, None where there is nothing to show."""
    if summary is None:
        return None
    shown = "; in another community ".join(_figures(figures) for figures in summary.figures)
    only = ", all in one community" if summary.communities == 1 else ""
    return line(f"Members' drills, unverified: {shown}{only}")


def drill_card(exchange: Exchange, asset: str, network: str, summary: DrillSummary | None) -> Message:
    """Return the card on which members press what happens to a withdrawal of theirs."""
    named = _route(asset, network)
    words = " ".join(word for word in ("drill", exchange.id, asset, network) if word)
    return Message(
        title=" · ".join(part for part in (exchange.name, "withdrawal drill", named) if part),
        lines=lines(
            "Members test withdrawals together: press what happens to one of yours; the bot measures the time.",
            line(bold("Requested"), " when the exchange has taken your request, ", bold("Arrived"), " when the money "
                 "has come, ", bold("Refused"), " when the exchange says no, ", bold("Cancelled"), " if you give up."),
            drill_line(summary) or f"Results are shown from {FEWEST_PEOPLE} people on.",
            *(_route_line(*route) for route in (summary.routes[:_MAX_ROUTES] if summary else ())),
            line("Never write amounts, addresses or ids here. One drill a day per person and exchange, kept for 30 "
                 "days without your name; ", code("/privacy forget"), " deletes it."),
        ),
        actions=(
            Action("Requested", f"{words} {DrillStep.REQUESTED}"),
            Action("Arrived", f"drill {exchange.id} {DrillStep.ARRIVED}"),
            Action("Refused", f"drill {exchange.id} {DrillStep.REFUSED}"),
            Action("Cancelled", f"drill {exchange.id} {DrillStep.CANCELLED}"),
        ),
    )  # fmt: skip


def requested_card(name: str, drill: Drill) -> Message:
    """Return what whoever pressed *requested* reads, the second time as well."""
    return Message(
        title=f"{name} · your drill is under way",
        tone=Tone.GOOD,
        lines=lines(
            line("Since ", moment(drill.requested_at), "."),
            "Press Arrived when the money is there, or Refused or Cancelled.",
        ),
        private=True,
    )


def finished_card(name: str, drill: Drill) -> Message:
    """Return what whoever ended their drill reads."""
    if drill.took is not None:
        title, sentence = f"{name} · arrived after {span(drill.took)}", "Thank you. It counts without your name."
    elif drill.outcome is DrillOutcome.REFUSED:
        title, sentence = f"{name} · refused", "Thank you. It counts without your name."
    else:
        title, sentence = f"{name} · cancelled", "It does not count."
    return Message(title=title, tone=Tone.GOOD, lines=lines(sentence), private=True)


def forgotten_drills_card(count: int) -> Message:
    """Return what `/privacy forget` has deleted."""
    what = {0: "There were no drills of yours.", 1: "Your drill is deleted."}.get(
        count, f"All {count} drills of yours are deleted."
    )
    return Message(
        title="Privacy · forgotten",
        tone=Tone.GOOD,
        lines=lines(f"{what} Backups that the operator of this bot made before may have them for 30 days at most."),
        private=True,
    )


def refused_press(name: str, result: PressResult, drill: Drill | None, now: datetime) -> str:
    """Return why a press was not taken, and what to do."""
    if result is PressResult.TOO_SOON and drill:
        passed = span(now - drill.requested_at)
        return f"You pressed Requested only {passed} ago; no withdrawal is that quick. Press Arrived when it is there."
    if result is PressResult.HAD_ONE:
        return f"You had your drill at {name} today. The next one may begin at 00:00 UTC."
    if result is PressResult.OVER and drill and drill.outcome:
        return f"Your drill at {name} is over: {_OUTCOME_WORDS[drill.outcome]}, as you said."
    if result is PressResult.FULL:
        return f"So many drills were begun at {name} today that no more are counted. Try again after 00:00 UTC."
    return f"You have no drill at {name} under way. Press Requested when you ask the exchange for a withdrawal."


def _figures(figures: DrillFigures) -> str:
    median = f"median {span(figures.median)}" if figures.median is not None else ""
    refused = f"{figures.refused} refused" if figures.refused else "none refused"
    waiting = f"{figures.waiting} without outcome yet" if figures.waiting else ""
    return ", ".join(part for part in (f"{figures.people} in 24 h", median, refused, waiting) if part)


def _route_line(asset: str, network: str, figures: DrillFigures) -> Line:
    return line(f"{_route(asset, network)}: {_figures(figures)}")


def _route(asset: str, network: str) -> str:
    name = _NETWORK_NAMES.get(network, network)
    return f"{asset} over {name}" if asset and name else asset or name
