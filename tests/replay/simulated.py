"""Every episode as it was lived through by the backtest's trial, once a session, and what came of it."""

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
    """What was told of an episode, the incidents there were, and how many exchange-years were looked at."""

    alerts: tuple[SimulatedAlert, ...]
    incidents: tuple[Incident, ...]
    years: float

    def of(self, exchange: str) -> list[SimulatedAlert]:
        """Return what was told of an exchange's incidents; what is only held belongs to none."""
        return [alert for alert in self.alerts if alert.exchange == exchange and alert.incident]

    def reached(self, least: Severity) -> int:
        """Return how many incidents were ever this severe."""
        return sum(rank(incident.peak) >= least.rank for incident in self.incidents)


@cache
def simulated(name: str, *, hourly: bool) -> SimulatedEpisode:
    """Return an episode lived through, read once a day or once an hour."""
    known = read_bodies.pasts(name)
    simulation = Simulation(
        [past.exchange for past in known.values()],
        withdrawal_changes={exchange: past.withdrawal_changes for exchange, past in known.items()},
    )
    read = {exchange: read_bodies.readings(name, exchange, hourly=hourly) for exchange in known}
    told = [alert for some in rounds(read.values()) for alert in simulation.run_round(some)]
    years = exchange_years({exchange: (some[0].as_of, some[-1].as_of) for exchange, some in read.items()})
    return SimulatedEpisode(tuple(told), tuple(simulation.incidents()), years)
