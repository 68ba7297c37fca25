"""What should be announced of each episode, as data that tests and benchmarks compare with what is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from bot.domain.severity import Severity


class ExpectedOutcome(StrEnum):
    """What the whole episode comes to for one exchange."""

    RUN = "run"  # people are alerted
    HELD = "held"  # something looked like a run and is withheld, with its reason
    NONE = "none"  # no run: nobody needs to be alerted


@dataclass(frozen=True, slots=True)
class Expectation:
    """What should come of one exchange of an episode; `exchange` is our id.

    `highest` is the worst severity that may be announced, None: none at all. `crosses_on` is the first UTC day whose
    daily point crosses the `normal` preset by the plain formula on what the upstream shows, None: it never does.
    `due_on` is that day in the same episode without its jumps and faults: what really left. `guard` names the guard of
    the detection rules that is proven here. `live_only` marks a sign that is in the list alone, and so cannot be seen
    in exported bodies.
    """

    exchange: str
    outcome: ExpectedOutcome
    highest: Severity | None = None
    crosses_on: date | None = None
    due_on: date | None = None
    guard: str = ""
    live_only: bool = False


def day(number: int) -> date:
    """Return a day of the live phase of a made-up episode, which starts on day 0."""
    return date(2024, 5, 1) + timedelta(days=number)


_LOSING = ("aurelia", "corvane", "eastmere")
_STRESSED = (("aurelia", 4), ("borvik", 4), ("corvane", 5), ("eastmere", 5))
_WATCHED = {
    "holmwick": date(2025, 8, 7),
    "aurelia": date(2025, 1, 19),
    "borvik": date(2025, 3, 11),
    "corvane": date(2025, 2, 5),
    "dunmere": date(2025, 4, 9),
    "eastmere": date(2025, 1, 21),
    "ivarstone": date(2025, 1, 20),
    "jorvale": date(2025, 2, 7),
}
"""The first restless day of each exchange that the table calls watch; the smallest two stay under the floor in USD."""

EXPECTATIONS: Mapping[str, Sequence[Expectation]] = {
    "binance-2022": (
        Expectation("binance", ExpectedOutcome.RUN, Severity.ELEVATED, date(2022, 12, 13), date(2022, 12, 13)),
    ),
    "ftx-2022": (Expectation("ftx", ExpectedOutcome.RUN, Severity.CRITICAL, date(2022, 11, 7), date(2022, 11, 7)),),
    "busd-2023-02": (Expectation("binance", ExpectedOutcome.NONE, crosses_on=date(2023, 2, 14)),),
    "binance-2023-06": (
        Expectation("binance", ExpectedOutcome.RUN, Severity.WATCH, date(2023, 6, 7), date(2023, 6, 7)),
    ),
    "binance-2023-11": (
        Expectation("binance", ExpectedOutcome.RUN, Severity.WATCH, date(2023, 11, 23), date(2023, 11, 23)),
    ),
    "theft-then-run": (
        Expectation("bybit", ExpectedOutcome.RUN, Severity.SEVERE, date(2025, 2, 22), date(2025, 2, 22)),
    ),
    "noisy-year": tuple(
        Expectation(name, ExpectedOutcome.NONE, Severity.WATCH, on, on) for name, on in _WATCHED.items()
    ),
    "guard-chain-missing": (Expectation("aurelia", ExpectedOutcome.HELD, crosses_on=day(3), guard="CHAIN_MISSING"),),
    "guard-stale": (Expectation("borvik", ExpectedOutcome.NONE, guard="STALE"),),
    "guard-gap": (Expectation("corvane", ExpectedOutcome.NONE, crosses_on=day(5), guard="GAP"),),
    "guard-source-glitch": tuple(
        Expectation(name, ExpectedOutcome.HELD, crosses_on=day(3), guard="SOURCE_GLITCH") for name in _LOSING
    ),
    "guard-disagree": (
        Expectation("borvik", ExpectedOutcome.HELD, crosses_on=day(4), guard="DISAGREE", live_only=True),
    ),
    "guard-price-odd": (
        Expectation("dunmere", ExpectedOutcome.NONE, crosses_on=day(4), guard="PRICE_ODD"),
        Expectation("eastmere", ExpectedOutcome.NONE, crosses_on=day(7), guard="PRICE_ODD"),
    ),
    "guard-wallets-changed": (
        Expectation("aurelia", ExpectedOutcome.HELD, crosses_on=day(25), guard="WALLETS_CHANGED"),
    ),
    "guard-own-token": (Expectation("binance", ExpectedOutcome.NONE, guard="OWN_TOKEN"),),
    "guard-round-trip": (
        Expectation("corvane", ExpectedOutcome.HELD, crosses_on=day(7), guard="ROUND_TRIP"),
        Expectation("eastmere", ExpectedOutcome.HELD, crosses_on=day(8), guard="ROUND_TRIP"),
    ),
    "internal-move": (Expectation("aurelia", ExpectedOutcome.NONE, Severity.WATCH, day(4)),),
    "guard-withheld": (
        Expectation("borvik", ExpectedOutcome.RUN, Severity.ELEVATED, day(4), day(4), guard="WITHHELD"),
    ),
    "held-then-run": (
        Expectation("borvik", ExpectedOutcome.RUN, Severity.ELEVATED, day(4), day(5), guard="WALLETS_CHANGED"),
    ),
    "market-wide": tuple(
        Expectation(name, ExpectedOutcome.RUN, Severity.ELEVATED, day(first), day(first)) for name, first in _STRESSED
    ),
    "bleed": (Expectation("corvane", ExpectedOutcome.RUN, Severity.ELEVATED, day(17), day(17)),),
    "slow-small": (Expectation("gullane", ExpectedOutcome.NONE),),
}
"""By the episode's name. An episode or an exchange that is not named is expected to be calm."""


def expected_of(episode: str) -> Sequence[Expectation]:
    """Return what is expected of an episode's exchanges, nothing for a calm one."""
    return EXPECTATIONS.get(episode, ())


def expected(episode: str, exchange: str) -> Expectation:
    """Return what should come of an exchange: nothing, where nothing is said."""
    named = next((expectation for expectation in expected_of(episode) if expectation.exchange == exchange), None)
    return named or Expectation(exchange, ExpectedOutcome.NONE)
