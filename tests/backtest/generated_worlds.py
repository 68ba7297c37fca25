"""Worlds to state properties of the whole engine with: an exchange's quiet weeks, and drawn moves after them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import NamedTuple

from hypothesis import strategies as st

from bot.backtest.simulation import SimulatedAlert, Simulation
from bot.domain.exchange import Exchange
from bot.domain.incident import Ending, StepReason
from bot.domain.reading import Reading
from bot.domain.severity import Severity
from bot.domain.signal import Rule
from tests.builders import BINANCE, DAY, HOUR, NOON
from tests.detection.quiet_past import PRICES, WORTH, book

_QUIET = 20
_OWN = "Binance/BNB"
SLOTS = tuple(WORTH)
ASSETS = tuple(PRICES)


@dataclass(frozen=True)
class DrawnMove:
    """What is so at one more reading: the hours since the one before, and the part of each slot that left meanwhile.

    `swapped` is the part of the USDT that became USDC. Nothing ever moves by 30 % of itself in one step, so no step is
    suspected to be a change of wallets.
    """

    hours: int
    left: tuple[float, ...]
    swapped: float = 0.0


def drawn_moves(
    *shares: float, hours: Sequence[int] = (1, 2, 6, 13, 24), swapped: float = 0.0
) -> st.SearchStrategy[DrawnMove]:
    """Draw moves in which one of these shares leaves, unevenly, and between half of `swapped` and all of it is.

    Shares that are no round figures keep windows off their thresholds, where rounding would decide; none is 0, as a
    reading that repeats the one before is none. What is no own token never moves all alike, which would be the source.
    """
    parts = st.lists(st.sampled_from((0.5, 1.0, 1.7)), min_size=len(SLOTS), max_size=len(SLOTS))
    uneven = parts.filter(
        lambda drawn: len({part for slot, part in zip(SLOTS, drawn, strict=True) if slot != _OWN}) > 1
    )
    left = st.builds(lambda share, parts: tuple(share * part for part in parts), st.sampled_from(shares), uneven)
    return st.builds(DrawnMove, st.sampled_from(hours), left, st.floats(swapped / 2, swapped))


any_move = drawn_moves(-0.0031, 0.0001, 0.0007, 0.0057, 0.0113, 0.0173, 0.0411, 0.0927)
worlds = st.lists(any_move, min_size=1, max_size=12)


def quiet_weeks(exchange: Exchange = BINANCE) -> list[Reading]:
    """Return days that end a day before noon, on which 0.1 % moved in turn."""
    return [
        book(NOON - day * DAY, dict.fromkeys(SLOTS, 1 + 0.001 * (day % 2)), exchange=exchange.id)
        for day in range(_QUIET, 0, -1)
    ]


def times(world: Sequence[DrawnMove]) -> list[datetime]:
    """Return when the moves are read."""
    return [NOON + hours * HOUR for hours in accumulate(move.hours for move in world)]


def holdings(world: Iterable[DrawnMove]) -> list[Mapping[str, float]]:
    """Return which part of what is usual every slot holds after each move."""
    parts = dict.fromkeys(SLOTS, 1.0)
    parts_held: list[Mapping[str, float]] = []
    for move in world:
        parts = {slot: part * (1 - left) for (slot, part), left in zip(parts.items(), move.left, strict=True)}
        moved = move.swapped * parts["Tron/USDT"]
        parts["Tron/USDT"] -= moved
        parts["Ethereum/USDC"] += moved * WORTH["Tron/USDT"] / WORTH["Ethereum/USDC"]
        parts_held.append(dict(parts))
    return parts_held


def readings(world: Sequence[DrawnMove], exchange: Exchange = BINANCE) -> list[Reading]:
    """Return the quiet weeks and a reading after every move."""
    moves_read = zip(times(world), holdings(world), strict=True)
    return [*quiet_weeks(exchange), *(book(at, parts, exchange=exchange.id) for at, parts in moves_read)]


class Decision(NamedTuple):
    """What is announced, without its figures."""

    at: datetime
    exchange: str
    reason: StepReason
    severity: Severity | None
    ending: Ending | None


def decisions(alerts: Iterable[SimulatedAlert]) -> list[Decision]:
    """Return what was decided, in an order that does not hang on who was read first within a round."""
    return sorted(map(_decision, alerts), key=str)


def _decision(alert: SimulatedAlert) -> Decision:
    incident = alert.incident
    severity, ending = (incident.severity, incident.ending) if incident else (None, None)
    return Decision(alert.at, alert.exchange, alert.reason, severity, ending)


def decisions_about(past: Iterable[Reading], exchange: Exchange = BINANCE) -> list[Decision]:
    """Return what is decided about an exchange that is alone in the world."""
    simulation = Simulation([exchange])
    return decisions(alert for reading in past for alert in simulation.run_round([reading]))


def outflow_decisions_about(past: Iterable[Reading], exchange: Exchange = BINANCE) -> list[Decision]:
    """Return the same without data notices: that a part has been missing for hours is said, and is no outflow."""
    simulation = Simulation([exchange])
    alerts = (alert for reading in past for alert in simulation.run_round([reading]))
    return decisions(alert for alert in alerts if alert.incident is None or alert.incident.rule != Rule.DATA)
