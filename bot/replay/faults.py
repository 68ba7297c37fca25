"""Changes that an upstream shows although no customer moved anything: wallet moves, and faults of its own.

Each exists to prove a guard. Example: `ObservationFault("aurelia", SHRUNK, 0:00, 1:00, factor=0.95)` shows every amount
of Aurelia at 95 % for one hour, which looks like an outflow of 5 %.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.reading import Slot


class Measure(StrEnum):
    """The unit of a jump's change."""

    UNITS = "units of the asset"
    USD = "USD at the price of the moment"
    PART = "part of the amount itself"


@dataclass(frozen=True, slots=True)
class WalletJump:
    """One amount changes in one step and stays so, first seen by the upstream's run after `at`.

    `change` is in `measure`, positive = more. The slot may be new. `exchange` is our id.
    """

    exchange: str
    at: datetime
    slot: Slot
    change: float
    measure: Measure


class FaultKind(StrEnum):
    """How the upstream's view of an exchange can be wrong for a while."""

    CHAIN_ABSENT = "a chain is not in the record"
    CHAIN_NULL = "a chain is not in the record and its sections are null in the body"
    PRICE_ODD = "an asset is valued at a multiple of its price"
    SHRUNK = "every amount, or those on one chain, are shown at a fraction of themselves"
    REPEATED = "every record repeats the one before"
    NO_RECORD = "the adapter fails: no record is written"
    UNLISTED = "no record is written, and the list leaves the exchange out"
    INFLOW_CLAIMED = "the list's own 24 h inflow is this share of reserves, whatever the amounts say"


@dataclass(frozen=True, slots=True)
class ObservationFault:
    """One fault at one exchange, for the upstream's runs from `since` until before `until`.

    `target` names the chain or the asset where the kind needs one; `factor` is the multiple, the fraction or the share.
    """

    exchange: str
    kind: FaultKind
    since: datetime
    until: datetime
    target: str = ""
    factor: float = 1.0
