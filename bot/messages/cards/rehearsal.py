"""The card of `/rehearse`: how often a rule would have fired over the last 90 days, and when.

Example: two incidents at three exchanges of 90 days each are "2 times … (0.2 times a month each)": 2 / 270 × 30.4.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot.domain.incident import Incident, IncidentState
from bot.domain.rehearsal import Rehearsal
from bot.messages.cards.common import TONES, liabilities, provenance
from bot.messages.cards.signal_card import SignalCard
from bot.messages.cards.signal_kinds import SIGNAL_KINDS, SignalKinds, card_of
from bot.messages.model import Action, Line, Message, bold, line, lines
from bot.messages.number_format import counted

_MAX_SHOWN = 3  # two lines each on a phone
_MAX_NAMED = 1
_SHORT_BY = timedelta(days=2)  # of 90: less does not change how often a rule fires
_DAYS_A_MONTH = 30.4


def rehearsal_card(  # noqa: PLR0913 — what was rehearsed, what came of it, and how it is named
    rule: str,
    rehearsal: Rehearsal,
    fired: Sequence[Incident],
    names: Mapping[str, str],
    *,
    left_out: int = 0,
    kinds: SignalKinds = SIGNAL_KINDS,
) -> Message:
    """Return when a rule (`rule` in words) would have fired; `fired` are those of the incidents that reach it."""
    judged = rehearsal.judged_from
    return Message(
        title=f"Rehearsal · {rule}",
        lines=lines(
            _count_line(rehearsal, fired, names),
            *[
                _entry_line(incident, names.get(incident.subject, incident.subject), card_of(incident.rule, kinds))
                for incident in fired[-_MAX_SHOWN:]
            ],
            f"… and {counted(len(fired) - _MAX_SHOWN, 'earlier one')}." if len(fired) > _MAX_SHOWN else None,
            _coverage_line(rehearsal, names),
            f"{counted(left_out, 'smaller exchange was', 'smaller exchanges were')} left out." if left_out else None,
            "Checked once a day here; live it checks hourly during moves and may fire earlier.",
            liabilities(),
        ),
        footer=provenance(rehearsal.source, rehearsal.as_of),
        actions=tuple(Action(names.get(id_, id_), f"incidents {id_}") for id_ in list(judged)[:3]),
        private=True,
    )


def nothing_to_rehearse_card(names: Sequence[str]) -> Message:
    """Return that nothing is stored of these exchanges."""
    return Message(
        title="Nothing to rehearse on",
        lines=lines(
            f"No readings of {', '.join(names)} are stored yet. Try again in an hour.",
            "/status says how fresh the data are.",
        ),
        private=True,
    )


def _count_line(rehearsal: Rehearsal, fired: Sequence[Incident], names: Mapping[str, str]) -> Line:
    judged = list(rehearsal.judged_from)
    where = names.get(judged[0], judged[0]) if len(judged) == 1 else f"{len(judged)} exchanges"
    if not fired:
        at = where if len(judged) == 1 else f"any of {where}"
        return line("This rule would ", bold("not have fired"), f" for {at} in the last 90 days.")
    times = "once" if len(fired) == 1 else f"{len(fired)} times"
    rate = len(fired) / rehearsal.days * _DAYS_A_MONTH if rehearsal.days > 0 else 0.0
    often = f"{rate:.1f} times a month{' each' if len(judged) > 1 else ''}"
    return line("This rule would have fired ", bold(times), f" for {where} in the last 90 days ({often}).")


def _entry_line(incident: Incident, name: str, card: SignalCard) -> Line:
    is_over = incident.state is IncidentState.RESOLVED
    began = f"{incident.started_at:%Y-%m-%d}"
    when = f"{began} to {incident.changed_at:%m-%d}" if is_over else f"since {began}"
    return line(
        f"{TONES[incident.peak].icon} {when} · ",
        bold(name),
        f" · {incident.peak} (peak), {card.worst_figure(incident)}",
    )


def _coverage_line(rehearsal: Rehearsal, names: Mapping[str, str]) -> str | None:
    """Return which exchanges have less of a past than was asked for."""
    short = {id_: at for id_, at in rehearsal.judged_from.items() if at - rehearsal.since > _SHORT_BY}
    if not short:
        return None
    shown = [f"{names.get(id_, id_)} since {at:%Y-%m-%d}" for id_, at in list(short.items())[:_MAX_NAMED]]
    others = [f"{len(short) - _MAX_NAMED} more"] if len(short) > _MAX_NAMED else []
    return f"Shorter history: {', '.join([*shown, *others])}."
