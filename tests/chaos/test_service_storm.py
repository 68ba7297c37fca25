"""A small storm over the whole service, with one seed; `make chaos` runs a large one with any."""

from bot.domain.worker import Role
from tests.chaos.service_storm import ServiceStormOptions, run

SEED = 17


async def test_an_outflow_is_told_once_and_what_made_the_bot_deaf_is_said() -> None:
    faults = ("the store refuses",)
    roles = (Role.ALL, Role.COURIER)
    outcome = await run(ServiceStormOptions(SEED, outflows=1, faults=faults, roles=roles, losses=1))
    assert outcome.broken() == []
    assert outcome.said == len(faults)
    assert outcome.verdict.told
    assert outcome.killed
