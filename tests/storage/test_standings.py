"""What is asked of the subscriptions before a message goes: is it still wanted there, and where is there now."""

from datetime import UTC, datetime

import pytest

from bot.domain.exchange import MARKET
from bot.domain.place import Place, Platform, Subscription
from bot.domain.severity import Severity
from bot.ports.subscriptions import PlaceStatus, PlaceTrouble
from bot.storage.store import Store

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
OLD, NEW, NEWEST = (Place(Platform.TELEGRAM, chat, "7") for chat in ("-5", "-1005", "-1006"))


async def standing(store: Store, place: Place, about: str | None = "binance") -> PlaceStatus:
    [found] = await store.subscriptions.place_statuses([(place, about)])
    return found


async def test_nobody_asked_is_nothing_answered(store: Store) -> None:
    assert await store.subscriptions.place_statuses([]) == []


@pytest.mark.parametrize("exchange", ["binance", None])
async def test_a_subscription_to_the_exchange_or_to_all_is_found(store: Store, exchange: str | None) -> None:
    wish = Subscription(OLD, exchange, min_severity=Severity.SEVERE)
    await store.subscriptions.add(wish)
    assert await standing(store, OLD) == PlaceStatus(OLD, subscription=wish)


async def test_a_places_own_subscription_to_the_exchange_wins(store: Store) -> None:
    own = Subscription(OLD, "binance", min_severity=Severity.CRITICAL)
    await store.subscriptions.add(Subscription(OLD, None))
    await store.subscriptions.add(own)
    assert (await standing(store, OLD)).subscription == own


async def test_who_unsubscribed_is_known(store: Store) -> None:
    await store.subscriptions.add(Subscription(OLD, "okx"))
    assert await standing(store, OLD) == PlaceStatus(OLD, subscribed=False)


@pytest.mark.parametrize(("exchange", "subscribed"), [("okx", True), (None, True), ("", False)])
async def test_of_the_market_hears_who_has_any_subscription(
    store: Store,
    exchange: str | None,
    subscribed: bool,  # noqa: FBT001 — a table's column
) -> None:
    if exchange != "":
        await store.subscriptions.add(Subscription(OLD, exchange))
    assert await standing(store, OLD, MARKET.id) == PlaceStatus(OLD, subscribed=subscribed)


async def test_what_is_for_nobody_in_particular_needs_no_subscription(store: Store) -> None:
    assert await standing(store, OLD, None) == PlaceStatus(OLD)


@pytest.mark.parametrize("where", [OLD, OLD.whole_chat])
async def test_trouble_with_a_place_or_its_chat_is_told(store: Store, where: Place) -> None:
    trouble = PlaceTrouble(where, "blocked", NOON, disabled=True)
    await store.subscriptions.record_trouble(trouble)
    assert (await standing(store, OLD)).trouble == trouble


async def test_what_is_on_its_way_to_a_chat_that_moved_goes_to_its_new_address(store: Store) -> None:
    await store.subscriptions.add(Subscription(OLD, "binance"))
    await store.subscriptions.move(OLD, NEW)
    await store.subscriptions.move(NEW, NEWEST)
    found = await standing(store, OLD)
    assert (found.place, found.subscribed) == (NEWEST, True)
    for chat in (OLD.chat, NEW.chat):
        assert 29 * 86400 < await store.database.command("TTL", f"{{subs}}:moved:telegram:{chat}") <= 30 * 86400


async def test_a_chat_that_moves_back_is_where_it_was(store: Store) -> None:
    await store.subscriptions.add(Subscription(OLD, "binance"))
    await store.subscriptions.move(OLD, NEW)
    await store.subscriptions.move(NEW, OLD)
    assert (await standing(store, OLD)).place == OLD
    assert (await standing(store, NEW)).place == OLD


async def test_many_are_asked_at_once(store: Store) -> None:
    await store.subscriptions.add(Subscription(NEW, "okx"))
    found = await store.subscriptions.place_statuses([(OLD, None), (NEW, "okx"), (NEW, "binance")])
    assert [place_status.subscribed for place_status in found] == [True, True, False]
