"""What an exchange would tell about itself at one time, whichever of its interfaces is asked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.domain.withdrawal_reading import Maintenance, SystemState, WithdrawalFlag


@dataclass(frozen=True, slots=True)
class ExchangeCondition:
    """Its networks, its system as a whole, and the maintenance that it has announced or is doing."""

    flags: Sequence[WithdrawalFlag] = ()
    system: SystemState = SystemState.NORMAL
    maintenance: Sequence[Maintenance] = ()


ConditionOfExchange = Callable[[str], ExchangeCondition | None]
"""Returns the condition of an exchange now, by its id; None for an exchange that is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusTwin:
    """One address of an exchange that tells how it is; `setting` is the setting that leads to it (`okx_url`)."""

    exchange: str
    setting: str
    path: str
    write: Callable[[ExchangeCondition], object]


def milliseconds_of(entry: Maintenance) -> tuple[str, str]:
    """Return begin and end as exchanges write them: "1621328400000", "" where it is not known."""
    begin, end = (str(int(at.timestamp()) * 1000) if at else "" for at in (entry.begins_at, entry.ends_at))
    return begin, end
