"""/mute, /unmute — a place that wants nothing posted for a while.

The buttons of alerts are these commands: `mute binance 4h`, `mute binance worse`. Who may not moderate the place is
refused in private, as with the typed command.
"""

from dataclasses import replace
from typing import Annotated

from bot.alerting.routing import hears_of
from bot.commands.arguments import Arg, ExchangeName, MuteSpan
from bot.commands.declaration import Access, Request, command
from bot.domain.errors import AskerError
from bot.domain.exchange import MARKET, Exchange
from bot.domain.mute import LONGEST_MUTE, UntilWorse
from bot.domain.place import Place
from bot.domain.signal import Rule
from bot.domain.stress import STRESS
from bot.language.translation import tr
from bot.messages.cards.mutes import muted_card, mutes_card, unmuted_card, which_span_card
from bot.messages.model import Message
from handlers.target_place import OtherPlace, target_place

_ALL = "all"
_NO_EXCHANGES = {MARKET.id: MARKET, STRESS.id: STRESS}
"""What is posted about that is no exchange, and may be muted as one."""


@command(access=Access.MODERATOR)
async def mute(
    request: Request,
    exchange: Annotated[ExchangeName | None, Arg("Exchange, e.g. binance; empty: everything")] = None,
    duration: Annotated[MuteSpan | None, Arg("How long: 30m, 4h, 24h, 7d (at most 30d), or until worse")] = None,
    place: OtherPlace = None,
) -> Message:
    """Post nothing here for a while, critical alerts included, and sum up afterwards"""
    target = await target_place(request, place)
    subject = await _subject(request, exchange)
    before = await request.mutes.of_place(target)
    where = place or ""
    if duration is None:
        return which_span_card(subject, where) if exchange else mutes_card(before, _names(request), where)
    worse = await _until_worse(request, target, subject) if duration.length is None else None
    muted = await request.mutes.mute(
        target,
        subject.id if subject else None,
        length=duration.length or LONGEST_MUTE,
        by=request.caller.id,
        worse=worse,
    )
    earlier = next((known for known in before if known.exchange == muted.exchange), None)
    return muted_card(muted, request.now, _names(request), earlier, where)


@command(access=Access.MODERATOR)
async def unmute(
    request: Request,
    exchange: Annotated[ExchangeName | None, Arg("Exchange, e.g. binance, or all; empty: everything")] = None,
    place: OtherPlace = None,
) -> Message:
    """Post alerts here again"""
    target = await target_place(request, place)
    if exchange is None:
        lifted = await request.mutes.lift(target, None, everything=True)
    else:
        lifted = await request.mutes.lift(target, await _id_to_unmute(request, target, exchange))
    left = await request.mutes.of_place(target)
    return unmuted_card(lifted.mutes, lifted.missed, left, _names(request), place or "")


async def _subject(request: Request, name: ExchangeName | None) -> Exchange | None:
    """Return what is to be muted, None for everything; raise UnknownExchange."""
    if name is None or name.lower() == _ALL:
        return None
    if name.lower() in _NO_EXCHANGES:
        subject = _NO_EXCHANGES[name.lower()]
        return replace(subject, name=tr(subject.name))
    try:
        return request.queries.exchange(name)
    except AskerError:
        # An incident may be about something else, such as a network that several exchanges have closed.
        for incident in await request.queries.open_incidents():
            if incident.subject.lower() == name.lower():
                return Exchange(incident.subject, incident.subject)
        raise


async def _id_to_unmute(request: Request, place: Place, name: ExchangeName) -> str | None:
    """Return the id of what was muted: also of what nothing is known of any more."""
    for muted in await request.mutes.of_place(place):
        if muted.exchange and muted.exchange.lower() == name.lower():
            return muted.exchange
    subject = await _subject(request, name)
    return subject.id if subject else None


async def _until_worse(request: Request, place: Place, subject: Exchange | None) -> UntilWorse:
    """Return what a mute waits for: the worst open incident of an exchange that a place is told of."""
    if subject is None:
        raise AskerError(tr("Say what must not get worse, for example {command}.", command="/mute binance until worse"))
    subscriptions = await request.subscriptions.of_place(place)
    worst_first = await request.queries.open_incidents()
    for incident in worst_first:
        if incident.subject == subject.id and incident.rule != Rule.DATA and hears_of(subscriptions, incident):
            return UntilWorse(incident.number, incident.severity)
    raise AskerError(
        tr(
            "{name} has no open incident here that could get worse. Mute it for a time instead: {command}.",
            name=subject.name,
            command=f"/mute {subject.id} 24h",
        )
    )


def _names(request: Request) -> dict[str, str]:
    return {**request.queries.names(), **{id_: tr(subject.name) for id_, subject in _NO_EXCHANGES.items()}}
