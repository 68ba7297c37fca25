"""Answers to `/unsubscribe`, and to its *Undo*: what is off, what stays in force, and what is in force again."""

from collections.abc import Iterator, Mapping, Sequence

from bot.domain.exchange import Exchange
from bot.domain.place import Place, Subscription
from bot.domain.stress import STRESS
from bot.language.translation import marked, tr, tr_count
from bot.messages.cards.common import surplus_line
from bot.messages.cards.subscription_terms import all_exchanges, exchange_name, short_line, terms
from bot.messages.cards.subscriptions import is_here_in, next_steps
from bot.messages.model import Action, Message, Tone, lines

_MAX_RESTORED = 5  # a place may have a hundred; an answer is one screen of a phone


def unsubscribed_card(  # noqa: PLR0913 — what stays in force, and where
    exchange: Exchange | None,
    count: int,
    *,
    everything: bool = False,
    left: Sequence[Subscription] = (),
    undo: Action | None = None,
    here: Place | None = None,
    place: Place | None = None,
) -> Message:
    """Return what was cancelled and what stays in force.

    `exchange` is the one that was cancelled, None for the subscription to all; with `everything` all of them were.
    `count` are the subscriptions that were cancelled, `left` those that the place still has. `undo` brings the
    cancelled ones back. `here` and `place` are as for `subscribed_card`.
    """
    is_here = is_here_in(place, here)
    name = exchange_name(exchange.id, {exchange.id: exchange.name}) if exchange else all_exchanges()
    if count == 0:
        return Message(
            title=tr("Nothing to cancel"),
            lines=lines(_nothing_to_cancel("" if everything else name, is_here=is_here)),
            private=True,
        )
    return Message(
        title=tr("Unsubscribed · everything") if everything else tr("Unsubscribed · {exchange}", exchange=name),
        tone=Tone.GOOD,
        lines=lines(_all_off(count, is_here=is_here))
        if everything
        else lines(*_cancelled(exchange, left, is_here=is_here)),
        actions=next_steps(undo, place, here),
    )


def restored_card(
    restored: Sequence[Subscription], names: Mapping[str, str], *, here: Place | None = None, place: Place | None = None
) -> Message:
    """Return what an *Undo* has brought back."""
    return Message(
        title=tr("Undone"),
        tone=Tone.GOOD,
        lines=lines(
            tr("In force here again:") if is_here_in(place, here) else tr("In force there again:"),
            *[short_line(subscription, names) for subscription in restored[:_MAX_RESTORED]],
            surplus_line(len(restored) - _MAX_RESTORED),
        ),
        actions=next_steps(None, place, here),
    )


def _nothing_to_cancel(name: str, *, is_here: bool) -> str:
    """Return that there is no subscription to an exchange, or to anything where none is named."""
    if not name:
        return (
            tr("There is no subscription to anything here. /subscriptions lists what there is.")
            if is_here
            else tr("There is no subscription to anything there. /subscriptions lists what there is.")
        )
    # Translators: {exchange} may also be “all exchanges” or “Daily stress test”.
    text = marked("There is no subscription to {exchange} here. /subscriptions lists what there is.")
    if not is_here:
        # Translators: {exchange} may also be “all exchanges” or “Daily stress test”.
        text = marked("There is no subscription to {exchange} there. /subscriptions lists what there is.")
    return tr(text, exchange=name)


def _all_off(count: int, *, is_here: bool) -> str:
    if is_here:
        return tr_count(
            "All alerts here are off ({count} subscription removed).",
            "All alerts here are off ({count} subscriptions removed).",
            count,
        )
    return tr_count(
        "All alerts there are off ({count} subscription removed).",
        "All alerts there are off ({count} subscriptions removed).",
        count,
    )


def _cancelled(exchange: Exchange | None, left: Sequence[Subscription], *, is_here: bool) -> Iterator[str]:
    """Yield what is off now, and what still comes by another subscription."""
    general = next((kept for kept in left if kept.exchange is None), None)
    if exchange is None:
        own = [kept for kept in left if kept.exchange not in {None, STRESS.id}]
        yield _general_off(len(own), is_here=is_here)
    elif exchange.id == STRESS.id:
        yield tr("The daily stress test is off here.") if is_here else tr("The daily stress test is off there.")
    elif general:
        text = (
            marked("{exchange} has no settings of its own here any more.")
            if is_here
            else marked("{exchange} has no settings of its own there any more.")
        )
        yield tr(text, exchange=exchange.name)
        yield tr("Its alerts still come by the subscription to all exchanges: {terms}.", terms=terms(general))
    else:
        text = marked("{exchange} alerts are off here.") if is_here else marked("{exchange} alerts are off there.")
        yield tr(text, exchange=exchange.name)


def _general_off(own_count: int, *, is_here: bool) -> str:
    """Return that the subscription to all exchanges is off, and that those to single ones still come."""
    if not own_count:
        return (
            tr("Alerts for all exchanges are off here.") if is_here else tr("Alerts for all exchanges are off there.")
        )
    if is_here:
        return tr_count(
            "Alerts for all other exchanges are off here; {count} exchange with settings of its own still comes.",
            "Alerts for all other exchanges are off here; {count} exchanges with settings of their own still come.",
            own_count,
        )
    return tr_count(
        "Alerts for all other exchanges are off there; {count} exchange with settings of its own still comes.",
        "Alerts for all other exchanges are off there; {count} exchanges with settings of their own still come.",
        own_count,
    )
