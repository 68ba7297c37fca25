"""Episodes in which nobody leaves and the upstream's view breaks: each is one guard's to catch."""

from bot.replay.episode import Leg, Run
from bot.replay.expectation import Expectation, Outcome
from bot.replay.stage import day, on, staged
from bot.replay.traps import Fault, FaultKind

CHAIN_MISSING = staged(
    "guard-chain-missing",
    "Tron is not in the records",
    days=10,
    seed=101,
    faults=(
        Fault("aurelia", FaultKind.CHAIN_ABSENT, on(2, 18, 30), on(3, 3, 30), of="Tron"),
        Fault("aurelia", FaultKind.CHAIN_NULL, on(5, 6), on(6, 6), of="Tron"),
    ),
    expect=(Expectation("aurelia", Outcome.HELD, crosses_on=day(3), guard="CHAIN_MISSING"),),
)

STALE = staged(
    "guard-stale",
    "The adapter stands still",
    days=14,
    seed=102,
    faults=(
        Fault("borvik", FaultKind.SILENT, on(1, 6), on(2, 2)),
        Fault("borvik", FaultKind.SILENT, on(3, 23), on(6, 4)),
        Fault("borvik", FaultKind.REPEATED, on(8, 12), on(10, 12)),
    ),
    expect=(Expectation("borvik", Outcome.NONE, guard="STALE"),),
)

GAP = staged(
    "guard-gap",
    "Three days are missing",
    days=12,
    seed=103,
    runs=(Run("corvane", (Leg(on(3), -0.0125), Leg(on(4), -0.0130), Leg(on(5), -0.0125)), since=on(2)),),
    faults=(Fault("corvane", FaultKind.SILENT, on(2, 1), on(5, 1)),),
    expect=(Expectation("corvane", Outcome.NONE, crosses_on=day(5), guard="GAP"),),
)

_LOSING, _VANISHING = ("aurelia", "corvane", "eastmere"), ("borvik", "dunmere", "fenwick")

SOURCE_GLITCH = staged(
    "guard-source-glitch",
    "Three of seven lose a twentieth within the same hour",
    days=9,
    seed=104,
    faults=(
        *(Fault(one, FaultKind.SHRUNK, on(3), on(3, 1), by=0.95) for one in _LOSING),
        *(Fault(one, FaultKind.GONE, on(6), on(6, 1)) for one in _VANISHING),
    ),
    expect=tuple(Expectation(one, Outcome.HELD, crosses_on=day(3), guard="SOURCE_GLITCH") for one in _LOSING),
)

DISAGREE = staged(
    "guard-disagree",
    "The list and the amounts say two things",
    days=9,
    seed=105,
    faults=(
        Fault("borvik", FaultKind.SHRUNK, on(3, 9), on(5, 1), by=0.965),
        Fault("borvik", FaultKind.INFLOW_CLAIMED, on(3, 9), on(6, 1), by=0.002),
    ),
    expect=(Expectation("borvik", Outcome.HELD, crosses_on=day(4), guard="DISAGREE", live_only=True),),
)

PRICE_ODD = staged(
    "guard-price-odd",
    "One asset is dear at one exchange only",
    days=10,
    seed=106,
    runs=(
        Run("dunmere", (Leg(on(3), -0.0015), Leg(on(4), -0.0045)), {"DOT": 0.95}, since=on(2, 12)),
        Run("eastmere", (Leg(on(7), -0.0050),), {"DOT": 0.95}, since=on(6)),
    ),
    faults=(
        Fault("dunmere", FaultKind.PRICE_ODD, on(2, 23), on(3, 1), of="DOT", by=10.0),
        Fault("eastmere", FaultKind.PRICE_ODD, on(5, 23), on(6, 1), of="DOT", by=5.6),
    ),
    expect=(
        Expectation("dunmere", Outcome.NONE, crosses_on=day(4), guard="PRICE_ODD"),
        Expectation("eastmere", Outcome.NONE, crosses_on=day(7), guard="PRICE_ODD"),
    ),
)

FAULTY_SOURCES = (CHAIN_MISSING, STALE, GAP, SOURCE_GLITCH, DISAGREE, PRICE_ODD)
