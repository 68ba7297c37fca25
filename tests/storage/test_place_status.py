"""Before a message is sent: is it still wanted in its place, can that be written to, and what is its address now."""

from datetime import UTC, datetime

import pytest

from bot.domain.exchange import MARKET
from bot.domain.place import Place, Platform, Subscription
from bot.domain.severity import Severity
from bot.ports.subscriptions import PlaceStatus, PlaceTrouble
from bot.storage.store import Store

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
OLD, NEW, NEWEST = (Place(Platform.TELEGRAM, chat, "7") for chat in ("-5", "-1005", "-1006"))


async def status_of(store: Store, place: Place, about: str | None = "binance") -> PlaceStatus:
    [status] = await store.subscriptions.place_statuses([(place, about)])
    return status


async def test_no_places_have_no_statuses(store: Store) -> None:
    assert await store.subscriptions.place_statuses([]) == []


@pytest.mark.parametrize("exchange", ["binance", None])
async def test_a_subscription_to_the_exchange_or_to_all_is_found(store: Store, exchange: str | None) -> None:
    subscription = Subscription(OLD, exchange, min_severity=Severity.SEVERE)
    await store.subscriptions.add(subscription)
    assert await status_of(store, OLD) == PlaceStatus(OLD, subscription=subscription)


async def test_a_places_own_subscription_to_the_exchange_wins(store: Store) -> None:
    own = Subscription(OLD, "binance", min_severity=Severity.CRITICAL)
    await store.subscriptions.add(Subscription(OLD, None))
    await store.subscriptions.add(own)
    assert (await status_of(store, OLD)).subscription == own


async def test_a_place_that_unsubscribed_wants_the_message_no_more(store: Store) -> None:
    await store.subscriptions.add(Subscription(OLD, "okx"))
    assert await status_of(store, OLD) == PlaceStatus(OLD, subscribed=False)


@pytest.mark.parametrize(("exchange", "subscribed"), [("okx", True), (None, True), ("", False)])
async def test_a_message_about_the_market_is_wanted_by_every_place_with_a_subscription(
    store: Store,
    exchange: str | None,
    subscribed: bool,  # noqa: FBT001 — a table's column
) -> None:
    if exchange != "":
        await store.subscriptions.add(Subscription(OLD, exchange))
    assert await status_of(store, OLD, MARKET.id) == PlaceStatus(OLD, subscribed=subscribed)


async def test_a_message_about_no_exchange_needs_no_subscription(store: Store) -> None:
    assert await status_of(store, OLD, None) == PlaceStatus(OLD)


@pytest.mark.parametrize("where", [OLD, OLD.whole_chat])
async def test_trouble_with_a_place_or_its_chat_is_in_its_status(store: Store, where: Place) -> None:
    trouble = PlaceTrouble(where, "blocked", NOON, disabled=True)
    await store.subscriptions.record_trouble(trouble)
    assert (await status_of(store, OLD)).trouble == trouble


async def test_what_is_on_its_way_to_a_chat_that_moved_goes_to_its_new_address(store: Store) -> None:
    await store.subscriptions.add(Subscription(OLD, "binance"))
    await store.subscriptions.move(OLD, NEW)
    await store.subscriptions.move(NEW, NEWEST)
    status = await status_of(store, OLD)
    assert (status.place, status.subscribed) == (NEWEST, True)
    for chat in (OLD.chat, NEW.chat):
        assert 29 * 86400 < await store.database.command("TTL", f"{{subs}}:moved:telegram:{chat}") <= 30 * 86400


async def test_a_chat_that_moves_back_is_where_it_was(store: Store) -> None:
    await store.subscriptions.add(Subscription(OLD, "binance"))
    await store.subscriptions.move(OLD, NEW)
    await store.subscriptions.move(NEW, OLD)
    assert (await status_of(store, OLD)).place == OLD
    assert (await status_of(store, NEW)).place == OLD


async def test_many_places_are_answered_in_one_call(store: Store) -> None:
    await store.subscriptions.add(Subscription(NEW, "okx"))
    statuses = await store.subscriptions.place_statuses([(OLD, None), (NEW, "okx"), (NEW, "binance")])
    assert [place_status.subscribed for place_status in statuses] == [True, True, False]
