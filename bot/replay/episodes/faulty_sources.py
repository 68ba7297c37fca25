"""Invented episodes in which no customer leaves and the upstream shows wrong figures: one for each guard."""

from bot.replay.episode import OutflowRun, RunLeg
from bot.replay.episodes.synthetic import on, synthetic_episode
from bot.replay.faults import FaultKind, ObservationFault

CHAIN_MISSING = synthetic_episode(
    "guard-chain-missing",
    "Tron is not in the records",
    days=10,
    seed=101,
    faults=(
        ObservationFault("aurelia", FaultKind.CHAIN_ABSENT, on(2, 18, 30), on(3, 3, 30), target="Tron"),
        ObservationFault("aurelia", FaultKind.CHAIN_NULL, on(5, 6), on(6, 6), target="Tron"),
    ),
    about="aurelia",
)

STALE = synthetic_episode(
    "guard-stale",
    "The adapter stands still",
    days=14,
    seed=102,
    faults=(
        ObservationFault("borvik", FaultKind.NO_RECORD, on(1, 6), on(2, 2)),
        ObservationFault("borvik", FaultKind.NO_RECORD, on(3, 23), on(6, 4)),
        ObservationFault("borvik", FaultKind.REPEATED, on(8, 12), on(10, 12)),
    ),
    about="borvik",
)

GAP = synthetic_episode(
    "guard-gap",
    "Three days are missing",
    days=12,
    seed=103,
    runs=(
        OutflowRun("corvane", (RunLeg(on(3), -0.0125), RunLeg(on(4), -0.0130), RunLeg(on(5), -0.0125)), since=on(2)),
    ),
    faults=(ObservationFault("corvane", FaultKind.NO_RECORD, on(2, 1), on(5, 1)),),
    about="corvane",
)

_LOSING, _VANISHING = ("aurelia", "corvane", "eastmere"), ("borvik", "dunmere", "fenwick")

SOURCE_GLITCH = synthetic_episode(
    "guard-source-glitch",
    "Three of seven lose a twentieth within the same hour",
    days=9,
    seed=104,
    faults=(
        *(ObservationFault(exchange_id, FaultKind.SHRUNK, on(3), on(3, 1), factor=0.95) for exchange_id in _LOSING),
        *(ObservationFault(exchange_id, FaultKind.UNLISTED, on(6), on(6, 1)) for exchange_id in _VANISHING),
    ),
    about="aurelia",
)

DISAGREE = synthetic_episode(
    "guard-disagree",
    "The list and the amounts say two things",
    days=9,
    seed=105,
    faults=(
        ObservationFault("borvik", FaultKind.SHRUNK, on(3, 9), on(5, 1), factor=0.965),
        ObservationFault("borvik", FaultKind.INFLOW_CLAIMED, on(3, 9), on(6, 1), factor=0.002),
    ),
    about="borvik",
)

PRICE_ODD = synthetic_episode(
    "guard-price-odd",
    "One asset is dear at one exchange only",
    days=10,
    seed=106,
    runs=(
        OutflowRun("dunmere", (RunLeg(on(3), -0.0015), RunLeg(on(4), -0.0045)), {"DOT": 0.95}, since=on(2, 12)),
        OutflowRun("eastmere", (RunLeg(on(7), -0.0050),), {"DOT": 0.95}, since=on(6)),
    ),
    faults=(
        ObservationFault("dunmere", FaultKind.PRICE_ODD, on(2, 23), on(3, 1), target="DOT", factor=10.0),
        ObservationFault("eastmere", FaultKind.PRICE_ODD, on(5, 23), on(6, 1), target="DOT", factor=5.6),
    ),
    about="dunmere",
)

FAULTY_SOURCES = (CHAIN_MISSING, STALE, GAP, SOURCE_GLITCH, DISAGREE, PRICE_ODD)
