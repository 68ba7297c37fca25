"""Whatever a source told before: after two bodies that agree the past is that of a new installation fed with those two.

Worlds are drawn from seeds. Each body tells one of three versions of twelve days and leaves some of them out. Amounts
are small numbers, so that readings often repeat the one before, which a store leaves out.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from bot.domain.reading import Holding, Reading, Slot
from bot.monitoring.poll import SourcePoller
from bot.storage.store import Store
from tests.builders import BINANCE, DAY, HOUR, OKX, listing
from tests.fakes.memory import Tally
from tests.monitoring.test_poll import Upstream
from tests.storage.conftest import StillClock

FIRST_DAY = datetime(2026, 3, 1, tzinfo=UTC)
DAYS, BODIES, EVERY = 12, 9, 5 * HOUR
SEEDS = range(30)
SLOT = Slot("Bitcoin", "BTC")


@dataclass
class ToldPast:
    """Three versions of the amounts of each day, and the readings of what was newest at each body."""

    random: Random
    versions: list[list[int]] = field(init=False)

    def __post_init__(self) -> None:
        right = [self.random.randint(1, 3) for _ in range(DAYS)]
        changed = [[amount + self.random.choice((0, 0, 5)) for amount in right] for _ in range(2)]
        self.versions = [right, *changed]

    def body(self, now: datetime, newest: int, version: int, *, omitted: float) -> list[Reading]:
        days = [
            reading(FIRST_DAY + day * DAY, amount, now)
            for day, amount in enumerate(self.versions[version])
            if FIRST_DAY + day * DAY < now and self.random.random() >= omitted
        ]
        return [*days, reading(now - timedelta(minutes=9), newest, now)]


def reading(as_of: datetime, amount: int, fetched_at: datetime, exchange: str = "binance") -> Reading:
    return Reading(exchange, "defillama", as_of, fetched_at, {SLOT: Holding(float(amount), amount * 20_000.0)})


def poller_on(store: Store, upstream: Upstream, clock: StillClock) -> SourcePoller:
    async def ignore(*_: object) -> None:
        return

    async def judge(*_: object) -> dict[str, Exception]:
        return {}

    return SourcePoller(
        upstream,
        readings=store.readings,
        revisions=store.revisions,
        incidents=store.incidents,
        subscriptions=store.subscriptions,
        clock=clock,
        meter=Tally(),
        detail_interval=timedelta(minutes=1),
        only=frozenset(),
        on_listings=lambda _: None,
        on_stored=ignore,
        on_batch=judge,
        on_blind=lambda *_: None,
        on_health=ignore,
    )


async def amounts_at(store: Store, exchange: str, moments: list[datetime]) -> list[float | None]:
    found = [await store.readings.newest_before(exchange, moment) for moment in moments]
    return [past.holdings[SLOT].amount if past else None for past in found]


@pytest.mark.parametrize("seed", SEEDS)
async def test_after_two_bodies_that_agree_the_past_is_that_of_a_new_installation(
    store: Store, clock: StillClock, seed: int
) -> None:
    random = Random(seed)  # noqa: S311 — not for secrets
    told = ToldPast(random)
    upstream = Upstream(rows=[listing(BINANCE, at=FIRST_DAY)])
    poller = poller_on(store, upstream, clock)
    clock.time = FIRST_DAY + DAYS * DAY - BODIES * EVERY
    for number in range(BODIES):
        is_last_two = number >= BODIES - 2
        version = 0 if is_last_two else random.randrange(3)
        body = told.body(clock.time, random.randint(1, 3), version, omitted=0.0 if is_last_two else 0.2)
        upstream.stored["binance"] = body
        if is_last_two:  # a new installation, under another name
            upstream.rows = [listing(BINANCE, at=FIRST_DAY), listing(OKX, at=FIRST_DAY)]
            upstream.stored["okx"] = [replace(point, exchange="okx") for point in body]
        await poller.poll()
        await poller.poll_details()
        clock.advance(EVERY)

    moments = [point.as_of for point in upstream.stored["binance"]]
    assert await amounts_at(store, "binance", moments) == await amounts_at(store, "okx", moments)
    assert await store.revisions.proposed("binance") == {}
