"""The digest of a place: what was told, the biggest movers, closed withdrawals; “all calm” where there was nothing.

Example: "Daily digest · all calm", and below it the three exchanges that moved most, the source and its age.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from bot.domain.digest import Digest
from bot.domain.exchange import Exchange
from bot.domain.flow import Flow, Window
from bot.domain.incident import Incident, IncidentState
from bot.language.name_lists import clauses
from bot.language.translation import language, tr, tr_as, tr_count
from bot.messages.cards.common import TONES, lasting_provenance, liabilities, window_name
from bot.messages.cards.flow_bounds import brief_share, certain_usd
from bot.messages.cards.incident_list import incident_name, severity_words
from bot.messages.cards.majors_line import closed_since
from bot.messages.model import Action, Line, Message, Span, Tone, bold, code, line, lines, moment
from bot.messages.number_format import usd
from bot.messages.translated_lines import tr_line

_SHOWN_INCIDENTS = 5
_SHOWN_MOVERS = 3
_SHOWN_CLOSED = 5
_SHOWN_BLIND = 3
_WEEK = timedelta(days=7)


def digest_card(digest: Digest, names: Mapping[str, str]) -> Message:
    """Return the digest; `names` has the exchanges' names by id."""
    name = tr("Weekly digest") if digest.period >= _WEEK else tr("Daily digest")
    return Message(
        title=f"{name} · {_headline(digest)}",
        tone=_tone(digest),
        lines=lines(
            tr_line("From {start} to {end}", start=moment(digest.since), end=moment(digest.until)),
            _left_out_line(digest),
            *_blind_lines(digest),
            *(_body(digest, names) if digest.subscribed else _unsubscribed_lines()),
        ),
        footer=lasting_provenance(digest.source, digest.as_of) if digest.as_of else (),
        actions=(Action(tr("Incidents"), "incidents"), Action(tr_as("a ranking", "Top"), "top"))
        if digest.subscribed
        else (),
        silent=True,
    )


def _headline(digest: Digest) -> str:
    if not digest.subscribed:
        return tr("no subscription")
    if digest.is_calm:
        return tr("all calm")
    pieces = []
    if count := len(digest.incidents):
        pieces.append(tr_count("{count} incident", "{count} incidents", count))
    if count := len(digest.closed):
        pieces.append(
            tr_count("withdrawals closed at {count} exchange", "withdrawals closed at {count} exchanges", count)
        )
    if digest.blind:
        # Translators: the bot or its source was down for a while.
        pieces.append(tr("not everything was seen"))
    # Without any figure nobody knows whether it was calm.
    return clauses(pieces) or tr("no figures that can be compared")


def _tone(digest: Digest) -> Tone:
    if digest.is_calm:
        return Tone.GOOD
    is_blank = not digest.incidents and not digest.closed
    return Tone.TROUBLE if digest.subscribed and is_blank else Tone.INFO


def _unsubscribed_lines() -> Iterator[Line]:
    yield line(tr("This place has not subscribed to any exchange, so there is nothing to report on."))
    yield tr_line(
        "A moderator can: {subscribe}, or {switch_off}.",
        subscribe=code("/subscribe all"),
        switch_off=code("/settings digest off"),
    )


def _left_out_line(digest: Digest) -> Line | None:
    if digest.left_out is None:
        return None
    return tr_line(
        "Covers more than usual: the digest of {time} could not be posted in time.", time=moment(digest.left_out)
    )


def _blind_lines(digest: Digest) -> Iterator[Line]:
    for span in digest.blind[:_SHOWN_BLIND]:
        yield tr_line("⚠️ Nothing was seen from {start} to {end}.", start=moment(span.since), end=moment(span.until))
    if (more := len(digest.blind) - _SHOWN_BLIND) > 0:
        yield line(tr_count("⚠️ Nothing was seen {count} more time.", "⚠️ Nothing was seen {count} more times.", more))


def _body(digest: Digest, names: Mapping[str, str]) -> Iterator[Line]:
    if digest.is_calm:
        yield line(tr("No incident, and no withdrawals closed, at the exchanges you subscribed to."))
    for incident in digest.incidents[:_SHOWN_INCIDENTS]:
        yield _incident_line(incident, names)
    if (more := len(digest.incidents) - _SHOWN_INCIDENTS) > 0:
        # Translators: {count} are incidents.
        yield line(tr_count("{count} more: /incidents", "{count} more: /incidents", more))
    yield from _closed_lines(digest)
    yield from _mover_lines(digest)


def _incident_line(incident: Incident, names: Mapping[str, str]) -> Line:
    is_open = incident.state is IncidentState.OPEN
    icon = TONES[incident.severity].icon if is_open else Tone.GOOD.icon
    words = f" · {incident_name(incident, names)} · {severity_words(incident)}"
    return line(f"{icon} ", bold(incident.label), words)


def _closed_lines(digest: Digest) -> Iterator[Line]:
    for exchange, majors in digest.closed[:_SHOWN_CLOSED]:
        pieces: list[str | Span] = []
        for number, major in enumerate(majors):
            pieces += [language().comma if number else "", bold(major.asset), *closed_since(major)]
        # Translators: {assets} is such as "BTC since 08:20 UTC, USDT since 09:00 UTC".
        yield tr_line("Withdrawals closed at {exchange}: {assets}", exchange=exchange.name, assets=line(*pieces))
    if (more := len(digest.closed) - _SHOWN_CLOSED) > 0:
        yield line(
            tr_count(
                "Withdrawals closed at {count} more exchange: /withdrawals names all.",
                "Withdrawals closed at {count} more exchanges: /withdrawals names all.",
                more,
            )
        )


def _mover_lines(digest: Digest) -> Iterator[Line]:
    window = Window.WEEK if digest.period >= _WEEK else Window.DAY
    if digest.movers:
        # Translators: the exchanges with the largest net flows follow, one a line.
        yield line(tr("Biggest movers in {window}, share of reserves:", window=window_name(window)))
    for exchange, flow in digest.movers[:_SHOWN_MOVERS]:
        yield _mover_line(exchange, flow)
    if digest.incomparable:
        yield line(
            tr_count(
                "{count} exchange could not be compared; /status says why.",
                "{count} exchanges could not be compared; /status says why.",
                digest.incomparable,
            )
        )
    if digest.movers:
        yield line(liabilities())


def _mover_line(exchange: Exchange, flow: Flow) -> Line:
    return line(bold(exchange.name), f" {brief_share(flow)} · {usd(certain_usd(flow), signed=True)}")
