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
from bot.messages.cards.subscription_terms import EVERYTHING, short_line, subscription_name, terms
from bot.messages.model import Action, Line, Message, Tone, bold, line, lines, moment
from bot.messages.subscription_line import place_words, subscribe_line, unsubscribe_line

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
    def where(self) -> str:
        """Return the place in a word."""
        return "here" if self.place == self.here else "there"

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
        title=f"Subscriptions · {len(subscribed)}",
        tone=Tone.TROUBLE if listed.paused_because or listed.unwatched else Tone.INFO,
        lines=lines(
            f"Alerts {listed.where} are paused: {listed.paused_because}. Use any command {listed.where} to resume."
            if listed.paused_because
            else None,
            *[_entry(subscription, listed) for subscription in shown],
            f"Page {page} of {pages}" if pages > 1 else None,
            _channels_line(listed),
        ),
        actions=(*_buttons(shown, listed), *_page_buttons(page, pages, listed)),
        private=True,
    )


def subscription_detail_card(listed: ListedPlace, exchange: str | None, *, can_be_critical: bool) -> Message:
    """Return one subscription with the buttons that change it; `can_be_critical`: whether that severity can come."""
    back = Action("All subscriptions", listed.list_command(), in_place=True, starts_row=True)
    own = next((kept for kept in listed.subscriptions if kept.exchange == exchange), None)
    general = next((kept for kept in listed.subscriptions if kept.exchange is None), None)
    name = STRESS.name if exchange == STRESS.id else listed.names.get(exchange, exchange) if exchange else EVERYTHING
    if own is None:
        return _no_own_card(listed, exchange, name, general, back)
    since = line("Since ", moment(own.created_at), ".") if own.created_at else None
    actions: tuple[Action, ...] = (
        Action("Unsubscribe", unsubscribe_line(own.place, exchange, listed.here), in_place=True, starts_row=True),
        back,
    )
    if exchange == STRESS.id:
        return Message(
            title=f"Subscription · {name}", lines=lines(short_line(own, listed.names), since), actions=actions,
            private=True,
        )  # fmt: skip
    return Message(
        title=f"Subscription · {name}",
        lines=lines(
            line(f"In force {listed.where}: {terms(own)}."),
            since,
            "Below: another severity or sensitivity at a press. Sizes and mentions are typed, for example",
            f"/{' '.join(('subscribe', exchange or 'all', '$50M', '3%'))}",
        ),
        actions=(*_changes(own, listed, can_be_critical=can_be_critical), *actions),
        private=True,
    )


def _nothing_card(listed: ListedPlace) -> Message:
    words = place_words(listed.place, listed.here)
    return Message(
        title="Subscriptions",
        lines=lines(
            f"No alerts are posted {listed.where} yet. A moderator can change that: /subscribe binance for one "
            "exchange, or /subscribe all.",
            _channels_line(listed),
        ),
        actions=(Action("Subscribe to all", " ".join(("subscribe all", *words)), in_place=True),),
        private=True,
    )


def _no_own_card(
    listed: ListedPlace, exchange: str | None, name: str, general: Subscription | None, back: Action
) -> Message:
    """Return what is in force for an exchange without a subscription of its own."""
    words = place_words(listed.place, listed.here)
    covered = general and exchange != STRESS.id
    subscribe = Action(f"Subscribe to {name}", " ".join(("subscribe", exchange or "all", *words)), in_place=True)
    return Message(
        title=f"Subscription · {name}",
        lines=lines(
            f"No subscription of its own {listed.where}. It is covered by the one to all exchanges: {terms(general)}."
            if general and covered
            else f"No subscription to it {listed.where}.",
        ),
        actions=(subscribe, back),
        private=True,
    )


def _channels_line(listed: ListedPlace) -> str | None:
    is_own_chat = listed.may_name_channels and listed.place == listed.here
    return "Of a channel that you administer: /subscriptions @mychannel" if is_own_chat else None


def _entry(subscription: Subscription, listed: ListedPlace) -> Line:
    if subscription.exchange in listed.unwatched:
        return line("⚠️ ", bold(subscription_name(subscription, listed.names)), " · this bot does not watch it any more")
    return short_line(subscription, listed.names)


def _buttons(shown: Sequence[Subscription], listed: ListedPlace) -> Iterator[Action]:
    """Yield a row of buttons for each subscription."""
    for subscription in shown:
        exchange, name = subscription.exchange, subscription_name(subscription, listed.names)
        # What the list of exchanges does not have any more cannot be subscribed to anew, only cancelled.
        is_editable = exchange not in listed.unwatched and (exchange is None or exchange in listed.names)
        if is_editable:
            edit = listed.list_command(exchange or "all")
            yield Action(f"Edit {name}", edit, in_place=True, starts_row=True)
        cancel = unsubscribe_line(listed.place, exchange, listed.here)
        yield Action(f"Unsubscribe {name}", cancel, in_place=True, starts_row=not is_editable)


def _page_buttons(page: int, pages: int, listed: ListedPlace) -> Iterator[Action]:
    if page > 1:
        yield Action(f"← Page {page - 1}", listed.list_command(str(page - 1)), in_place=True, starts_row=True)
    if page < pages:
        yield Action(f"Page {page + 1} →", listed.list_command(str(page + 1)), in_place=True, starts_row=page == 1)


def _changes(own: Subscription, listed: ListedPlace, *, can_be_critical: bool) -> Iterator[Action]:
    """Yield a complete command for every other severity and sensitivity."""
    starts_row = True
    for severity in Severity:
        if severity is own.min_severity or (severity is Severity.CRITICAL and not can_be_critical):
            continue
        changed = replace(own, min_severity=severity)
        label = "Only critical" if severity is Severity.CRITICAL else f"{severity.capitalize()} or worse"
        yield Action(label, subscribe_line(changed, listed.here), in_place=True, starts_row=starts_row)
        starts_row = False
    starts_row = True
    for sensitivity in Sensitivity:
        if sensitivity is not own.sensitivity:
            changed = replace(own, sensitivity=sensitivity)
            label = f"{sensitivity.capitalize()} sensitivity"
            yield Action(label, subscribe_line(changed, listed.here), in_place=True, starts_row=starts_row)
            starts_row = False


def _sort_name(subscription: Subscription, listed: ListedPlace) -> str:
    return subscription_name(subscription, listed.names).casefold()
