"""The answers to `/subscriptions`: one short line for each subscription, eight on a page, and one of them in detail.

Example of a page, with the buttons *Edit Binance* and *Unsubscribe Binance* below it:

    Subscriptions · 40
    🟡 watch · all exchanges
    🔴 severe · Binance · early · $50 M · 3 %
    Page 1 of 5
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.domain.place import Place, Subscription
from bot.domain.severity import Sensitivity, Severity
from bot.domain.stress import STRESS
from bot.language.translation import marked, tr
from bot.messages.cards.subscription_terms import exchange_name, short_line, subscription_name, terms
from bot.messages.choice_labels import choice_label
from bot.messages.model import Action, Line, Message, Tone, lines, moment
from bot.messages.subscription_line import ALL_WORD, place_words, subscribe_line, unsubscribe_line
from bot.messages.translated_lines import tr_line

_PER_PAGE = 8
"""With two buttons each and two for the pages: below Discord's 25, and one screen of a phone."""


@dataclass(frozen=True, slots=True)
class ListedPlace:
    """The subscriptions of a place, and what is to be known about them.

    `here` is where the list is read; commands name the place where that is another one. `names` has the exchanges'
    names by id. `paused_because` says why the place is disabled, None where it is not. `unwatched` are the ids of
    exchanges that this bot does not watch (setting EXCHANGES), so that no alert can come. `may_name_channels`: a
    channel could be named here, as in a private chat on Telegram, where channels are set up from.
    """

    place: Place
    here: Place
    subscriptions: Sequence[Subscription]
    names: Mapping[str, str]
    paused_because: str | None = None
    unwatched: frozenset[str | None] = frozenset()
    may_name_channels: bool = False

    @property
    def is_here(self) -> bool:
        """Return whether it is the place where the list is read."""
        return self.place == self.here

    def list_command(self, *words: str) -> str:
        """Return the command line for this list, or for a part of it."""
        return " ".join(("subscriptions", *words, *place_words(self.place, self.here)))


def subscriptions_card(listed: ListedPlace, page: int = 1) -> Message:
    """Return one page of a place's subscriptions, that to all exchanges first; a page too far is the last one."""
    subscribed = sorted(listed.subscriptions, key=lambda kept: (kept.exchange is not None, _sort_name(kept, listed)))
    if not subscribed:
        return _nothing_card(listed)
    pages = -(-len(subscribed) // _PER_PAGE)
    page = min(max(page, 1), pages)
    shown = subscribed[(page - 1) * _PER_PAGE : page * _PER_PAGE]
    return Message(
        title=tr("Subscriptions · {count}", count=len(subscribed)),
        tone=Tone.TROUBLE if listed.paused_because or listed.unwatched else Tone.INFO,
        lines=lines(
            _paused_line(listed),
            *[_entry(subscription, listed) for subscription in shown],
            tr("Page {page} of {pages}", page=page, pages=pages) if pages > 1 else None,
            _channels_line(listed),
        ),
        actions=(*_buttons(shown, listed), *_page_buttons(page, pages, listed)),
        private=True,
    )


def subscription_detail_card(listed: ListedPlace, exchange: str | None, *, can_be_critical: bool) -> Message:
    """Return one subscription with the buttons that change it; `can_be_critical`: whether that severity can come."""
    back = Action(tr("All subscriptions"), listed.list_command(), in_place=True, starts_row=True)
    own = next((kept for kept in listed.subscriptions if kept.exchange == exchange), None)
    general = next((kept for kept in listed.subscriptions if kept.exchange is None), None)
    if own is None:
        return _no_own_card(listed, exchange, general, back)
    # Translators: {exchange} may also be “all exchanges” or “Daily stress test”.
    title = tr("Subscription · {exchange}", exchange=subscription_name(own, listed.names))
    since = tr_line("Since {time}.", time=moment(own.created_at)) if own.created_at else None
    cancel = unsubscribe_line(own.place, exchange, listed.here)
    actions: tuple[Action, ...] = (Action(tr("Unsubscribe"), cancel, in_place=True, starts_row=True), back)
    if exchange == STRESS.id:
        return Message(title=title, lines=lines(short_line(own, listed.names), since), actions=actions, private=True)
    in_force = marked("In force here: {terms}.") if listed.is_here else marked("In force there: {terms}.")
    return Message(
        title=title,
        lines=lines(
            tr(in_force, terms=terms(own)),
            since,
            # Translators: a command stands on the next line.
            tr("Below: another severity or sensitivity at a press. Sizes and mentions are typed, for example"),
            f"/{' '.join(('subscribe', exchange or ALL_WORD, '$50M', '3%'))}",
        ),
        actions=(*_changes(own, listed, can_be_critical=can_be_critical), *actions),
        private=True,
    )


def _nothing_card(listed: ListedPlace) -> Message:
    words = place_words(listed.place, listed.here)
    return Message(
        title=tr("Subscriptions"),
        lines=lines(
            tr(
                "No alerts are posted here yet. A moderator can change that: /subscribe binance for one exchange, "
                "or /subscribe all."
            )
            if listed.is_here
            else tr(
                "No alerts are posted there yet. A moderator can change that: /subscribe binance for one exchange, "
                "or /subscribe all."
            ),
            _channels_line(listed),
        ),
        actions=(Action(tr("Subscribe to all"), " ".join(("subscribe all", *words)), in_place=True),),
        private=True,
    )


def _no_own_card(listed: ListedPlace, exchange: str | None, general: Subscription | None, back: Action) -> Message:
    """Return what is in force for an exchange without a subscription of its own."""
    name = exchange_name(exchange, listed.names)
    command = " ".join(("subscribe", exchange or ALL_WORD, *place_words(listed.place, listed.here)))
    # Translators: on a button; {exchange} may also be “all exchanges” or “Daily stress test”.
    label = tr("Subscribe to {exchange}", exchange=name)
    return Message(
        # Translators: {exchange} may also be “all exchanges” or “Daily stress test”.
        title=tr("Subscription · {exchange}", exchange=name),
        lines=lines(_no_own_line(listed, None if exchange == STRESS.id else general)),
        actions=(Action(label, command, in_place=True), back),
        private=True,
    )


def _no_own_line(listed: ListedPlace, general: Subscription | None) -> str:
    """Return that there is no subscription to an exchange, and what the one to all does instead."""
    if general is None:
        return tr("No subscription to it here.") if listed.is_here else tr("No subscription to it there.")
    text = (
        marked("No subscription of its own here. It is covered by the one to all exchanges: {terms}.")
        if listed.is_here
        else marked("No subscription of its own there. It is covered by the one to all exchanges: {terms}.")
    )
    return tr(text, terms=terms(general))


def _paused_line(listed: ListedPlace) -> str | None:
    """Return why no alerts come, None where they do."""
    if not listed.paused_because:
        return None
    # Translators: {reason} is the end of a sentence, such as “the bot was removed”.
    text = marked("Alerts here are paused: {reason}. Use any command here to resume.")
    if not listed.is_here:
        # Translators: {reason} is the end of a sentence, such as “the bot was removed”.
        text = marked("Alerts there are paused: {reason}. Use any command there to resume.")
    return tr(text, reason=listed.paused_because)


def _channels_line(listed: ListedPlace) -> str | None:
    if not listed.may_name_channels or not listed.is_here:
        return None
    return tr("Of a channel that you administer: {command}", command="/subscriptions @mychannel")


def _entry(subscription: Subscription, listed: ListedPlace) -> Line:
    if subscription.exchange in listed.unwatched:
        name = subscription_name(subscription, listed.names)
        return tr_line("⚠️ **{exchange}** · this bot does not watch it any more", exchange=name)
    return short_line(subscription, listed.names)


def _buttons(shown: Sequence[Subscription], listed: ListedPlace) -> Iterator[Action]:
    """Yield a row of buttons for each subscription."""
    for subscription in shown:
        exchange, name = subscription.exchange, subscription_name(subscription, listed.names)
        # What the list of exchanges does not have any more cannot be subscribed to anew, only cancelled.
        is_editable = exchange not in listed.unwatched and (exchange is None or exchange in listed.names)
        if is_editable:
            edit = listed.list_command(exchange or ALL_WORD)
            # Translators: on a button; {exchange} may also be “all exchanges” or “Daily stress test”.
            yield Action(tr("Edit {exchange}", exchange=name), edit, in_place=True, starts_row=True)
        cancel = unsubscribe_line(listed.place, exchange, listed.here)
        # Translators: on a button; {exchange} may also be “all exchanges” or “Daily stress test”.
        label = tr("Unsubscribe {exchange}", exchange=name)
        yield Action(label, cancel, in_place=True, starts_row=not is_editable)


def _page_buttons(page: int, pages: int, listed: ListedPlace) -> Iterator[Action]:
    if page > 1:
        label = tr("← Page {page}", page=page - 1)
        yield Action(label, listed.list_command(str(page - 1)), in_place=True, starts_row=True)
    if page < pages:
        label = tr("Page {page} →", page=page + 1)
        yield Action(label, listed.list_command(str(page + 1)), in_place=True, starts_row=page == 1)


def _changes(own: Subscription, listed: ListedPlace, *, can_be_critical: bool) -> Iterator[Action]:
    """Yield a complete command for every other severity and sensitivity."""
    starts_row = True
    for severity in Severity:
        if severity is own.min_severity or (severity is Severity.CRITICAL and not can_be_critical):
            continue
        changed = replace(own, min_severity=severity)
        yield Action(choice_label(severity), subscribe_line(changed, listed.here), in_place=True, starts_row=starts_row)
        starts_row = False
    starts_row = True
    for sensitivity in Sensitivity:
        if sensitivity is not own.sensitivity:
            changed = replace(own, sensitivity=sensitivity)
            command = subscribe_line(changed, listed.here)
            yield Action(choice_label(sensitivity), command, in_place=True, starts_row=starts_row)
            starts_row = False


def _sort_name(subscription: Subscription, listed: ListedPlace) -> str:
    return subscription_name(subscription, listed.names).casefold()
