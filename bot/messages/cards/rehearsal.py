"""The card of `/rehearse`: how often a rule would have spoken over the last 90 days, and when.

Example: two incidents over three exchanges of 90 days each are "2 times … (0.2 a month and exchange)": 2 / 270 × 30.4.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot.domain.incident import Incident, IncidentState
from bot.domain.rehearsal import Rehearsal
from bot.messages.cards.common import LIABILITIES, TONES, provenance
from bot.messages.cards.signal_card import SignalCard
from bot.messages.cards.signal_kinds import SIGNAL_KINDS, SignalKinds, card_of
from bot.messages.model import Action, Line, Message, bold, line, lines

_MAX_SHOWN = 10  # lines that fit into a message of every platform
_SHORT_BY = timedelta(days=2)  # of 90: less does not change how often a rule speaks
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
    """Return when a rule (`rule` in words) would have spoken; `fired` are those of the incidents that reach it."""
    judged = rehearsal.judged_from
    return Message(
        title=f"Rehearsal · {rule}",
        lines=lines(
            _count_line(rehearsal, fired),
            *[
                _entry_line(incident, names.get(incident.subject, incident.subject), card_of(incident.rule, kinds))
                for incident in fired[-_MAX_SHOWN:]
            ],
            f"… and {len(fired) - _MAX_SHOWN} earlier ones." if len(fired) > _MAX_SHOWN else None,
            _coverage_line(rehearsal, names),
            f"{left_out} more exchanges were left out: the largest come first." if left_out else None,
            "Judged on the first stored reading of each day; the living rule looks every hour while something moves, "
            "so it may speak sooner, and of shorter moves as well.",
            LIABILITIES,
        ),
        footer=provenance(rehearsal.source, rehearsal.as_of),
        actions=tuple(Action(names.get(id_, id_), f"incidents {id_}") for id_ in list(judged)[:3]),
        private=True,
    )


def nothing_to_rehearse_card(names: Sequence[str]) -> Message:
    """Return that nothing is stored of these exchanges."""
    return Message(
        title="Nothing to rehearse on",
        lines=lines(f"No readings of {', '.join(names)} are stored yet. /status says how fresh the data is."),
        private=True,
    )


def _count_line(rehearsal: Rehearsal, fired: Sequence[Incident]) -> Line:
    exchanges = len(rehearsal.judged_from)
    over = f"over {exchanges} exchange{'s' if exchanges > 1 else ''}"
    times = "once" if len(fired) == 1 else f"{len(fired)} times" if fired else "never"
    rate = len(fired) / rehearsal.days * _DAYS_A_MONTH if rehearsal.days > 0 else 0.0
    often = f" ({rate:.1f} a month and exchange)" if fired else ""
    return line("In the last 90 days it would have spoken ", bold(times), f" {over}{often}.")


def _entry_line(incident: Incident, name: str, card: SignalCard) -> Line:
    resolved = incident.state is IncidentState.RESOLVED
    end = f"resolved {incident.changed_at:%Y-%m-%d}" if resolved else "still open"
    return line(
        f"{TONES[incident.peak].icon} {incident.started_at:%Y-%m-%d} · ",
        bold(name),
        f" · {incident.peak} at worst, {card.worst_figure(incident)} · {end}",
    )


def _coverage_line(rehearsal: Rehearsal, names: Mapping[str, str]) -> str | None:
    """Return which exchanges have less of a past than was asked for."""
    short = {id_: at for id_, at in rehearsal.judged_from.items() if at - rehearsal.since > _SHORT_BY}
    if not short:
        return None
    shown_exchanges = ", ".join(
        f"{names.get(id_, id_)} since {at:%Y-%m-%d}" for id_, at in list(short.items())[:_MAX_SHOWN]
    )
    return f"Less is known of {shown_exchanges}."
