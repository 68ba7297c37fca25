"""The card of `/rehearse`: how often a rule would have fired over the last 90 days, and when.

Example: two incidents at three exchanges of 90 days each are "2 times … (0.2 times a month each)": 2 / 270 × 30.4.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot.domain.incident import Incident, IncidentState
from bot.domain.rehearsal import Rehearsal
from bot.language.name_lists import enumerated
from bot.language.translation import tr, tr_count
from bot.messages.cards.common import TONES, liabilities, provenance
from bot.messages.cards.signal_card import SignalCard
from bot.messages.cards.signal_kinds import SIGNAL_KINDS, SignalKinds, card_of
from bot.messages.model import Action, Line, Message, bold, line, lines
from bot.messages.number_format import decimal
from bot.messages.severity_words import severity_word
from bot.messages.translated_lines import tr_count_line, tr_line

_MAX_SHOWN = 3  # two lines each on a phone
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
        title=" · ".join((tr("Rehearsal"), rule)),
        lines=lines(
            _count_line(rehearsal, fired, names),
            *[
                _entry_line(incident, names.get(incident.subject, incident.subject), card_of(incident.rule, kinds))
                for incident in fired[-_MAX_SHOWN:]
            ],
            _earlier_line(len(fired) - _MAX_SHOWN),
            _coverage_line(rehearsal, names),
            _left_out_line(left_out),
            tr("Checked once a day here; live it checks hourly during moves and may fire earlier."),
            liabilities(),
        ),
        footer=provenance(rehearsal.source, rehearsal.as_of),
        actions=tuple(Action(names.get(id_, id_), f"incidents {id_}") for id_ in list(judged)[:3]),
        private=True,
    )


def nothing_to_rehearse_card(names: Sequence[str]) -> Message:
    """Return that nothing is stored of these exchanges."""
    return Message(
        title=tr("Nothing to rehearse on"),
        lines=lines(
            tr("No readings of {exchanges} are stored yet. Try again in an hour.", exchanges=enumerated(names)),
            tr("/status says how fresh the data are."),
        ),
        private=True,
    )


def _count_line(rehearsal: Rehearsal, fired: Sequence[Incident], names: Mapping[str, str]) -> Line:
    judged = list(rehearsal.judged_from)
    rate = decimal(len(fired) / rehearsal.days * _DAYS_A_MONTH if rehearsal.days > 0 else 0.0, 1)
    if len(judged) == 1:
        return _times_at(names.get(judged[0], judged[0]), len(fired), rate)
    return _times_anywhere(len(judged), len(fired), rate)


def _times_at(name: str, times: int, rate: str) -> Line:
    """Return how often the rule would have fired for one exchange."""
    if not times:
        return tr_line("This rule would **not have fired** for {exchange} in the last 90 days.", exchange=name)
    if times == 1:
        return tr_line(
            "This rule would have fired **once** for {exchange} in the last 90 days ({rate} times a month).",
            exchange=name,
            rate=rate,
        )
    return tr_count_line(
        "This rule would have fired **{count} time** for {exchange} in the last 90 days ({rate} times a month).",
        "This rule would have fired **{count} times** for {exchange} in the last 90 days ({rate} times a month).",
        times,
        exchange=name,
        rate=rate,
    )


def _times_anywhere(exchanges: int, times: int, rate: str) -> Line:
    """Return how often the rule would have fired for several exchanges."""
    if not times:
        # Translators: {exchanges} is 2 to 10.
        return tr_line(
            "This rule would **not have fired** for any of {exchanges} exchanges in the last 90 days.",
            exchanges=exchanges,
        )
    if times == 1:
        # Translators: {exchanges} is 2 to 10.
        return tr_line(
            "This rule would have fired **once** for {exchanges} exchanges in the last 90 days "
            "({rate} times a month each).",
            exchanges=exchanges,
            rate=rate,
        )
    # Translators: {exchanges} is 2 to 10.
    return tr_count_line(
        "This rule would have fired **{count} time** for {exchanges} exchanges in the last 90 days "
        "({rate} times a month each).",
        "This rule would have fired **{count} times** for {exchanges} exchanges in the last 90 days "
        "({rate} times a month each).",
        times,
        exchanges=exchanges,
        rate=rate,
    )


def _entry_line(incident: Incident, name: str, card: SignalCard) -> Line:
    began, ended = f"{incident.started_at:%Y-%m-%d}", f"{incident.changed_at:%m-%d}"
    if incident.state is IncidentState.RESOLVED:
        # Translators: from which date to which an alert would have been open.
        when = tr("{start} to {end}", start=began, end=ended)
    else:
        # Translators: since which date an alert would be open.
        when = tr("since {start}", start=began)
    peak = tr("{severity} (peak), {figure}", severity=severity_word(incident.peak), figure=card.worst_figure(incident))
    return line(f"{TONES[incident.peak].icon} {when} · ", bold(name), f" · {peak}")


def _earlier_line(count: int) -> str | None:
    # Translators: how many earlier alerts are not listed above.
    return tr_count("… and {count} earlier one.", "… and {count} earlier ones.", count) if count > 0 else None


def _left_out_line(count: int) -> str | None:
    if not count:
        return None
    return tr_count("{count} smaller exchange was left out.", "{count} smaller exchanges were left out.", count)


def _coverage_line(rehearsal: Rehearsal, names: Mapping[str, str]) -> str | None:
    """Return which exchange has less of a past than was asked for, and how many others."""
    short = [(id_, at) for id_, at in rehearsal.judged_from.items() if at - rehearsal.since > _SHORT_BY]
    if not short:
        return None
    (id_, at), *others = short
    name, since = names.get(id_, id_), f"{at:%Y-%m-%d}"
    if not others:
        return tr("Shorter history: {exchange} since {date}.", exchange=name, date=since)
    # Translators: {count} are other exchanges with a shorter history.
    return tr_count(
        "Shorter history: {exchange} since {date}, {count} more.",
        "Shorter history: {exchange} since {date}, {count} more.",
        len(others),
        exchange=name,
        date=since,
    )
