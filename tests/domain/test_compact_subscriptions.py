import gc
from datetime import UTC, datetime

import pytest

from bot.domain.compact_subscriptions import CompactSubscriptions
from bot.domain.place import Place, Platform, Subscription
from bot.domain.severity import Sensitivity, Severity

TOPIC = Place(Platform.TELEGRAM, "-100", "7")
CHANNEL = Place(Platform.DISCORD, "998")
FOLLOWED = ((8, Sensitivity.NORMAL),)
ALL_TERMS = Subscription(CHANNEL, "okx", Severity.SEVERE, Sensitivity.EARLY, 5e7, 0.03, "123456", follows=FOLLOWED)
HERE, THERE = Subscription(TOPIC, None), Subscription(CHANNEL, "binance")


@pytest.mark.parametrize("subscription", [HERE, THERE, ALL_TERMS])
def test_the_terms_of_a_subscription_come_back(subscription: Subscription) -> None:
    assert CompactSubscriptions([subscription])[0] == subscription


def test_who_made_a_subscription_and_when_does_not_come_back() -> None:
    made = Subscription(
        CHANNEL, None, created_by="discord:42", created_at=datetime(2026, 1, 10, tzinfo=UTC), title="#a"
    )
    assert list(CompactSubscriptions([made])) == [Subscription(CHANNEL, None)]


def test_it_has_an_order_a_length_and_slices() -> None:
    compact = CompactSubscriptions([HERE])
    compact.add(THERE)
    compact.extend([ALL_TERMS])
    assert list(compact) == [HERE, THERE, ALL_TERMS]
    assert (len(compact), compact[1:], compact[-1]) == (3, [THERE, ALL_TERMS], ALL_TERMS)


def test_it_equals_any_sequence_of_the_same() -> None:
    assert CompactSubscriptions([HERE, THERE]) == (HERE, THERE)
    assert CompactSubscriptions([HERE, THERE]) != [THERE, HERE]
    assert CompactSubscriptions() != 0


def test_a_garbage_collection_finds_next_to_nothing_in_it() -> None:
    gc.collect()
    before = len(gc.get_objects())
    compact = CompactSubscriptions(
        Subscription(Place(Platform.TELEGRAM, str(chat)), "okx", usd=float(chat % 3)) for chat in range(5000)
    )
    gc.collect()
    assert len(compact) == 5000
    assert len(gc.get_objects()) - before < 50
