"""What is known of withdrawals outlives a restart, and its history is long and bounded."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from bot.domain.errors import SourceFault
from bot.domain.withdrawal_reading import Maintenance, SourceStanding, SystemState, WithdrawalState
from bot.domain.withdrawals import ExchangeWithdrawals, NetworkEvent, NetworkWithdrawals
from bot.ports.withdrawals import TRANSITIONS_MAX, TRANSITIONS_SPAN
from bot.storage import keys
from bot.storage.store import Store, open_store
from tests.known_withdrawals import closing, known, network, opening
from tests.servers import Server
from tests.storage.conftest import StillClock

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
EVERYTHING = ExchangeWithdrawals(
    exchange="kraken",
    source="Kraken",
    standing=SourceStanding.KEY,
    as_of=NOON,
    networks=(
        NetworkWithdrawals(
            "USDT",
            "TRON",
            WithdrawalState.UNKNOWN,
            NOON - timedelta(hours=3),
            NOON - timedelta(hours=1),
            last_known=WithdrawalState.CLOSED,
            pending=WithdrawalState.OPEN,
            pending_since=NOON,
        ),
        network("XRP", "XRP", WithdrawalState.DELAYED),
    ),
    closed_share=0.125,
    usual_share=0.1,
    system=SystemState.CANCEL_ONLY,
    maintenance=(
        Maintenance(
            "Tron wallet · 維護",
            begins_at=NOON,
            is_under_way=True,
            assets=frozenset({"USDT"}),
            networks=frozenset({"TRON"}),
        ),
    ),
    transitions=(closing(NOON - timedelta(hours=3)),),
    events=(NetworkEvent("TRON", NOON - timedelta(hours=3), ("gate", "kraken", "kucoin")),),
    fault=SourceFault.BLOCKED,
    detail="HTTP 451",
    silent_polls=3,
    part_faults=(("status page", SourceFault.TIMEOUT),),
)


async def test_everything_that_is_known_comes_back_as_it_was(store: Store) -> None:
    assert await store.withdrawals.all() == {}
    await store.withdrawals.save([EVERYTHING, known("gate")], {})
    assert await store.withdrawals.all() == {"kraken": EVERYTHING, "gate": known("gate")}

    newer = known("gate", network("BTC", "BITCOIN"), at=NOON + timedelta(minutes=5))
    await store.withdrawals.save([newer], {})
    assert await store.withdrawals.all() == {"kraken": EVERYTHING, "gate": newer}


async def test_what_an_exchange_says_once_more_is_confirmed_at_that_time(store: Store) -> None:
    vanished = network("USDC", "SOLANA", WithdrawalState.UNKNOWN, at=NOON - timedelta(days=2))
    told = known("gate", network("BTC", "BITCOIN"), vanished)
    await store.withdrawals.save([told, EVERYTHING], {})
    later = NOON + timedelta(minutes=5)
    assert await store.withdrawals.confirm({"gate": later}) == set()
    confirmed = known("gate", network("BTC", "BITCOIN", at=later), vanished, at=later)
    assert await store.withdrawals.all() == {"gate": replace(confirmed, polled_at=later), "kraken": EVERYTHING}

    newest = known("gate", at=later + timedelta(minutes=5))
    await store.withdrawals.save([newest], {})
    await store.withdrawals.confirm({"gate": NOON})  # of a worker that was late
    assert await store.withdrawals.all() == {"gate": newest, "kraken": EVERYTHING}


async def test_what_is_confirmed_and_not_kept_is_told(store: Store) -> None:
    await store.withdrawals.save([EVERYTHING], {})
    assert await store.withdrawals.confirm({"gate": NOON, "kraken": NOON}) == {"gate"}
    assert await store.withdrawals.all() == {"kraken": EVERYTHING}


async def test_transitions_are_found_from_a_time_on_oldest_first_and_by_exchange(store: Store) -> None:
    days = [NOON - timedelta(days=number) for number in (40, 20, 10)]
    await store.withdrawals.save(
        [known("gate"), known("htx")],
        {"gate": [closing(days[1]), opening(days[2]), closing(days[0])], "htx": [closing(NOON, "BTC", "BITCOIN")]},
    )
    assert await store.withdrawals.transitions("gate", since=NOON - timedelta(days=90)) == [
        closing(days[0]),
        closing(days[1]),
        opening(days[2]),
    ]
    assert await store.withdrawals.transitions("gate", since=days[1]) == [closing(days[1]), opening(days[2])]
    assert await store.withdrawals.transitions("htx", since=NOON) == [closing(NOON, "BTC", "BITCOIN")]
    assert await store.withdrawals.transitions("okx", since=days[0]) == []


async def test_two_networks_that_close_at_one_time_are_two_transitions_and_a_repeated_one_is_one(store: Store) -> None:
    both = [closing(NOON, "USDT", "ETHEREUM"), closing(NOON, "USDT", "TRON")]
    for _ in range(2):  # as where the reply of the first call was lost
        await store.withdrawals.save([known("gate")], {"gate": both})
    assert await store.withdrawals.transitions("gate", since=NOON) == both


async def test_transitions_older_than_400_days_by_the_stores_time_are_forgotten(
    store: Store, clock: StillClock
) -> None:
    edge = clock.now() - TRANSITIONS_SPAN
    old, kept = closing(edge - timedelta.resolution), closing(edge)
    await store.withdrawals.save([known("gate")], {"gate": [old, kept]})
    assert await store.withdrawals.transitions("gate", since=NOON - timedelta(days=999)) == [kept]

    clock.advance(timedelta(minutes=5))
    newest = opening(clock.now())
    await store.withdrawals.save([known("gate")], {"gate": [newest]})
    assert await store.withdrawals.transitions("gate", since=NOON - timedelta(days=999)) == [newest]


async def test_without_a_simulation_the_servers_own_clock_tells_what_is_too_old(server: Server) -> None:
    store = await open_store(server.url)
    try:
        old, recent = (closing(datetime.now(UTC) - timedelta(days=days)) for days in (401, 399))
        await store.withdrawals.save([known("gate")], {"gate": [old, recent]})
        assert await store.withdrawals.transitions("gate", since=old.at) == [recent]
    finally:
        await store.close()


async def test_of_an_exchange_that_flaps_all_the_time_the_newest_transitions_are_kept(store: Store) -> None:
    start = NOON - timedelta(days=1)
    flapping = [
        (closing if number % 2 else opening)(start + number * timedelta(seconds=10))
        for number in range(TRANSITIONS_MAX + 100)
    ]
    await store.withdrawals.save([known("gate")], {"gate": flapping})
    assert await store.withdrawals.transitions("gate", since=start) == flapping[100:]


@pytest.mark.parametrize("damaged", [b'{"exchange":"ga', b"[]", b"\xff", b'{"exchange":"gate","networks":[{}]}'])
async def test_what_cannot_be_read_is_set_aside_and_hides_no_other(store: Store, damaged: bytes) -> None:
    await store.withdrawals.save([known("gate"), EVERYTHING], {"gate": [closing(NOON)]})
    await store.database.command("HSET", keys.WITHDRAWALS.key(), "gate", damaged)
    score = int(NOON.timestamp()) * 1_000_000 + 1
    await store.database.command("ZADD", keys.WITHDRAWAL_TRANSITIONS.key("gate"), score, damaged)

    with capture_logs() as logs:
        for _ in range(2):
            assert await store.withdrawals.all() == {"kraken": EVERYTHING}
            assert await store.withdrawals.transitions("gate", since=NOON) == [closing(NOON)]
    assert [(log["key"], log["field"]) for log in logs] == [
        (keys.WITHDRAWALS.key(), "gate"),
        (keys.WITHDRAWAL_TRANSITIONS.key("gate"), str(score)),
    ]
    assert len(store.unreadable) == 2
    await store.withdrawals.save([known("gate")], {})
    assert await store.withdrawals.all() == {"kraken": EVERYTHING, "gate": known("gate")}


async def test_a_field_of_a_later_version_is_passed_over(store: Store) -> None:
    body = b'{"exchange":"gate","source":"Gate","colour":"red"}'
    await store.database.command("HSET", keys.WITHDRAWALS.key(), "gate", body)
    assert await store.withdrawals.all() == {"gate": ExchangeWithdrawals("gate", "Gate")}


async def test_nothing_to_save_asks_nothing_of_the_store(store: Store) -> None:
    await store.withdrawals.save([], {})
    assert not await store.withdrawals.confirm({})
    assert await store.withdrawals.all() == {}
