import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.errors import AskerError
from bot.domain.place import Obstacle, Place, Platform, Subscription
from bot.domain.place_export import SUBSCRIPTIONS_PER_PLACE_MAX
from bot.domain.severity import Sensitivity, Severity
from bot.ports.subscriptions import PlaceTrouble
from bot.storage.schema import KEY, bring_up_to_date
from bot.storage.store import Store
from tests.storage.set_place import set_place

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
GROUP = Place(Platform.TELEGRAM, "-100")
TOPIC = Place(Platform.TELEGRAM, "-100", "7")
CHANNEL = Place(Platform.DISCORD, "998")
FULL = Subscription(
    CHANNEL,
    "okx",
    Severity.SEVERE,
    Sensitivity.EARLY,
    5e7,
    0.03,
    "123456",
    "discord:42",
    NOON,
    "#alerts",
)


def new_subscription(place: Place = GROUP, exchange: str | None = "binance", title: str = "") -> Subscription:
    return Subscription(place, exchange, title=title)


def preset(place: Place, exchange: str | None, sensitivity: Sensitivity) -> Subscription:
    return Subscription(place, exchange, sensitivity=sensitivity)


async def subscribe(store: Store, *subscriptions: Subscription) -> None:
    for subscription in subscriptions:
        await store.subscriptions.add(subscription)


@pytest.mark.parametrize(
    "subscription", [FULL, new_subscription(), new_subscription(exchange=None), new_subscription(TOPIC)]
)
async def test_a_subscription_comes_back_whole(store: Store, subscription: Subscription) -> None:
    await subscribe(store, subscription)
    assert await store.subscriptions.of_place(subscription.place) == [subscription]
    terms_alone = replace(subscription, created_by="", created_at=None, title="")
    assert await store.subscriptions.interested_in("okx" if subscription is FULL else "binance") == [terms_alone]


async def test_subscribing_again_replaces(store: Store) -> None:
    await subscribe(store, new_subscription(title="old"), new_subscription(title="new"))
    assert await store.subscriptions.of_place(GROUP) == [new_subscription(title="new")]
    assert await store.subscriptions.count() == 1


async def test_a_place_may_have_100_subscriptions_and_replace_one_of_them(store: Store) -> None:
    await subscribe(store, *(new_subscription(exchange=f"x{n}") for n in range(SUBSCRIPTIONS_PER_PLACE_MAX)))
    with pytest.raises(AskerError, match="100"):
        await subscribe(store, new_subscription(exchange="one too many"))
    await subscribe(store, new_subscription(exchange="x5", title="changed"))
    assert len(await store.subscriptions.of_place(GROUP)) == SUBSCRIPTIONS_PER_PLACE_MAX
    assert await store.subscriptions.interested_in("one too many") == []


async def test_several_subscriptions_are_kept_in_one_step_or_none_is(store: Store) -> None:
    old, full = replace(FULL, place=GROUP), [new_subscription(exchange=f"x{n}") for n in range(99)]
    await subscribe(store, new_subscription(exchange="okx"), new_subscription(exchange=None))

    with pytest.raises(AskerError, match="100"):
        await store.subscriptions.add_all([old, *full])
    assert len(await store.subscriptions.of_place(GROUP)) == 2

    await store.subscriptions.add_all([old, *full[:98]])
    await store.subscriptions.add_all([])
    assert len(await store.subscriptions.of_place(GROUP)) == 100
    assert old in await store.subscriptions.of_place(GROUP)
    assert await store.subscriptions.presets("okx") == {Sensitivity.EARLY, Sensitivity.NORMAL}
    assert {"x0", "okx"} <= set(await store.subscriptions.exchanges())


async def test_of_two_subscriptions_at_once_only_one_gets_the_last_place(store: Store) -> None:
    await subscribe(store, *(new_subscription(exchange=f"x{n}") for n in range(SUBSCRIPTIONS_PER_PLACE_MAX - 1)))
    both = await asyncio.gather(
        *(store.subscriptions.add(new_subscription(exchange=name)) for name in ("a", "b")), return_exceptions=True
    )
    assert [type(result) for result in both if result] == [AskerError]


async def test_those_interested_are_those_of_the_exchange_and_of_all(store: Store) -> None:
    await subscribe(store, new_subscription(GROUP), new_subscription(TOPIC, None), new_subscription(CHANNEL, "okx"))
    found = await store.subscriptions.interested_in("binance")
    assert {subscription.place for subscription in found} == {GROUP, TOPIC}


async def test_a_places_own_subscription_wins_over_the_one_to_all(store: Store) -> None:
    await subscribe(store, new_subscription(), new_subscription(exchange=None))
    assert await store.subscriptions.interested_in("binance") == [new_subscription()]
    assert await store.subscriptions.interested_in("okx") == [new_subscription(exchange=None)]


async def test_thousands_of_subscribers_are_all_found(store: Store) -> None:
    places = [Place(Platform.TELEGRAM, str(n)) for n in range(3000)]
    for start in range(0, len(places), 100):
        await asyncio.gather(
            *(store.subscriptions.add(new_subscription(place)) for place in places[start : start + 100])
        )
    found = await store.subscriptions.interested_in("binance")
    assert sorted(subscription.place for subscription in found) == sorted(places)
    assert await store.subscriptions.count() == 3000


async def test_subscriptions_of_layout_1_are_moved_into_one_hash(store: Store) -> None:
    places = [*(Place(Platform.TELEGRAM, str(n)) for n in range(1200)), TOPIC]
    for place in places:  # as layout 1 had it
        await store.database.pipeline(
            [
                ("HSET", "{subs}:to:binance", str(place), "{}"),
                ("HSET", "{subs}:to:*", str(place), "{}"),
                ("SADD", f"{{subs}}:place:{place}", "binance", "*"),
                ("SADD", f"{{subs}}:chat:{place.platform}:{place.chat}", str(place)),
                ("SADD", "{subs}:places", str(place)),
                ("SADD", "{subs}:exchanges", "binance"),
            ]
        )
    for _ in range(2):  # harmless when it happens again
        await store.database.command("SET", KEY, 1)
        await bring_up_to_date(store.database)

    assert await store.subscriptions.count() == len(places)
    assert await store.subscriptions.of_place(places[0]) == [
        new_subscription(places[0], None),
        new_subscription(places[0]),
    ]
    assert await store.subscriptions.of_whole_chat(GROUP.whole_chat) == [
        new_subscription(TOPIC, None),
        new_subscription(TOPIC),
    ]
    assert sorted(await store.database.command("KEYS", "{subs}:*")) == [
        b"{subs}:exchanges",
        b"{subs}:places",
        b"{subs}:presets:*",
        b"{subs}:presets:binance",
        b"{subs}:to:*",
        b"{subs}:to:binance",
        b"{subs}:topics:telegram:-100",
    ]


async def test_presets_of_layout_2_are_counted_once(store: Store) -> None:
    await store.database.pipeline(
        [
            ("HSET", "{subs}:to:binance", str(GROUP), '{"sensitivity":"early"}', str(CHANNEL), '{"usd":1.0}'),
            ("HSET", "{subs}:places", str(GROUP), "binance", str(CHANNEL), "binance"),
            ("SADD", "{subs}:exchanges", "binance"),
        ]
    )
    for _ in range(2):  # harmless when it happens again
        await store.database.command("SET", KEY, 2)
        await bring_up_to_date(store.database)
    assert await store.subscriptions.presets("binance") == {Sensitivity.EARLY, Sensitivity.NORMAL}
    await store.subscriptions.remove(GROUP, "binance")
    assert await store.subscriptions.presets("binance") == {Sensitivity.NORMAL}


async def test_presets_are_those_of_an_exchange_and_of_all(store: Store) -> None:
    await subscribe(store, FULL, new_subscription(GROUP, "binance"), preset(TOPIC, None, Sensitivity.CALM))
    assert await store.subscriptions.presets("okx") == {Sensitivity.EARLY, Sensitivity.CALM}
    assert await store.subscriptions.presets("binance") == {Sensitivity.NORMAL, Sensitivity.CALM}
    assert await store.subscriptions.presets("kraken") == {Sensitivity.CALM}


async def test_a_preset_is_in_use_until_the_last_with_it_has_gone(store: Store) -> None:
    early, presets = Sensitivity.EARLY, store.subscriptions.presets
    await subscribe(store, *(preset(place, "okx", early) for place in (GROUP, TOPIC, CHANNEL)))
    await store.subscriptions.remove(GROUP, "okx")
    await subscribe(store, preset(TOPIC, "okx", Sensitivity.CALM))
    assert await presets("okx") == {early, Sensitivity.CALM}
    await store.subscriptions.move(CHANNEL, replace(CHANNEL, chat="999"))
    assert await presets("okx") == {early, Sensitivity.CALM}
    await store.subscriptions.remove(replace(CHANNEL, chat="999"), None, everything=True)
    assert await presets("okx") == {Sensitivity.CALM}
    await store.subscriptions.remove(TOPIC, "okx")
    assert await presets("okx") == set()
    assert await store.database.command("KEYS", "{subs}:presets:*") == []


async def test_a_move_to_where_a_subscription_is_counts_that_one(store: Store) -> None:
    new = replace(GROUP, chat="-200")
    await subscribe(store, preset(GROUP, "okx", Sensitivity.EARLY), preset(new, "okx", Sensitivity.CALM))
    await store.subscriptions.move(GROUP, new)
    assert await store.subscriptions.presets("okx") == {Sensitivity.CALM}


async def test_a_title_that_looks_like_a_preset_is_none(store: Store) -> None:
    await subscribe(store, new_subscription(exchange="okx", title='"sensitivity":"early"'))
    assert await store.subscriptions.presets("okx") == {Sensitivity.NORMAL}


async def test_unsubscribing_from_one_leaves_the_others(store: Store) -> None:
    await subscribe(store, new_subscription(), new_subscription(exchange="okx"), new_subscription(exchange=None))
    assert await store.subscriptions.remove(GROUP, "binance") == 1
    assert await store.subscriptions.remove(GROUP, "binance") == 0
    assert await store.subscriptions.remove(GROUP, None) == 1
    assert await store.subscriptions.of_place(GROUP) == [new_subscription(exchange="okx")]
    assert await store.subscriptions.interested_in("binance") == []


async def test_unsubscribing_from_everything_leaves_nothing(store: Store) -> None:
    await subscribe(
        store,
        new_subscription(),
        new_subscription(exchange="okx"),
        new_subscription(exchange=None),
        new_subscription(TOPIC, "okx"),
    )
    assert await store.subscriptions.remove(GROUP, None, everything=True) == 3
    assert await store.subscriptions.of_place(GROUP) == []
    assert await store.subscriptions.count() == 1
    assert await store.subscriptions.exchanges() == {"okx"}


async def test_exchanges_are_those_subscribed_to_by_name(store: Store) -> None:
    await subscribe(
        store,
        new_subscription(),
        new_subscription(TOPIC),
        new_subscription(CHANNEL, "okx"),
        new_subscription(exchange=None),
    )
    assert await store.subscriptions.exchanges() == {"binance", "okx"}
    await store.subscriptions.remove(CHANNEL, "okx")
    assert await store.subscriptions.exchanges() == {"binance"}


async def test_a_chat_that_moves_keeps_everything_its_topics_included(store: Store) -> None:
    await subscribe(
        store,
        new_subscription(),
        new_subscription(exchange=None),
        new_subscription(TOPIC, "okx", title="topic"),
        new_subscription(CHANNEL),
    )
    new, new_topic = Place(Platform.TELEGRAM, "-200"), Place(Platform.TELEGRAM, "-200", "7")
    for _ in range(2):
        await store.subscriptions.move(GROUP, new)
    assert await store.subscriptions.of_place(new) == [new_subscription(new, None), new_subscription(new)]
    assert await store.subscriptions.of_place(new_topic) == [new_subscription(new_topic, "okx", title="topic")]
    assert await store.subscriptions.of_place(GROUP) == []
    assert {subscription.place for subscription in await store.subscriptions.interested_in("binance")} == {new, CHANNEL}
    assert await store.subscriptions.count() == 3


async def test_a_chat_with_a_longer_number_does_not_move_along(store: Store) -> None:
    longer = Place(Platform.TELEGRAM, "-1001")
    await subscribe(store, new_subscription(), new_subscription(longer))
    await store.subscriptions.move(GROUP, Place(Platform.TELEGRAM, "-200"))
    assert await store.subscriptions.of_place(longer) == [new_subscription(longer)]


async def test_what_the_new_address_has_already_stays(store: Store) -> None:
    new = Place(Platform.TELEGRAM, "-200")
    await subscribe(
        store, new_subscription(title="old"), new_subscription(exchange="okx"), new_subscription(new, title="new")
    )
    await store.subscriptions.move(GROUP, new)
    assert await store.subscriptions.of_place(new) == [new_subscription(new, title="new"), new_subscription(new, "okx")]


async def test_notices_are_on_until_a_place_switches_them_off(store: Store) -> None:
    await set_place(store, TOPIC, notices=False)
    await set_place(store, CHANNEL, notices=False)
    assert await store.subscriptions.places_without_notices() == {TOPIC, CHANNEL}

    await set_place(store, CHANNEL, notices=True)
    assert await store.subscriptions.places_without_notices() == {TOPIC}


async def test_what_a_place_switched_off_moves_along_and_is_forgotten_with_it(store: Store) -> None:
    moved = Place(Platform.TELEGRAM, "-200", "7")
    await store.subscriptions.add(new_subscription(TOPIC))
    await set_place(store, TOPIC, notices=False)

    await store.subscriptions.move(GROUP, Place(Platform.TELEGRAM, "-200"))
    assert await store.subscriptions.places_without_notices() == {moved}

    await store.subscriptions.record_trouble(PlaceTrouble(moved, "gone", NOON, disabled=True))
    await store.subscriptions.forget_disabled(NOON + timedelta(days=31))
    assert await store.subscriptions.places_without_notices() == frozenset()


async def test_a_subscription_keeps_which_incidents_go_on_under_another_preset(store: Store) -> None:
    changed = Subscription(
        GROUP, "binance", sensitivity=Sensitivity.EARLY, follows=((8, Sensitivity.NORMAL), (9, Sensitivity.CALM))
    )
    await store.subscriptions.add(changed)

    assert await store.subscriptions.of_place(GROUP) == [changed]
    assert list(await store.subscriptions.interested_in("binance")) == [changed]
    assert await store.subscriptions.presets("binance") == {Sensitivity.EARLY}


async def test_a_chat_that_moves_nowhere_keeps_everything(store: Store) -> None:
    await subscribe(store, new_subscription())
    await store.subscriptions.move(GROUP, GROUP)
    assert await store.subscriptions.of_place(GROUP) == [new_subscription()]


async def test_a_moved_chat_can_be_reached_again(store: Store) -> None:
    await subscribe(store, new_subscription())
    await store.subscriptions.record_trouble(PlaceTrouble(GROUP, "chat not found", NOON, 3, disabled=True))
    new = Place(Platform.TELEGRAM, "-200")
    await store.subscriptions.move(GROUP, new)
    assert await store.subscriptions.interested_in("binance") == [new_subscription(new)]
    assert await store.subscriptions.trouble(GROUP) is None


async def test_trouble_is_kept_until_it_is_cleared(store: Store) -> None:
    trouble = PlaceTrouble(TOPIC, "not enough rights", NOON, 2)
    await store.subscriptions.record_trouble(trouble)
    assert await store.subscriptions.trouble(TOPIC) == trouble
    assert await store.subscriptions.trouble(GROUP) is None
    assert await store.subscriptions.clear_trouble(TOPIC)
    assert not await store.subscriptions.clear_trouble(TOPIC)
    assert await store.subscriptions.trouble(TOPIC) is None


@pytest.mark.parametrize("disabled", [True, False])
async def test_a_disabled_place_gets_no_alerts_and_keeps_its_subscriptions(store: Store, *, disabled: bool) -> None:
    await subscribe(store, new_subscription())
    await store.subscriptions.record_trouble(PlaceTrouble(GROUP, "kicked", NOON, disabled=disabled))
    assert await store.subscriptions.interested_in("binance") == ([] if disabled else [new_subscription()])
    assert await store.subscriptions.of_place(GROUP) == [new_subscription()]
    await store.subscriptions.clear_trouble(GROUP)
    assert await store.subscriptions.interested_in("binance") == [new_subscription()]


async def test_trouble_that_became_milder_enables_again(store: Store) -> None:
    await subscribe(store, new_subscription())
    await store.subscriptions.record_trouble(PlaceTrouble(GROUP, "kicked", NOON, disabled=True))
    await store.subscriptions.record_trouble(PlaceTrouble(GROUP, "slow", NOON))
    assert await store.subscriptions.interested_in("binance") == [new_subscription()]


async def test_places_disabled_too_long_are_forgotten(store: Store) -> None:
    await subscribe(
        store, new_subscription(), new_subscription(exchange=None), new_subscription(CHANNEL), new_subscription(TOPIC)
    )
    await store.subscriptions.record_trouble(PlaceTrouble(GROUP, "kicked", NOON - timedelta(days=31), disabled=True))
    await store.subscriptions.record_trouble(PlaceTrouble(CHANNEL, "kicked", NOON - timedelta(days=29), disabled=True))
    await store.subscriptions.record_trouble(PlaceTrouble(TOPIC, "slow", NOON - timedelta(days=31)))
    assert await store.subscriptions.forget_disabled(NOON - timedelta(days=30)) == [GROUP]
    assert await store.subscriptions.of_place(GROUP) == []
    assert await store.subscriptions.trouble(GROUP) is None
    assert await store.subscriptions.of_place(CHANNEL) == [new_subscription(CHANNEL)]
    assert await store.subscriptions.of_place(TOPIC) == [new_subscription(TOPIC)]
    assert await store.subscriptions.forget_disabled(NOON - timedelta(days=30)) == []


async def test_trouble_of_a_whole_chat_is_that_of_its_topics_and_is_cleared_with_it(store: Store) -> None:
    await store.subscriptions.add(Subscription(TOPIC, "binance"))
    await store.subscriptions.record_trouble(PlaceTrouble(GROUP.whole_chat, "kicked", NOON, disabled=True))

    assert not await store.subscriptions.interested_in("binance")
    found = await store.subscriptions.trouble(TOPIC)
    assert found is not None
    assert found.reason == "kicked"

    await store.subscriptions.clear_trouble(TOPIC)
    assert [subscription.place for subscription in await store.subscriptions.interested_in("binance")] == [TOPIC]


async def test_a_chat_gone_for_a_month_is_forgotten_with_its_topics(store: Store) -> None:
    await store.subscriptions.add(Subscription(TOPIC, "binance"))
    await store.subscriptions.record_trouble(PlaceTrouble(GROUP.whole_chat, "kicked", NOON, disabled=True))

    assert await store.subscriptions.forget_disabled(NOON + timedelta(days=30)) == [GROUP.whole_chat, GROUP, TOPIC]
    assert await store.subscriptions.count() == 0


def gone(place: Place, obstacle: Obstacle = Obstacle.REMOVED, since: datetime = NOON) -> PlaceTrouble:
    return PlaceTrouble(place, "gone", since, disabled=True, obstacle=obstacle)


async def claimed_checks(store: Store, now: datetime, limit: int = 10) -> dict[Place, bool]:
    """Claim the checks due now, of places by whether it is their first; the next is due a day later."""
    checks = await store.subscriptions.claim_place_checks(
        Platform.TELEGRAM, now=now, again=now + timedelta(days=1), limit=limit
    )
    return {check.trouble.place: check.first for check in checks}


async def test_why_a_place_is_disabled_is_kept_as_a_word(store: Store) -> None:
    await store.subscriptions.record_trouble(gone(TOPIC, Obstacle.TOPIC_CLOSED))
    assert await store.subscriptions.trouble(TOPIC) == gone(TOPIC, Obstacle.TOPIC_CLOSED)


async def test_disabled_places_are_counted_by_why(store: Store) -> None:
    await store.subscriptions.record_trouble(gone(GROUP))
    await store.subscriptions.record_trouble(gone(CHANNEL))
    await store.subscriptions.record_trouble(gone(TOPIC, Obstacle.TOPIC_CLOSED))
    await store.subscriptions.record_trouble(PlaceTrouble(Place(Platform.TELEGRAM, "1"), "slow", NOON))
    assert await store.subscriptions.disabled() == {Obstacle.REMOVED: 2, Obstacle.TOPIC_CLOSED: 1}
    assert await store.subscriptions.refusing() == {Obstacle.REFUSED: 1}


async def test_a_disabled_place_is_checked_at_once_and_then_once_a_day(store: Store) -> None:
    await store.subscriptions.record_trouble(gone(GROUP))
    assert await claimed_checks(store, NOON) == {GROUP: True}
    await store.subscriptions.record_trouble(gone(GROUP))
    assert await claimed_checks(store, NOON + timedelta(hours=23)) == {}
    assert await claimed_checks(store, NOON + timedelta(hours=24)) == {GROUP: False}


async def test_a_place_that_is_not_disabled_needs_no_check(store: Store) -> None:
    await store.subscriptions.record_trouble(gone(GROUP))
    await store.subscriptions.record_trouble(PlaceTrouble(GROUP, "slow", NOON))
    assert await claimed_checks(store, NOON) == {}


@pytest.mark.parametrize("how", ["cleared", "moved", "forgotten"])
async def test_a_place_that_is_disabled_again_is_checked_at_once_again(store: Store, how: str) -> None:
    await subscribe(store, new_subscription())
    await store.subscriptions.record_trouble(gone(GROUP))
    assert await claimed_checks(store, NOON) == {GROUP: True}
    if how == "cleared":
        await store.subscriptions.clear_trouble(GROUP)
    elif how == "moved":
        await store.subscriptions.move(GROUP, Place(Platform.TELEGRAM, "-200"))
    else:
        await store.subscriptions.forget_disabled(NOON + timedelta(days=1))
    await store.subscriptions.record_trouble(gone(GROUP))
    assert await claimed_checks(store, NOON + timedelta(hours=1)) == {GROUP: True}


async def test_each_platform_has_checks_of_its_own(store: Store) -> None:
    await store.subscriptions.record_trouble(gone(CHANNEL))
    assert await claimed_checks(store, NOON) == {}
    (check,) = await store.subscriptions.claim_place_checks(Platform.DISCORD, now=NOON, again=NOON, limit=9)
    assert check.trouble == gone(CHANNEL)


async def test_checks_come_a_few_at_a_time_and_none_is_left_out(store: Store) -> None:
    places = [Place(Platform.TELEGRAM, str(number)) for number in range(25)]
    for place in places:
        await store.subscriptions.record_trouble(gone(place))
    rounds = [await claimed_checks(store, NOON, limit=10) for _ in range(4)]
    assert [len(checked) for checked in rounds] == [10, 10, 5, 0]
    assert {place for checked in rounds for place in checked} == set(places)


async def test_two_workers_that_claim_checks_at_once_get_different_places(store: Store) -> None:
    for number in range(20):
        await store.subscriptions.record_trouble(gone(Place(Platform.TELEGRAM, str(number))))
    first, second = await asyncio.gather(claimed_checks(store, NOON), claimed_checks(store, NOON))
    assert len(first) == len(second) == 10
    assert not set(first) & set(second)


async def test_a_check_that_found_nothing_out_can_be_due_sooner(store: Store) -> None:
    await store.subscriptions.record_trouble(gone(GROUP))
    await claimed_checks(store, NOON)
    await store.subscriptions.check_place_again(GROUP, NOON + timedelta(hours=1))
    assert await claimed_checks(store, NOON + timedelta(hours=1)) == {GROUP: False}


async def test_a_place_whose_trouble_was_cleared_meanwhile_is_not_checked_again(store: Store) -> None:
    await store.subscriptions.record_trouble(gone(GROUP))
    await claimed_checks(store, NOON)
    await store.subscriptions.clear_trouble(GROUP)
    await store.subscriptions.check_place_again(GROUP, NOON + timedelta(hours=1))
    assert await claimed_checks(store, NOON + timedelta(hours=1)) == {}
    await store.subscriptions.check_place_again(GROUP, NOON + timedelta(hours=1))
    await store.subscriptions.record_trouble(gone(GROUP))
    assert await claimed_checks(store, NOON) == {GROUP: True}


async def test_a_whole_chat_that_answers_again_clears_the_trouble_of_every_place_in_it(store: Store) -> None:
    await subscribe(store, new_subscription(TOPIC), new_subscription(CHANNEL))
    for place in (GROUP, GROUP.whole_chat, TOPIC, CHANNEL):
        await store.subscriptions.record_trouble(gone(place))
    assert await store.subscriptions.clear_trouble(GROUP.whole_chat)
    assert not await store.subscriptions.clear_trouble(GROUP.whole_chat)
    assert await store.subscriptions.disabled() == {Obstacle.REMOVED: 1}
    assert await store.subscriptions.trouble(CHANNEL) == gone(CHANNEL)


async def test_a_topic_that_answers_again_clears_the_trouble_of_its_chat_but_of_no_other_topic(store: Store) -> None:
    other = Place(Platform.TELEGRAM, "-100", "8")
    await subscribe(store, new_subscription(TOPIC), new_subscription(other))
    for place in (GROUP.whole_chat, TOPIC, other):
        await store.subscriptions.record_trouble(gone(place))
    await store.subscriptions.clear_trouble(TOPIC)
    assert await store.subscriptions.trouble(TOPIC) is None
    assert await store.subscriptions.trouble(other) == gone(other)


async def test_behind_a_whole_chat_are_the_subscriptions_of_all_its_places(store: Store) -> None:
    await subscribe(store, new_subscription(), new_subscription(TOPIC), new_subscription(CHANNEL))
    assert list(await store.subscriptions.of_whole_chat(GROUP.whole_chat)) == [
        new_subscription(),
        new_subscription(TOPIC),
    ]
    assert list(await store.subscriptions.of_whole_chat(TOPIC)) == [new_subscription(TOPIC)]
