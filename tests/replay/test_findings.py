"""What is announced of the episodes, by a backtest and by a live bot: every run, and nothing else."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec
import pytest

from bot.alerting.lifecycle import advance
from bot.alerting.lifecycle_policy import Policy
from bot.backtest.output import json_line
from bot.backtest.simulation import ALERT_REASONS
from bot.detection.engine import signal_at_newest
from bot.detection.exchange_state import ExchangeState
from bot.detection.outflow import grade
from bot.domain.exchange import Listing
from bot.domain.flow import HoldReason
from bot.domain.incident import Ending, Incident, StepReason
from bot.domain.severity import Sensitivity, Severity, rank
from bot.replay.episodes.catalogue import EPISODES, find_episode
from bot.replay.upstream import UpstreamBodies
from tests.replay import plain_rules, read_bodies
from tests.replay.expectations import Expectation, ExpectedOutcome, expected, expected_of
from tests.replay.simulated import simulated
from tests.sources.parsing import parse_listings

RUNS = [
    (name, expectation)
    for name in EPISODES
    for expectation in expected_of(name)
    if expectation.outcome is ExpectedOutcome.RUN
]
GUARDS = [name for name in EPISODES if name.startswith("guard-")]
BESIDE = {"guard-withheld", "guard-disagree"}
"""What holds these is not in a body: an operator's word, and the list's own figures."""
WAYS = {"daily": False, "hourly": True}


def in_words(rows: Iterable[tuple[object, ...]]) -> str:
    return "\n" + "\n".join(" · ".join(map(str, row)) for row in rows)


def worst_announced(name: str, exchange: str, *, hourly: bool) -> Severity | None:
    announced = simulated(name, hourly=hourly).of(exchange)
    return max((alert.incident.peak for alert in announced if alert.incident), key=rank, default=None)


@pytest.mark.parametrize("hourly", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("name", EPISODES)
def test_no_episode_announces_more_than_it_may(name: str, hourly: bool) -> None:  # noqa: FBT001 — a way of reading
    results = [
        (exchange.id, worst_announced(name, exchange.id, hourly=hourly), expectation.highest)
        for exchange in EPISODES[name].exchanges
        if not (expectation := expected(name, exchange.id)).live_only
    ]

    assert all(rank(worst) <= rank(highest) for _, worst, highest in results), in_words(
        result for result in results if result[1] is not result[2]
    )
    assert bool(simulated(name, hourly=hourly).of("market")) is (name == "market-wide")


def first_announced(name: str, exchange: str, *, hourly: bool) -> datetime | None:
    return next((alert.at for alert in simulated(name, hourly=hourly).of(exchange)), None)


def test_every_run_is_found_at_the_first_daily_point_at_which_what_really_left_crosses() -> None:
    results = [
        (name, expectation.exchange, expectation.due_on, first_announced(name, expectation.exchange, hourly=False))
        for name, expectation in RUNS
    ]

    assert len(results) == 12
    assert all(announced and announced.date() == due for *_, due, announced in results), in_words(results)


def readings_until_announced(name: str, exchange: str) -> int | None:
    """Return at which reading it is announced, 1 being the first at which what really left crosses; None: never."""
    announced = first_announced(name, exchange, hourly=True)
    crossing = min(plain_rules.crossings(name, exchange, is_true=True))
    read = [reading.as_of for reading in read_bodies.readings(name, exchange, hourly=True)]
    return read.index(announced) - read.index(crossing) + 1 if announced else None


def test_every_run_is_found_within_two_hourly_readings_of_crossing() -> None:
    results = [
        (name, expectation.exchange, readings_until_announced(name, expectation.exchange)) for name, expectation in RUNS
    ]

    # 0: a drop that was seen before and not counted counts, and is told, as soon as the rest begins to leave.
    assert all(count in {0, 1, 2} for *_, count in results), in_words(results)


@pytest.mark.parametrize("hourly", WAYS.values(), ids=WAYS)
def test_every_run_is_announced_as_bad_as_it_is(hourly: bool) -> None:  # noqa: FBT001 — as above
    results = [
        (name, expectation.exchange, expectation.highest, worst_announced(name, expectation.exchange, hourly=hourly))
        for name, expectation in RUNS
    ]

    assert all(worst is highest for *_, highest, worst in results), in_words(results)


@pytest.mark.parametrize("hourly", WAYS.values(), ids=WAYS)
def test_whatever_is_announced_says_of_which_window_and_why(hourly: bool) -> None:  # noqa: FBT001 — as above
    announced = [
        (name, line["exchange"], line["at"], line["event"], line["window"], line["reasons"])
        for name in EPISODES
        for alert in simulated(name, hourly=hourly).alerts
        if (line := json.loads(json_line(alert)))
    ]

    assert announced
    assert [line for line in announced if not all(line)] == []


@pytest.mark.parametrize("hourly", WAYS.values(), ids=WAYS)
def test_on_a_guards_episode_nothing_is_announced_that_is_not_held(hourly: bool) -> None:  # noqa: FBT001 — as above
    announced = [
        (name, alert.exchange, alert.at, alert.reason)
        for name in GUARDS
        if name not in BESIDE
        for alert in simulated(name, hourly=hourly).alerts
    ]
    to_hold = {
        (name, expectation.exchange)
        for name in GUARDS
        for expectation in expected_of(name)
        if expectation.outcome is ExpectedOutcome.HELD and name not in BESIDE
    }

    assert {reason for *_, reason in announced} == {StepReason.HELD}, in_words(announced)
    assert to_hold <= {(name, exchange) for name, exchange, *_ in announced}, in_words(announced)


def announced_beside(
    name: str, expectation: Expectation, *, withheld: str | None = None, row: Callable[[datetime], Listing | None]
) -> tuple[list[StepReason], set[HoldReason]]:
    """Return what a live bot announces of an exchange, and why windows were held, beside an operator or the list."""
    state, incident = ExchangeState(read_bodies.histories(name)[expectation.exchange].exchange), None
    announced: list[StepReason] = []
    holds: set[HoldReason] = set()
    for reading in read_bodies.readings(name, expectation.exchange, hourly=True):
        state, now = state.with_reading(reading), reading.as_of
        signal = grade(signal_at_newest(state, now, suppression=withheld, listing=row(now)), Sensitivity.NORMAL)
        step = advance(Policy(), incident, signal, now, sensitivity=Sensitivity.NORMAL)
        incident = _still_open(step.incident)
        announced += [step.reason] if step.reason in ALERT_REASONS else []
        holds |= {flow.hold.reason for flow in signal.flows if flow.hold}
    return announced, holds


def _still_open(incident: Incident | None) -> Incident | None:
    return None if incident and incident.ending else incident


def test_what_an_operator_withholds_is_announced_to_nobody() -> None:
    (expectation,) = expected_of("guard-withheld")

    announced, holds = announced_beside(
        "guard-withheld", expectation, withheld="wallets are being moved", row=lambda _: None
    )

    assert (announced, holds) == ([], {HoldReason.WITHHELD})


def test_what_the_list_denies_is_announced_to_nobody() -> None:
    episode = find_episode("guard-disagree")
    (expectation,) = expected_of(episode.id)
    upstream = UpstreamBodies(episode)

    def row(now: datetime) -> Listing | None:
        upstream.advance(now)
        listings = parse_listings(msgspec.json.encode(upstream.list_body()), now) if now >= episode.live_start else ()
        return next((listing for listing in listings if listing.exchange.id == expectation.exchange), None)

    announced, holds = announced_beside("guard-disagree", expectation, row=row)

    assert (announced, holds) == ([], {HoldReason.DISAGREE})
    assert StepReason.OPENED in announced_beside("guard-disagree", expectation, row=lambda _: None)[0]


@pytest.mark.parametrize(
    ("name", "hourly", "most_watches"),
    [("quiet-year", False, 0), ("quiet-year", True, 0), ("noisy-year", False, 30), ("noisy-year", True, 31)],
)
def test_a_year_without_a_run_is_quiet(name: str, hourly: bool, most_watches: int) -> None:  # noqa: FBT001 — as above
    """The watches of the noisy year are what the thresholds cost: nothing there is a fault, so no guard may add one."""
    year = simulated(name, hourly=hourly)
    watches, elevated = year.reached(Severity.WATCH), year.reached(Severity.ELEVATED)

    assert year.years == pytest.approx(10, abs=0.05)
    assert (watches <= most_watches, elevated) == (True, 0), in_words(
        [(name, f"{watches} watches", f"{elevated} elevated", f"{year.years:.2f} exchange-years")]
    )


@pytest.mark.parametrize("hourly", WAYS.values(), ids=WAYS)
def test_a_move_that_was_announced_is_over_as_soon_as_it_is_back(hourly: bool) -> None:  # noqa: FBT001 — as above
    announced = simulated("internal-move", hourly=hourly).of("aurelia")

    assert [alert.reason for alert in announced] == [StepReason.OPENED, StepReason.RESOLVED], in_words(
        (alert.at, alert.reason) for alert in announced
    )
    assert announced[-1].incident
    assert announced[-1].incident.ending is Ending.INTERNAL_MOVE


@pytest.mark.parametrize("hourly", WAYS.values(), ids=WAYS)
def test_a_changed_wallet_list_and_a_glitch_of_the_source_are_said_as_data_notices(hourly: bool) -> None:  # noqa: FBT001 — as above
    said = {name: {notice.exchange for notice in simulated(name, hourly=hourly).notices} for name in GUARDS}

    assert said["guard-wallets-changed"] == {"aurelia"}
    assert said["guard-source-glitch"] >= {"aurelia", "corvane", "eastmere"}
