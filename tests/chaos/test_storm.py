"""The whole suite at once, with one seed; `make chaos` runs it with any."""

from tests.chaos.storm import StormOptions, run

SEED = 2022


async def test_twenty_thousand_deliveries_survive_the_death_of_workers_and_of_the_store() -> None:
    outcome = await run(StormOptions(SEED))
    assert outcome.broken() == []
    assert outcome.verdict.made >= 20_000
    assert outcome.worker_kills >= 10
    assert outcome.store_kills >= 3
