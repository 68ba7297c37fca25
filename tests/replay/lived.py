"""Every episode as it was lived through by the backtest's trial, once a session, and what came of it."""

from dataclasses import dataclass
from functools import cache

from bot.domain.incident import Incident
from bot.domain.severity import Severity, rank
from bot.hindsight.rounds import rounds
from bot.hindsight.scores import exchange_years
from bot.hindsight.trial import Telling, Trial
from tests.replay import shown


@dataclass(frozen=True, slots=True)
class Lived:
    """What was told of an episode, the incidents there were, and how many exchange-years were looked at."""

    tellings: tuple[Telling, ...]
    incidents: tuple[Incident, ...]
    years: float

    def of(self, exchange: str) -> list[Telling]:
        """Return what was told of an exchange's incidents; what is only held belongs to none."""
        return [one for one in self.tellings if one.exchange == exchange and one.incident]

    def reached(self, least: Severity) -> int:
        """Return how many incidents were ever this severe."""
        return sum(rank(one.peak) >= least.rank for one in self.incidents)


@cache
def lived(name: str, *, hourly: bool) -> Lived:
    """Return an episode lived through, read once a day or once an hour."""
    known = shown.pasts(name)
    trial = Trial(
        [past.exchange for past in known.values()], gates={exchange: past.gates for exchange, past in known.items()}
    )
    read = {exchange: shown.readings(name, exchange, hourly=hourly) for exchange in known}
    told = [one for some in rounds(read.values()) for one in trial.take(some)]
    years = exchange_years({exchange: (some[0].as_of, some[-1].as_of) for exchange, some in read.items()})
    return Lived(tuple(told), tuple(trial.incidents()), years)
