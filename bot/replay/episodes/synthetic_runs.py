"""Invented outflows: those that must be announced, and one that is too small (`SLOW_SMALL`)."""

from bot.domain.reading import Slot
from bot.replay.episode import OutflowRun, RunLeg
from bot.replay.episodes.synthetic import on, synthetic_episode
from bot.replay.faults import Measure, WalletJump

WITHHELD = synthetic_episode(
    "guard-withheld",
    "A plain outflow, for an operator's hold",
    days=12,
    seed=301,
    runs=(OutflowRun("borvik", (RunLeg(on(4), -0.05), RunLeg(on(6), -0.004), RunLeg(on(9), 0.03)), since=on(3)),),
    about="borvik",
)

HELD_THEN_RUN = synthetic_episode(
    "held-then-run",
    "A step in the wallets, and then a run",
    days=14,
    seed=302,
    jumps=(WalletJump("borvik", on(3, 10), Slot("Tron", "USDT"), -0.40, Measure.PART),),
    runs=(
        OutflowRun(
            "borvik",
            (RunLeg(on(5), -0.06), RunLeg(on(6), -0.008), RunLeg(on(8), 0.01), RunLeg(on(11), 0.03)),
            since=on(4),
        ),
    ),
    about="borvik",
)


def _stress(exchange: str, first: int) -> OutflowRun:
    """Return a day in which 4.4 % leave, and some slow days after it."""
    return OutflowRun(
        exchange, (RunLeg(on(first + 1), -0.044), RunLeg(on(first + 3), -0.004), RunLeg(on(9), 0.03)), since=on(first)
    )


MARKET_WIDE = synthetic_episode(
    "market-wide",
    "Four large exchanges within two days",
    days=14,
    seed=303,
    runs=(_stress("aurelia", 3), _stress("borvik", 3), _stress("corvane", 4), _stress("eastmere", 4)),
    about="aurelia",
)

_UNEVEN = (-0.0070, -0.0058, -0.0079, -0.0064, -0.0075, -0.0069, -0.0075)

BLEED = synthetic_episode(
    "bleed",
    "Thirty days, each with a little outflow",
    days=36,
    seed=304,
    runs=(
        OutflowRun(
            "corvane",
            (*(RunLeg(on(3 + number), _UNEVEN[number % 7]) for number in range(30)), RunLeg(on(36), 0.01)),
            since=on(2),
        ),
    ),
    about="corvane",
)

SLOW_SMALL = synthetic_episode(
    "slow-small",
    "Four percent of a very small exchange",
    days=10,
    seed=305,
    runs=(OutflowRun("gullane", (RunLeg(on(4), -0.04), RunLeg(on(8), 0.02)), since=on(3)),),
    about="gullane",
)

STAGED_RUNS = (WITHHELD, HELD_THEN_RUN, MARKET_WIDE, BLEED, SLOW_SMALL)
