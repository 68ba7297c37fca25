"""Every episode as the backtest simulates it, once a session: what would have been announced, and the incidents."""

from dataclasses import dataclass
from functools import cache

from bot.backtest.reading_rounds import rounds
from bot.backtest.scores import exchange_years
from bot.backtest.simulation import SimulatedAlert, Simulation
from bot.domain.incident import Incident
from bot.domain.severity import Severity, rank
from bot.domain.signal import Rule
from tests.replay import read_bodies


@dataclass(frozen=True, slots=True)
class SimulatedEpisode:
    """What was announced of an episode, the incidents there were, and how many exchange-years were judged.

    `notices` are the data notices, apart from everything else.
    """

    alerts: tuple[SimulatedAlert, ...]
    notices: tuple[SimulatedAlert, ...]
    incidents: tuple[Incident, ...]
    years: float

    def of(self, exchange: str) -> list[SimulatedAlert]:
        """Return what was announced of an exchange's incidents; what is only held belongs to none."""
        return [alert for alert in self.alerts if alert.exchange == exchange and alert.incident]

    def reached(self, least: Severity) -> int:
        """Return how many incidents were ever this severe."""
        return sum(rank(incident.peak) >= least.rank for incident in self.incidents)


@cache
def simulated(name: str, *, hourly: bool) -> SimulatedEpisode:
    """Return an episode simulated to its end, read once a day or once an hour."""
    histories = read_bodies.histories(name)
    simulation = Simulation(
        [history.exchange for history in histories.values()],
        withdrawal_changes={exchange: history.withdrawal_changes for exchange, history in histories.items()},
    )
    readings = {exchange: read_bodies.readings(name, exchange, hourly=hourly) for exchange in histories}
    alerts = [alert for judged in rounds(readings.values()) for alert in simulation.run_round(judged)]
    notices = tuple(alert for alert in alerts if alert.incident and alert.incident.rule == Rule.DATA)
    others = tuple(alert for alert in alerts if not (alert.incident and alert.incident.rule == Rule.DATA))
    years = exchange_years({exchange: (series[0].as_of, series[-1].as_of) for exchange, series in readings.items()})
    return SimulatedEpisode(others, notices, tuple(simulation.incidents()), years)
