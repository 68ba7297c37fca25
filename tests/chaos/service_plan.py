"""What happens in a storm over the whole service, and at which hours, drawn from its seed.

Each exchange has at most one outflow, so that its end is not hidden by another one in the window of seven days. The
faults follow each other with some hours in between, and never last for so long that an outflow could pass unseen: a day
of the simulation.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from tests.chaos.service_faults import FAULTS

_FIRST_HOUR = 4
_LEAST_PAUSE, _LONGEST_PAUSE = 6, 8  # hours between two faults
# Elevated begins at 3 % in a day, or 6 % in a week, and ends at 0.6 of both: of what does not come back less than 3.6 %
# may have left.
_RETURNING_SHARES, _LASTING_SHARES = (0.038, 0.055), (0.0325, 0.0345)
_RETURNS_AFTER = (10, 16)  # hours
_ASLEEP_S = (2.0, 14.0)  # a lease lasts for 8 s, a claim of deliveries for 10 s


@dataclass(frozen=True, slots=True)
class PlannedOutflow:
    """`share` of an exchange's reserves leaves at an hour, and comes back at `returns_at` (None: it does not)."""

    exchange: str
    hour: int
    share: float
    returns_at: int | None


@dataclass(frozen=True, slots=True)
class PlannedFault:
    """A fault, by its name in FAULTS, and the hour at which it begins."""

    name: str
    hour: int

    @property
    def end(self) -> int:
        """Return the hour before which it does not end."""
        return self.hour + FAULTS[self.name].hours


@dataclass(frozen=True, slots=True)
class PlannedLoss:
    """A worker is killed at an hour, or stands still for so many real seconds (None: it is killed)."""

    hour: int
    asleep_s: float | None


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that happens."""

    outflows: Sequence[PlannedOutflow]
    faults: Sequence[PlannedFault]
    losses: Sequence[PlannedLoss]


def planned(chance: Random, exchanges: Sequence[str], *, outflows: int, faults: Sequence[str], losses: int) -> Plan:
    """Draw a storm with so many outflows, these faults, in any order, and so many losses of a worker."""
    planned_faults = list(_faults(chance, faults))
    last_hour = max(fault.end for fault in planned_faults)
    return Plan(
        list(_outflows(chance, exchanges, outflows, last_hour)),
        planned_faults,
        [
            PlannedLoss(hour, asleep_s=chance.choice((None, None, chance.uniform(*_ASLEEP_S))))
            for hour in sorted(chance.choices(range(2, last_hour), k=losses))
        ],
    )


def _faults(chance: Random, names: Sequence[str]) -> Iterator[PlannedFault]:
    hour = _FIRST_HOUR
    for name in chance.sample(names, len(names)):
        fault = PlannedFault(name, hour)
        yield fault
        hour = fault.end + chance.randint(_LEAST_PAUSE, _LONGEST_PAUSE)


def _outflows(chance: Random, exchanges: Sequence[str], number: int, last_hour: int) -> Iterator[PlannedOutflow]:
    """Yield outflows at hours of their own: two in one hour would be the source's doing, until the next reading."""
    hours = sorted(chance.sample(range(2, max(last_hour, 3 * number), 2), number))
    for exchange, hour in zip(chance.sample(exchanges, number), hours, strict=True):
        returns = chance.random() < 0.6
        yield PlannedOutflow(
            exchange,
            hour,
            round(chance.uniform(*(_RETURNING_SHARES if returns else _LASTING_SHARES)), 4),
            returns_at=hour + chance.randint(*_RETURNS_AFTER) if returns else None,
        )
