"""Answers to `/mute` and `/unmute`, and the one message that sums up what a muted place missed.

Example of the summary: "While muted (4 h)", then a line for each incident: "🟠 Binance · INC-42 · severe at worst,
−10.6 % (−$12.6 B) in 24 h, now elevated".
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
from bot.language.name_lists import enumerated, sentences
from bot.language.translation import tr, tr_count
from bot.messages.cards.common import TONES, lasting_provenance
from bot.messages.cards.signal_card import SignalCard
from bot.messages.cards.signal_kinds import SIGNAL_KINDS, SignalKinds, card_of
from bot.messages.model import Action, Line, Message, Tone, bold, line, lines, moment
from bot.messages.number_format import span
from bot.messages.severity_words import severity_word
from bot.messages.translated_lines import tr_line

_MOST_LINES = 10  # one screen of a phone; what else was missed is counted, and /incidents has it
_MOST_BUTTONS = 3
_EXAMPLES = "/mute binance 4h, /mute 24h, /mute binance until worse"


def _examples() -> str:
    return tr("Examples: {commands}.", commands=_EXAMPLES)


def _posted_again(mutes: Sequence[Mute], names: Mapping[str, str], where: str = "") -> str:
    """Return what is told again once mutes are over; others of the place may last."""
    if any(mute.exchange is None for mute in mutes):
        return tr("Alerts are posted in {place} again.", place=where) if where else tr("Alerts are posted here again.")
    all_names = enumerated(_name(mute, names) for mute in mutes)
    if where:
        return tr("Alerts about {names} are posted in {place} again.", names=all_names, place=where)
    return tr("Alerts about {names} are posted here again.", names=all_names)


def mute_actions(what: str, where: str = "", *, until_worse: bool = True) -> tuple[Action, ...]:
    """Return the buttons that mute an exchange, or another subject of incidents, by its id, or "all"."""
    actions = [_action(tr("Mute 4 h"), "mute", what, "4h", where), _action(tr("Mute 24 h"), "mute", what, "24h", where)]
    if until_worse:
        # Translators: a button beside “Mute 4 h”: mute until it gets worse.
        actions.append(_action(tr("Until it gets worse"), "mute", what, "worse", where))
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
    return Message(
        title=tr("Muted in {place} · {name}", place=where, name=name) if where else tr("Muted · {name}", name=name),
        tone=Tone.GOOD,
        lines=lines(
            _not_posted(mute, name, _end(mute, now), where),
            tr_line("Before: {end}.", end=_end(earlier)) if earlier else None,
            tr("What gets worse than that is posted.") if mute.worse else _summed_up(where),
            tr(
                "Subscriptions stay as they are, commands are answered, and messages that were posted before are still "
                "updated, without a sound."
            ),
        ),
        actions=(_action(tr("Unmute"), "unmute", mute.exchange or "all", where),),
    )


def _not_posted(mute: Mute, name: str, end: Line, where: str) -> Line:
    """Return what a mute keeps from being posted where, until its `end`."""
    if mute.exchange is None:
        if where:
            return tr_line("No alert is posted in {place} {end}.", place=where, end=end)
        # Translators: in these sentences {end} is “until 14:05 UTC (4 h)” or “until it is worse than …”.
        return tr_line("No alert is posted here {end}.", end=end)
    if where:
        return tr_line("Nothing about **{name}** is posted in {place} {end}.", name=name, place=where, end=end)
    return tr_line("Nothing about **{name}** is posted here {end}.", name=name, end=end)


def _summed_up(where: str) -> str:
    if where:
        return tr(
            "That includes critical alerts. What is missed is summed up in {place} in one message then.", place=where
        )
    return tr("That includes critical alerts. What is missed is summed up here in one message then.")


def mutes_card(mutes: Sequence[Mute], names: Mapping[str, str], where: str = "") -> Message:
    """Return what is muted in a place, with a button for each to lift it."""
    if not mutes:
        return Message(
            title=tr("Nothing is muted in {place}", place=where) if where else tr("Nothing is muted here"),
            lines=lines(tr("All alerts that this place subscribed to are posted."), _examples()),
            actions=mute_actions("all", where, until_worse=False),
            private=True,
        )
    return Message(
        title=tr("Muted in {place}", place=where) if where else tr("Muted here"),
        lines=lines(*[line(bold(_name(mute, names)), " · ", *_end(mute)) for mute in mutes], _examples()),
        actions=tuple(
            _action(tr("Unmute {name}", name=_name(mute, names)), "unmute", mute.exchange or "all", where)
            for mute in mutes
        ),
        private=True,
    )


def which_span_card(subject: Exchange | None, where: str = "") -> Message:
    """Return the question for how long an exchange is to be muted, with the usual answers as buttons."""
    what, name = (subject.id, subject.name) if subject else ("all", _everything())
    week = _action(tr("Mute 7 d"), "mute", what, "7d", where)
    return Message(
        title=tr("Mute {name} in {place} for how long?", name=name, place=where)
        if where
        else tr("Mute {name} for how long?", name=name),
        lines=lines(
            # Translators: “until worse” is typed as it is.
            tr("For example {command}. From 5 minutes to 30 days, or until worse.", command=f"/mute {what} 4h")
        ),
        actions=(*mute_actions(what, where, until_worse=subject is not None), week),
        private=True,
    )


def unmuted_card(
    lifted: Sequence[Mute], missed: int, left: Sequence[Mute], names: Mapping[str, str], where: str = ""
) -> Message:
    """Return what was unmuted: `missed` incidents are summed up in a message of their own, `left` is muted still."""
    still = [tr_line("Still muted: **{name}** {end}.", name=_name(mute, names), end=_end(mute)) for mute in left]
    if not lifted:
        nothing = tr("Nothing is muted in {place}.", place=where) if where else tr("Nothing is muted here.")
        return Message(
            title=tr("Nothing to unmute in {place}", place=where) if where else tr("Nothing to unmute"),
            lines=lines(*still) or lines(nothing),
            private=True,
        )
    told = (
        tr_count(
            "What was missed ({count} incident) follows in one message.",
            "What was missed ({count} incidents) follows in one message.",
            missed,
        )
        if missed
        else tr("Nothing was missed.")
    )
    all_names = enumerated(_name(mute, names) for mute in lifted)
    return Message(
        title=tr("Unmuted in {place} · {names}", place=where, names=all_names)
        if where
        else tr("Unmuted · {names}", names=all_names),
        tone=Tone.GOOD,
        lines=lines(sentences(_posted_again(lifted, names, where), told), *still),
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
        title=tr("While muted ({time})", time=span(length)),
        tone=TONES[worst] if worst else Tone.GOOD,
        lines=lines(
            *[_missed_line(found, incident, names, kinds) for found, incident in shown],
            tr("… and {count} more: /incidents lists them.", count=more) if more > 0 else None,
            _held_line(held) if held else None,
            _posted_again(mutes, names),
        ),
        footer=lasting_provenance(newest.source, newest.as_of) if newest else (),
        actions=tuple(
            Action(tr("Why {incident}", incident=incident.label), f"why {incident.label}")
            for incident in known[:_MOST_BUTTONS]
        ),
        silent=worst in {None, Severity.WATCH},
    )


def _held_line(held: int) -> str:
    """Return how many incidents a summary does not name, because a moderator is asked about them first."""
    return tr_count(
        "{count} incident is not named: no moderator has released it. /incidents lists it.",
        "{count} incidents are not named: no moderator has released them. /incidents lists them.",
        held,
    )


def _missed_line(
    found: MissedIncident, incident: Incident | None, names: Mapping[str, str], kinds: SignalKinds
) -> Line:
    """Return one incident: how bad it was at worst, with the figure, and what it is now."""
    name, label = names.get(found.exchange, found.exchange), found.incident.partition(":")[0]
    if incident is None:
        worst = severity_word(found.severity)
        return tr_line(
            "**{name}** · {incident} · {severity} at worst; it is over.", name=name, incident=label, severity=worst
        )
    card = card_of(incident.rule, kinds)
    is_open = incident.state is IncidentState.OPEN
    icon = TONES[incident.severity].icon if is_open else Tone.GOOD.icon
    subject = line(f"{icon} ", bold(name), f" · {label}")
    at_worst = _at_worst(found, incident, card)
    if not is_open:
        time = moment(incident.changed_at)
        # Translators: {subject} is “🟢 Binance · INC-42”, {worst} “severe at worst, −10.6 % in 24 h”.
        return tr_line("{subject} · {worst}, resolved {time}.", subject=subject, worst=at_worst, time=time)
    if incident.rule == Rule.DATA:  # a notice gets no worse
        return tr_line("{subject} · {notice}.", subject=subject, notice=at_worst)
    now = severity_word(incident.severity)
    return tr_line("{subject} · {worst}, now {severity}.", subject=subject, worst=at_worst, severity=now)


def _at_worst(found: MissedIncident, incident: Incident, card: SignalCard) -> str:
    """Return how bad the worst was that was missed, with its figure: `severe at worst, −10.6 % in 24 h`."""
    if incident.rule == Rule.DATA:
        return card.headline(incident)
    worst, severity = incident.worst_moment, severity_word(found.severity)
    # Where the worst is what was told before the mute, its figure would contradict the word.
    figure = card.worst_moment(worst) if worst and worst.severity is found.severity else card.brief(incident.figures)
    if figure:
        return tr("{severity} at worst, {figure}", severity=severity, figure=figure)
    return tr("{severity} at worst", severity=severity)


def mute_line(mute: Mute, names: Mapping[str, str]) -> Line:
    """Return what is muted, and until when, as one sentence."""
    return tr_line("**{name}** is muted {end}.", name=_name(mute, names), end=_end(mute))


def _end(mute: Mute, now: datetime | None = None) -> Line:
    """Return until when a mute lasts, as a part of a sentence; with `now` also how long that is."""
    until = moment(mute.until)
    if mute.worse:
        return tr_line(
            "until it is worse than {severity} or {incident} is over, at the latest {time}",
            severity=severity_word(mute.worse.severity),
            incident=f"INC-{mute.worse.incident}",
            time=until,
        )
    if now:
        return tr_line("until {time} ({length})", time=until, length=span(mute.until - now))
    # Translators: until when something is muted, as in “**Binance** is muted until 14:05 UTC.”
    return tr_line("until {time}", time=until)


def _name(mute: Mute, names: Mapping[str, str]) -> str:
    return names.get(mute.exchange, mute.exchange) if mute.exchange else _everything()


def _everything() -> str:
    return tr("all exchanges")
