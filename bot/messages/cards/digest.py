"""The digest of a place: what was told, the biggest movers, closed withdrawals; “all calm” where there was nothing.

Example: "Daily digest · all calm", and below it the three exchanges that moved most, the source and its age.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from bot.domain.digest import Digest
from bot.domain.exchange import MARKET, Exchange
from bot.domain.flow import Flow
from bot.domain.incident import Incident, IncidentState
from bot.domain.signal import Rule
from bot.messages.cards.common import TONES, liabilities, provenance
from bot.messages.cards.flow_bounds import brief_share, certain_usd
from bot.messages.cards.incident_list import severity_words
from bot.messages.cards.majors_line import closed_since
from bot.messages.model import Action, Line, Message, Span, Tone, bold, code, line, lines, moment
from bot.messages.number_format import counted, usd

_SHOWN_INCIDENTS = 5
_SHOWN_MOVERS = 3
_SHOWN_CLOSED = 5
_SHOWN_BLIND = 3
_WEEK = timedelta(days=7)


def digest_card(digest: Digest, names: Mapping[str, str]) -> Message:
    """Return the digest; `names` has the exchanges' names by id."""
    rhythm = "Weekly" if digest.period >= _WEEK else "Daily"
    return Message(
        title=f"{rhythm} digest · {_headline(digest)}",
        tone=_tone(digest),
        lines=lines(
            line("From ", moment(digest.since), " to ", moment(digest.until)),
            _left_out_line(digest),
            *_blind_lines(digest),
            *(_body(digest, names) if digest.subscribed else _unsubscribed_lines()),
        ),
        footer=provenance(digest.source, digest.as_of) if digest.as_of else (),
        actions=(Action("Incidents", "incidents"), Action("Top", "top")) if digest.subscribed else (),
        silent=True,
    )


def _headline(digest: Digest) -> str:
    if not digest.subscribed:
        return "no subscription"
    if digest.is_calm:
        return "all calm"
    pieces = []
    if count := len(digest.incidents):
        pieces.append(counted(count, "incident"))
    if count := len(digest.closed):
        pieces.append(f"withdrawals closed at {counted(count, 'exchange')}")
    if digest.blind:
        pieces.append("not everything was seen")
    # Without any figure nobody knows whether it was calm.
    return ", ".join(pieces) or "no figures that can be compared"


def _tone(digest: Digest) -> Tone:
    if digest.is_calm:
        return Tone.GOOD
    is_blank = not digest.incidents and not digest.closed
    return Tone.TROUBLE if digest.subscribed and is_blank else Tone.INFO


def _unsubscribed_lines() -> Iterator[Line]:
    yield line("This place has not subscribed to any exchange, so there is nothing to report on.")
    yield line("A moderator can: ", code("/subscribe all"), ", or ", code("/settings digest off"), ".")


def _left_out_line(digest: Digest) -> Line | None:
    if digest.left_out is None:
        return None
    return line("Covers more than usual: the digest of ", moment(digest.left_out), " could not be posted in time.")


def _blind_lines(digest: Digest) -> Iterator[Line]:
    for span in digest.blind[:_SHOWN_BLIND]:
        yield line("⚠️ Nothing was seen from ", moment(span.since), " to ", moment(span.until), ".")
    if (more := len(digest.blind) - _SHOWN_BLIND) > 0:
        yield line(f"⚠️ Nothing was seen {counted(more, 'more time')}.")


def _body(digest: Digest, names: Mapping[str, str]) -> Iterator[Line]:
    if digest.is_calm:
        yield line("No incident, and no withdrawals closed, at the exchanges you subscribed to.")
    for incident in digest.incidents[:_SHOWN_INCIDENTS]:
        yield _incident_line(incident, names)
    if (more := len(digest.incidents) - _SHOWN_INCIDENTS) > 0:
        yield line(f"{more} more: /incidents")
    yield from _closed_lines(digest)
    yield from _mover_lines(digest)


def _incident_line(incident: Incident, names: Mapping[str, str]) -> Line:
    is_open = incident.state is IncidentState.OPEN
    name = MARKET.name if incident.rule == Rule.MARKET_WIDE else names.get(incident.subject, incident.subject)
    icon = TONES[incident.severity].icon if is_open else Tone.GOOD.icon
    return line(f"{icon} ", bold(incident.label), f" · {name} · {severity_words(incident)}")


def _closed_lines(digest: Digest) -> Iterator[Line]:
    for exchange, majors in digest.closed[:_SHOWN_CLOSED]:
        pieces: list[str | Span] = [f"Withdrawals closed at {exchange.name}: "]
        for number, major in enumerate(majors):
            pieces += [", " if number else "", bold(major.asset), *closed_since(major)]
        yield line(*pieces)
    if (more := len(digest.closed) - _SHOWN_CLOSED) > 0:
        yield line(f"Withdrawals closed at {counted(more, 'more exchange')}: /withdrawals names all.")


def _mover_lines(digest: Digest) -> Iterator[Line]:
    span = "7 d" if digest.period >= _WEEK else "24 h"
    if digest.movers:
        yield line(f"Biggest movers in {span}, share of reserves:")
    for exchange, flow in digest.movers[:_SHOWN_MOVERS]:
        yield _mover_line(exchange, flow)
    if digest.incomparable:
        yield line(f"{counted(digest.incomparable, 'exchange')} could not be compared; /status says why.")
    if digest.movers:
        yield line(liabilities())


def _mover_line(exchange: Exchange, flow: Flow) -> Line:
    return line(bold(exchange.name), f" {brief_share(flow)} · {usd(certain_usd(flow), signed=True)}")
