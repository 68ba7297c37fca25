"""What a good watcher says of an episode, as data that tests can hold a watcher to."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot.domain.severity import Severity


class ExpectedOutcome(StrEnum):
    """What the whole episode comes to for one exchange."""

    RUN = "run"  # people are told
    HELD = "held"  # something looked like a run and is withheld, with its reason
    NONE = "none"  # no run: nobody needs to be told


@dataclass(frozen=True, slots=True)
class Expectation:
    """What should come of one exchange of an episode; `exchange` is our id.

    `highest` is the worst severity that may be told, None: none at all. `crosses_on` is the first UTC day whose daily
    point crosses the `normal` preset by the plain formula on what the upstream shows, None: it never does. `due_on` is
    that day in the same episode without its jumps and faults: what really left. `guard` names the guard of the
    detection rules that is proven here. `live_only` marks a sign that is in the list alone, and so cannot be seen in
    exported bodies.
    """

    exchange: str
    outcome: ExpectedOutcome
    highest: Severity | None = None
    crosses_on: date | None = None
    due_on: date | None = None
    guard: str = ""
    live_only: bool = False
