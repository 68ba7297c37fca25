"""Several exchanges in one hour (invariant 8): one source that moves two or more at once is not believed at once."""

from hypothesis import given
from hypothesis import strategies as st

from bot.backtest.simulation import SimulatedAlert, Simulation
from bot.detection.engine import rounds
from bot.domain.exchange import Exchange
from bot.domain.severity import Severity
from tests.detection.invariants.engine_runs import is_about_flow
from tests.detection.invariants.source_events import WalletsChanged
from tests.detection.invariants.world_strategies import EXAMPLES
from tests.detection.invariants.worlds import PAST, SLOTS, Outflow, World

BEGIN = 3
EXCHANGES = tuple(Exchange(name, name.upper(), name) for name in "abcdef")

sizes = st.sampled_from((0.04, 0.09, 0.15, 0.3, 0.6))
uneven = st.permutations((1.0, 0.6, 1.3, 0.8, 1.2, 0.9)).map(tuple)
one_step = st.tuples(sizes, uneven)


def market_of(steps: list[tuple[float, tuple[float, ...]]], *, others: int, after: int) -> list[World]:
    """Return exchanges of which some lose a part in the same round, and others that go on as they were."""
    hours = (*PAST, *(1.0,) * (BEGIN + after))
    outflows = [(Outflow(part, len(PAST) + BEGIN, 1, unevenness),) for part, unevenness in steps]
    return [
        World(hours, outflows=outflow, seed=number, exchange=EXCHANGES[number].id)
        for number, outflow in enumerate([*outflows, *[()] * others])
    ]


def alerts_of(market: list[World]) -> list[SimulatedAlert]:
    simulation = Simulation(EXCHANGES)
    readings = [reading for world in market for reading in world.readings]
    return [
        alert
        for round_readings in rounds(readings)
        for alert in simulation.run_round(round_readings)
        if is_about_flow(alert)
    ]


@EXAMPLES
@given(st.lists(one_step, min_size=2, max_size=4), st.integers(0, 2))
def test_no_severe_is_confirmed_in_the_round_in_which_several_moved(
    steps: list[tuple[float, tuple[float, ...]]], others: int
) -> None:
    market = market_of(steps, others=others, after=0)
    at = market[0].times[len(PAST) + BEGIN]

    confirmed = [
        alert
        for alert in alerts_of(market)
        if alert.at == at
        and alert.incident
        and alert.incident.confirmed
        and alert.incident.severity.rank >= Severity.SEVERE.rank
    ]

    assert confirmed == []


@EXAMPLES
@given(st.lists(one_step, min_size=2, max_size=4), st.integers(0, 2), st.integers(1, 3))
def test_what_several_lost_and_have_back_ends_without_an_open_incident(
    steps: list[tuple[float, tuple[float, ...]]], others: int, away: int
) -> None:
    """Two or more exchanges are told too low for some readings: a broken count."""
    market = [
        World(
            (*PAST, *(1.0,) * (BEGIN + 2 + away)),
            tuple(
                WalletsChanged(slot, ((len(PAST) + BEGIN, -part * weight), (len(PAST) + BEGIN + away, part * weight)))
                for slot, weight in zip(SLOTS, unevenness, strict=True)
            ),
            seed=number,
            exchange=EXCHANGES[number].id,
        )
        for number, (part, unevenness) in enumerate(steps)
    ]
    opened = [alert for alert in alerts_of(market) if alert.incident and alert.at == market[0].times[len(PAST) + BEGIN]]
    assert all(not alert.incident.confirmed for alert in opened if alert.incident)
