"""Every episode as the backtest's simulation runs through it, once a session, and what came of it."""

from dataclasses import dataclass
from functools import cache

from bot.backtest.rounds import rounds
from bot.backtest.scores import exchange_years
from bot.backtest.simulation import SimulatedAlert, Simulation
from bot.domain.incident import Incident
from bot.domain.severity import Severity, rank
from tests.replay import read_bodies


@dataclass(frozen=True, slots=True)
class SimulatedEpisode:
    """The alerts of an episode, its incidents, and how many exchange-years were judged."""

    alerts: tuple[SimulatedAlert, ...]
    incidents: tuple[Incident, ...]
    years: float

    def of(self, exchange: str) -> list[SimulatedAlert]:
        """Return the alerts of an exchange's incidents; what is only held belongs to none."""
        return [alert for alert in self.alerts if alert.exchange == exchange and alert.incident]

    def reached(self, least: Severity) -> int:
        """Return how many incidents were ever this severe."""
        return sum(rank(incident.peak) >= least.rank for incident in self.incidents)


@cache
def simulated(name: str, *, hourly: bool) -> SimulatedEpisode:
    """Return an episode simulated, read once a day or once an hour."""
    histories = read_bodies.pasts(name)
    simulation = Simulation(
        [history.exchange for history in histories.values()],
        withdrawal_changes={exchange: history.withdrawal_changes for exchange, history in histories.items()},
    )
    read_of = {exchange: read_bodies.readings(name, exchange, hourly=hourly) for exchange in histories}
    announced = [alert for round_readings in rounds(read_of.values()) for alert in simulation.run_round(round_readings)]
    years = exchange_years(
        {exchange: (readings[0].as_of, readings[-1].as_of) for exchange, readings in read_of.items()}
    )
    return SimulatedEpisode(tuple(announced), tuple(simulation.incidents()), years)
