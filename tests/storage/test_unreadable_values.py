"""One value that cannot be read is left out, copied and named; everything else goes on."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.domain.bot_account import BotAccount
from bot.domain.errors import ConfigurationError
from bot.domain.place import Platform, Subscription
from bot.domain.reading import Reading, SourceHealth
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Rule
from bot.domain.suppression import Suppression
from bot.ports.outbox import DeliveryKind
from bot.ports.subscriptions import PlaceTrouble
from bot.storage.keys import UNREADABLE
from bot.storage.reading_encoding import HEADER
from bot.storage.store import Store, open_store
from tests.builders import NOON, holding, incident, listing
from tests.servers import Server
from tests.storage.conftest import StillClock
from tests.storage.set_place import set_place
from tests.storage.test_keys import CHANNEL, CHAT, TOPIC, alert, claim_everything

DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut off": lambda value: value[: len(value) // 2],
    "empty": lambda _: b"",
    "no text": lambda value: b"\xff\xfe" + value[2:],
    "another shape": lambda _: b"[1, 2]",
    "zeros": lambda value: bytes(len(value)),
}
damaged = pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)


async def damage_field(store: Store, key: str, field: str, damage: Callable[[bytes], bytes]) -> bytes:
    """Damage a field of a hash and return what it is then."""
    value = await store.database.command("HGET", key, field)
    assert value is not None
    written = damage(value)
    await store.database.command("HSET", key, field, written)
    return written


async def named(store: Store) -> dict[str, bytes]:
    """Return what was set aside, by name; each of it is said."""
    copies = await store.database.command("HGETALL", UNREADABLE.key())
    names = {name.decode() for name in copies}
    assert {sentence.partition(" cannot be read")[0] for sentence in store.database.unreadable.sentences} == names
    return {name.decode(): value for name, value in copies.items()}


async def two_incidents(store: Store) -> None:
    for exchange in ("binance", "okx"):
        number = await store.incidents.next_number()
        await store.incidents.commit(
            exchange, Rule.OUTFLOW, incident(Severity.SEVERE, number=number, exchange=exchange), []
        )


@damaged
async def test_an_incident(store: Store, damage: Callable[[bytes], bytes]) -> None:
    await two_incidents(store)
    current = await damage_field(store, "{ob}:current", "binance/outflow/normal", damage)
    past = await damage_field(store, "{ob}:incidents", "1", damage)
    with capture_logs() as lines:
        for _ in range(3):
            assert [open_.number for open_ in await store.incidents.open()] == [2]
            assert [recent.number for recent in await store.incidents.recent()] == [2]
            assert await store.incidents.current("binance", Rule.OUTFLOW) is None
            assert await store.incidents.by_number(1) is None
    assert await named(store) == {"{ob}:current binance/outflow/normal": current, "{ob}:incidents 1": past}
    assert [(line["key"], line["field"]) for line in lines] == [
        ("{ob}:current", "binance/outflow/normal"),
        ("{ob}:incidents", "1"),
    ]
    # The next step of that exchange takes its place; the copy stays.
    await store.incidents.commit("binance", Rule.OUTFLOW, incident(Severity.SEVERE, number=3), [])
    assert [open_.number for open_ in await store.incidents.open()] == [2, 3]
    assert (await named(store))["{ob}:current binance/outflow/normal"] == current


@damaged
async def test_a_subscription(store: Store, damage: Callable[[bytes], bytes]) -> None:
    for place in (CHAT, TOPIC, CHANNEL):
        await store.subscriptions.add(Subscription(place, "binance"))
    await store.subscriptions.add(Subscription(CHAT, "okx"))
    written = await damage_field(store, "{subs}:to:binance", str(CHAT), damage)
    heard = [subscription.place for subscription in await store.subscriptions.interested_in("binance")]
    assert sorted(map(str, heard)) == sorted(map(str, (TOPIC, CHANNEL)))
    assert [subscription.exchange for subscription in await store.subscriptions.of_place(CHAT)] == ["okx"]
    [status, other] = await store.subscriptions.place_statuses([(CHAT, "binance"), (TOPIC, "binance")])
    assert (status.subscription, bool(other.subscription)) == (None, True)
    copies = await named(store)
    assert list(copies) == [f"{{subs}}:to:binance {CHAT}"]
    assert b"\xff" in written or copies[f"{{subs}}:to:binance {CHAT}"] == written
    await store.subscriptions.add(Subscription(CHAT, "binance"))
    assert len(await store.subscriptions.interested_in("binance")) == 3


@damaged
async def test_what_is_wrong_with_a_place(store: Store, damage: Callable[[bytes], bytes]) -> None:
    for place in (CHAT, CHANNEL):
        await store.subscriptions.add(Subscription(place, "binance"))
        await store.subscriptions.record_trouble(PlaceTrouble(place, "no rights", NOON, disabled=True))
    await damage_field(store, "{subs}:trouble", str(CHAT), damage)
    assert sum((await store.subscriptions.disabled()).values()) == 1
    assert await store.subscriptions.trouble(CHAT) is None
    for platform in (Platform.TELEGRAM, Platform.DISCORD):
        await store.subscriptions.claim_place_checks(platform, now=NOON, again=NOON + timedelta(days=1), limit=5)
    [status] = await store.subscriptions.place_statuses([(CHAT, None)])
    assert status.trouble is None


@pytest.mark.parametrize("keeps_header", [True, False], ids=["with its times", "without"])
@damaged
async def test_a_reading(store: Store, damage: Callable[[bytes], bytes], *, keeps_header: bool) -> None:
    readings = [holding(70.0 + hour, at=NOON + timedelta(hours=hour)) for hour in range(4)]
    await store.readings.add(readings)
    blobs = await store.database.command("ZRANGE", "{rd:binance}:detail", 0, -1)
    for number in (1, 3):
        at = int((NOON + timedelta(hours=number)).timestamp() * 1_000_000)
        await store.database.command("ZREM", "{rd:binance}:detail", blobs[number])
        # A member is there once: the number makes two of what would be the same.
        header, body = blobs[number][: HEADER.size], blobs[number][HEADER.size :]
        damaged_blob = (header + damage(body) if keeps_header else damage(body)) + bytes([number])
        await store.database.command("ZADD", "{rd:binance}:detail", at, damaged_blob)
    latest = await store.readings.latest("binance")
    assert latest == readings[2]
    assert await store.readings.newest_before("binance", NOON + timedelta(hours=1, minutes=30)) == readings[0]
    since = NOON - timedelta(days=1)
    told = [reading async for reading in store.readings.between("binance", since=since, until=NOON + timedelta(days=1))]
    assert told == [readings[0], readings[2]]
    assert len(await named(store)) == 2
    again = holding(99.0, at=NOON + timedelta(hours=3))
    await store.readings.add([again])
    assert await store.readings.latest("binance") == again


@damaged
async def test_the_name_of_an_asset(store: Store, server: Server, damage: Callable[[bytes], bytes]) -> None:
    first, second = holding(70.0), holding(71.0, at=NOON + timedelta(hours=1))
    await store.readings.add([first])
    field, *_ = await store.database.command("HKEYS", "{rd:binance}:slots")
    number = await store.database.command("HGET", "{rd:binance}:slots", field)
    await store.database.command("HDEL", "{rd:binance}:slots", field)
    await store.database.command("HSET", "{rd:binance}:slots", damage(field), number)
    other = await open_store(server.url, clock=StillClock())  # this one knows the numbers still
    try:
        read = (await latest_of(other)).holdings
        assert [slot.chain for slot in read if slot not in first.holdings] == ["unknown"]
        assert sorted(held.usd for held in read.values()) == sorted(held.usd for held in first.holdings.values())
        await other.readings.add([second])
        assert await latest_of(other) == second
    finally:
        await other.close()


async def latest_of(store: Store) -> Reading:
    reading = await store.readings.latest("binance")
    assert reading
    return reading


@damaged
async def test_a_row_of_the_list_the_health_of_a_source_and_a_suppression(
    store: Store, damage: Callable[[bytes], bytes]
) -> None:
    await store.readings.save_listings([listing()])
    await store.readings.save_health(SourceHealth("defillama/cexs", NOON))
    for exchange in ("okx", "kraken"):
        await store.suppressions.add(Suppression(exchange, NOON, "telegram:1", "a migration"))
    [row] = [exchange.decode() for exchange in await store.database.command("HKEYS", "runwatch:listings")]
    await damage_field(store, "runwatch:listings", row, damage)
    await damage_field(store, "runwatch:health", "defillama/cexs", damage)
    await damage_field(store, "runwatch:holds", "okx", damage)
    assert await store.readings.listings() == {}
    assert await store.readings.health() == {}
    assert list(await store.suppressions.all()) == ["kraken"]
    assert len(await named(store)) == 3


async def test_names_of_places_of_presets_and_of_days(store: Store) -> None:
    await store.subscriptions.add(Subscription(TOPIC, "binance"))
    await set_place(store, TOPIC, notices=False)
    await store.subscriptions.record_trouble(PlaceTrouble(CHANNEL, "no rights", NOON, disabled=True))
    no_name = b"\xff nowhere"
    for words in (
        ("HSET", "{subs}:presets:binance", no_name, 1),
        ("SADD", "{subs}:notices:off", no_name),
        ("SADD", "{subs}:topics:telegram:-100", no_name),
        ("ZADD", "{subs}:disabled", 0, no_name),
        ("HSET", "{rd:binance}:revised", no_name, no_name),
    ):
        await store.database.command(*words)
    assert await store.subscriptions.presets("binance") == {Sensitivity.NORMAL}
    assert await store.subscriptions.places_without_notices() == {TOPIC}
    assert [subscription.place for subscription in await store.subscriptions.of_whole_chat(CHAT.whole_chat)] == [TOPIC]
    assert await store.subscriptions.forget_disabled(NOON + timedelta(days=1)) == [CHANNEL]
    assert await store.revisions.revised_days("binance") == {}
    assert len(await named(store)) == 5
    await store.database.command("DEL", "{rd:binance}:revised")


@damaged
async def test_an_alert_on_its_way_holds_up_no_other(store: Store, damage: Callable[[bytes], bytes]) -> None:
    for number, step in ((1, "first"), (2, "second")):
        about = incident(Severity.SEVERE, number=number)
        await store.incidents.commit(
            "binance", Rule.OUTFLOW, about, [alert(step, Severity.SEVERE, DeliveryKind.POST, about)]
        )
    await damage_field(store, "{ob}:alert:first", "body", damage)
    claimed = await claim_everything(store)
    assert {delivery.alert for delivery in claimed} == {"second"}
    assert list(await named(store)) == ["{ob}:alert:first body"]


@damaged
async def test_the_owner_of_the_store(store: Store, damage: Callable[[bytes], bytes]) -> None:
    account = BotAccount(Platform.TELEGRAM, "4242", "RunwatchBot")
    await store.owner.claim(account)
    await damage_field(store, "runwatch:bots", "telegram", damage)
    assert await store.owner.owner(Platform.TELEGRAM) is None
    assert await store.owner.claim(account) == account
    assert await store.owner.owner(Platform.TELEGRAM) == account


async def test_a_layout_that_is_no_number_is_said_with_what_to_do(store: Store, server: Server) -> None:
    version = await store.database.command("GET", "runwatch:schema")
    await store.database.command("SET", "runwatch:schema", "five")
    with pytest.raises(ConfigurationError, match=r"runwatch:schema, cannot be read.* redis-cli SET runwatch:schema 5"):
        await open_store(server.url, clock=StillClock())
    await store.database.command("SET", "runwatch:schema", version)


async def test_no_more_copies_are_kept_than_help_anybody(store: Store) -> None:
    for number in range(1100):
        await store.database.command("HSET", "runwatch:holds", f"x{number}", "{")
    with capture_logs():
        assert await store.suppressions.all() == {}
    assert len(await named(store)) == 1000
