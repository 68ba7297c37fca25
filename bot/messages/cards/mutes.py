"""Answers to `/mute` and `/unmute`, and the one message that sums up what a muted place missed.

Example of the summary: "While muted (4 h)", then a line for each incident: "🟠 Binance · INC-42 · severe at worst
(−10.6 % (−$12.6 B) in 24 h), now elevated".
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.exchange import Exchange
from bot.domain.incident import Incident, IncidentState
from bot.domain.mute import MissedIncident, Mute
from bot.domain.severity import Severity
from bot.domain.signal import Rule
from bot.messages.cards.common import TONES, provenance
from bot.messages.cards.signal_card import SignalCard
from bot.messages.cards.signal_kinds import SIGNAL_KINDS, SignalKinds, card_of
from bot.messages.model import Action, Line, Message, Tone, bold, line, lines, moment
from bot.messages.number_format import counted, span

_EVERYTHING = "all exchanges"
_MOST_LINES = 10  # one screen of a phone; what else was missed is counted, and /incidents has it
_MOST_BUTTONS = 3
_EXAMPLES = "Examples: /mute binance 4h, /mute 24h, /mute binance until worse."


def there(where: str) -> str:
    """Return what a title says of a place that is not the one where somebody asked: ` in @mychannel`."""
    return f" in {where}" if where else ""


def _here(where: str) -> str:
    return there(where) or " here"


def _posted_again(mutes: Sequence[Mute], names: Mapping[str, str], where: str = "") -> str:
    """Return what is told again once mutes are over; others of the place may last."""
    all_names = ", ".join(_name(mute, names) for mute in mutes)
    about = "" if any(mute.exchange is None for mute in mutes) else f" about {all_names}"
    return f"Alerts{about} are posted{_here(where)} again."


def mute_actions(what: str, where: str = "", *, until_worse: bool = True) -> tuple[Action, ...]:
    """Return the buttons that mute an exchange, or another subject of incidents, by its id, or "all"."""
    spans = {"Mute 4 h": "4h", "Mute 24 h": "24h", **({"Until it gets worse": "worse"} if until_worse else {})}
    actions = tuple(_action(label, "mute", what, length, where) for label, length in spans.items())
    return (replace(actions[0], starts_row=True), *actions[1:])  # below those that ask


def _action(label: str, *words: str) -> Action:
    """Return a button for a command line; words that are empty are left out."""
    return Action(label, shlex.join(filter(None, words)))


def muted_card(
    mute: Mute, now: datetime, names: Mapping[str, str], earlier: Mute | None = None, where: str = ""
) -> Message:
    """Return the confirmation of a mute; `earlier` is how it was before, None where nothing was muted.

    `where` names the place, here as in all of these cards, "" for the one where somebody asked.
    """
    name = _name(mute, names)
    what = line("Nothing about ", bold(name)) if mute.exchange else line("No alert")
    length = f" ({span(mute.until - now)})" if mute.worse is None else ""
    return Message(
        title=f"Muted{there(where)} · {name}",
        tone=Tone.GOOD,
        lines=lines(
            line(*what, f" is posted{_here(where)} ", *_end(mute), f"{length}."),
            line("Before: ", *_end(earlier), ".") if earlier else None,
            "What gets worse than that is posted."
            if mute.worse
            else f"That includes critical alerts. What is missed is summed up{_here(where)} in one message then.",
            "Subscriptions stay as they are, commands are answered, and messages that were posted before are still "
            "updated, without a sound.",
        ),
        actions=(_unmute_action(mute, where),),
    )


def mutes_card(mutes: Sequence[Mute], names: Mapping[str, str], where: str = "") -> Message:
    """Return what is muted in a place, with a button for each to lift it."""
    if not mutes:
        return Message(
            title=f"Nothing is muted{_here(where)}",
            lines=lines("All alerts that this place subscribed to are posted.", _EXAMPLES),
            actions=mute_actions("all", where, until_worse=False),
            private=True,
        )
    return Message(
        title=f"Muted{_here(where)}",
        lines=lines(*[line(bold(_name(mute, names)), " · ", *_end(mute)) for mute in mutes], _EXAMPLES),
        actions=tuple(
            _action(f"Unmute {_name(mute, names)}", "unmute", mute.exchange or "all", where) for mute in mutes
        ),
        private=True,
    )


def which_span_card(subject: Exchange | None, where: str = "") -> Message:
    """Return the question for how long an exchange is to be muted, with the usual answers as buttons."""
    what, name = (subject.id, subject.name) if subject else ("all", _EVERYTHING)
    week = _action("Mute 7 d", "mute", what, "7d", where)
    return Message(
        title=f"Mute {name}{there(where)} for how long?",
        lines=lines(f"For example /mute {what} 4h. From 5 minutes to 30 days, or until worse."),
        actions=(*mute_actions(what, where, until_worse=subject is not None), week),
        private=True,
    )


def unmuted_card(
    lifted: Sequence[Mute], missed: int, left: Sequence[Mute], names: Mapping[str, str], where: str = ""
) -> Message:
    """Return what was unmuted: `missed` incidents are summed up in a message of their own, `left` is muted still."""
    still = [line("Still muted: ", bold(_name(mute, names)), " ", *_end(mute), ".") for mute in left]
    if not lifted:
        return Message(
            title=f"Nothing to unmute{there(where)}",
            lines=lines(*still) or lines(f"Nothing is muted{_here(where)}."),
            private=True,
        )
    told = (
        f"What was missed ({counted(missed, 'incident')}) follows in one message." if missed else "Nothing was missed."
    )
    return Message(
        title=f"Unmuted{there(where)} · {', '.join(_name(mute, names) for mute in lifted)}",
        tone=Tone.GOOD,
        lines=lines(
            f"{_posted_again(lifted, names, where)} {told}",
            *still,
        ),
    )


def missed_card(
    mutes: Sequence[Mute],
    missed: Sequence[tuple[MissedIncident, Incident | None]],
    names: Mapping[str, str],
    kinds: SignalKinds = SIGNAL_KINDS,
    *,
    held: int = 0,
) -> Message:
    """Return the summary of what was missed under mutes of one place that are over.

    Each missed incident comes with what it is by now, None where nothing is known of it any more. The worst is first.
    `held` counts those that no moderator has released, which are not named.
    """
    length = max(mute.until for mute in mutes) - min(mute.since for mute in mutes)
    known = [incident for _, incident in missed if incident]
    open_now = [incident for incident in known if incident.state is IncidentState.OPEN]
    newest = max((incident.announced for incident in known), key=lambda signal: signal.as_of, default=None)
    worst_first = sorted(missed, key=lambda pair: -pair[0].severity.rank)
    shown, more = worst_first[:_MOST_LINES], len(missed) - _MOST_LINES
    worst = max((incident.severity for incident in open_now), key=lambda severity: severity.rank, default=None)
    return Message(
        title=f"While muted ({span(length)})",
        tone=TONES[worst] if worst else Tone.GOOD,
        lines=lines(
            *[_missed_line(found, incident, names, kinds) for found, incident in shown],
            f"… and {more} more: /incidents lists them." if more > 0 else None,
            _held_line(held) if held else None,
            _posted_again(mutes, names),
        ),
        footer=provenance(newest.source, newest.as_of) if newest else (),
        actions=tuple(Action(f"Why {incident.label}", f"why {incident.label}") for incident in known[:_MOST_BUTTONS]),
        silent=worst in {None, Severity.WATCH},
    )


def _held_line(held: int) -> str:
    """Return how many incidents a summary does not name, because a moderator is asked about them first."""
    if held == 1:
        return "1 incident is not named: no moderator has released it. /incidents lists it."
    return f"{held} incidents are not named: no moderator has released them. /incidents lists them."


def _unmute_action(mute: Mute, where: str, label: str = "Unmute") -> Action:
    return _action(label, "unmute", mute.exchange or "all", where)


def _missed_line(
    found: MissedIncident, incident: Incident | None, names: Mapping[str, str], kinds: SignalKinds
) -> Line:
    """Return one incident: how bad it was at worst, with the figure, and what it is now."""
    name, label = names.get(found.exchange, found.exchange), found.incident.partition(":")[0]
    if incident is None:
        return line(bold(name), f" · {label} · {found.severity} at worst; it is over.")
    card = card_of(incident.rule, kinds)
    is_open = incident.state is IncidentState.OPEN
    icon = TONES[incident.severity].icon if is_open else Tone.GOOD.icon
    now = line(f"{_severity_now(incident)}.") if is_open else line(", resolved ", moment(incident.changed_at), ".")
    return line(f"{icon} ", bold(name), f" · {label} · {_at_worst(found, incident, card)}", *now)


def _severity_now(incident: Incident) -> str:
    """Return what an open incident is now, to be read after what it was; a notice gets no worse."""
    return "" if incident.rule == Rule.DATA else f", now {incident.severity}"


def _at_worst(found: MissedIncident, incident: Incident, card: SignalCard) -> str:
    """Return how bad the worst was that was missed, with its figure: `severe at worst (−10.6 % in 24 h)`."""
    if incident.rule == Rule.DATA:
        return card.headline(incident)
    worst = incident.worst_moment
    # Where the worst is what was told before the mute, its figure would contradict the word.
    figure = card.worst_moment(worst) if worst and worst.severity is found.severity else card.brief(incident.figures)
    return f"{found.severity} at worst{f' ({figure})' if figure else ''}"


def mute_line(mute: Mute, names: Mapping[str, str]) -> Line:
    """Return what is muted, and until when, as one sentence."""
    return line(bold(_name(mute, names)), " is muted ", *_end(mute), ".")


def _end(mute: Mute) -> Line:
    """Return until when a mute lasts, as part of a sentence."""
    if mute.worse is None:
        return line("until ", moment(mute.until))
    worse = f"until it is worse than {mute.worse.severity} or INC-{mute.worse.incident} is over, at the latest "
    return line(worse, moment(mute.until))


def _name(mute: Mute, names: Mapping[str, str]) -> str:
    return names.get(mute.exchange, mute.exchange) if mute.exchange else _EVERYTHING
