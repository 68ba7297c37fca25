"""What is found in the episodes by a backtest and by the live rules: every run, and nothing else."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec
import pytest

from bot.alerting.lifecycle import Policy, advance
from bot.backtest.output import json_line
from bot.backtest.simulation import ALERT_REASONS
from bot.detection.engine import ExchangeState, look
from bot.detection.outflow import grade
from bot.domain.exchange import Listing
from bot.domain.flow import HoldReason
from bot.domain.incident import Ending, Incident, StepReason
from bot.domain.severity import Sensitivity, Severity, rank
from bot.replay.episodes.catalogue import EPISODES, episode
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
NOT_IN_BODIES = {"guard-withheld", "guard-disagree"}
"""What holds these is no part of a body: an operator's word, and the list's own figures."""
READ_AS = {"daily": False, "hourly": True}


def in_words(rows: Iterable[tuple[object, ...]]) -> str:
    return "\n" + "\n".join(" · ".join(map(str, row)) for row in rows)


def first_alert_at(name: str, exchange: str, *, hourly: bool) -> datetime | None:
    return next((alert.at for alert in simulated(name, hourly=hourly).of(exchange)), None)


def test_every_run_is_found_at_the_first_daily_point_at_which_what_really_left_crosses() -> None:
    rows = [
        (name, expectation.exchange, expectation.due_on, first_alert_at(name, expectation.exchange, hourly=False))
        for name, expectation in RUNS
    ]

    assert len(rows) == 12
    assert all(told and told.date() == due for *_, due, told in rows), in_words(rows)


def readings_until_told(name: str, exchange: str) -> int | None:
    """Return at which reading it is told, 1 being the first at which what really left crosses; None: never."""
    told = first_alert_at(name, exchange, hourly=True)
    crossing = min(plain_rules.crossings(name, exchange, is_true=True))
    read = [reading.as_of for reading in read_bodies.readings(name, exchange, hourly=True)]
    return read.index(told) - read.index(crossing) + 1 if told else None


def test_every_run_is_found_within_two_hourly_readings_of_crossing() -> None:
    rows = [(name, expectation.exchange, readings_until_told(name, expectation.exchange)) for name, expectation in RUNS]

    assert all(count in {1, 2} for *_, count in rows), in_words(rows)


def worst_announced(name: str, exchange: str, *, hourly: bool) -> Severity | None:
    told = simulated(name, hourly=hourly).of(exchange)
    return max((alert.incident.peak for alert in told if alert.incident), key=rank, default=None)


@pytest.mark.parametrize("hourly", READ_AS.values(), ids=READ_AS)
def test_every_run_is_told_as_bad_as_it_is(hourly: bool) -> None:  # noqa: FBT001 — a way of reading
    rows = [
        (name, expectation.exchange, expectation.highest, worst_announced(name, expectation.exchange, hourly=hourly))
        for name, expectation in RUNS
    ]

    assert all(worst is highest for *_, highest, worst in rows), in_words(rows)


@pytest.mark.parametrize("hourly", READ_AS.values(), ids=READ_AS)
def test_nobody_is_told_more_than_an_episode_allows(hourly: bool) -> None:  # noqa: FBT001 — as above
    rows = [
        (name, book.id, worst_announced(name, book.id, hourly=hourly), expectation.highest)
        for name, played in EPISODES.items()
        for book in played.books
        if not (expectation := expected(name, book.id)).live_only
    ]

    assert all(rank(worst) <= rank(highest) for *_, worst, highest in rows), in_words(
        row for row in rows if row[2] is not row[3]
    )
    assert {name for name in EPISODES if simulated(name, hourly=hourly).of("market")} == {"market-wide"}


@pytest.mark.parametrize("hourly", READ_AS.values(), ids=READ_AS)
def test_whatever_is_told_says_of_which_window_and_why(hourly: bool) -> None:  # noqa: FBT001 — as above
    told = [
        (name, line["exchange"], line["at"], line["event"], line["window"], line["reasons"])
        for name in EPISODES
        for alert in simulated(name, hourly=hourly).alerts
        if (line := json.loads(json_line(alert)))
    ]

    assert told
    assert [row for row in told if not all(row)] == []


@pytest.mark.parametrize("hourly", READ_AS.values(), ids=READ_AS)
def test_on_a_guards_episode_nothing_is_told_that_is_not_held(hourly: bool) -> None:  # noqa: FBT001 — as above
    told = [
        (name, alert.exchange, alert.at, alert.reason)
        for name in GUARDS
        if name not in NOT_IN_BODIES
        for alert in simulated(name, hourly=hourly).alerts
    ]
    to_hold = {
        (name, expectation.exchange)
        for name in GUARDS
        for expectation in expected_of(name)
        if expectation.outcome is ExpectedOutcome.HELD and name not in NOT_IN_BODIES
    }

    assert {reason for *_, reason in told} == {StepReason.HELD}, in_words(told)
    assert to_hold <= {(name, exchange) for name, exchange, *_ in told}, in_words(told)


def announced_beside(
    name: str, expectation: Expectation, *, withheld: str | None = None, row: Callable[[datetime], Listing | None]
) -> tuple[list[StepReason], set[HoldReason]]:
    """Return what the live rules announce of an exchange, and why windows were held, with a suppression or the list."""
    state, incident = ExchangeState(read_bodies.pasts(name)[expectation.exchange].exchange), None
    told: list[StepReason] = []
    held: set[HoldReason] = set()
    for reading in read_bodies.readings(name, expectation.exchange, hourly=True):
        state, now = state.take(reading), reading.as_of
        graded = grade(look(state, now, withheld=withheld, listing=row(now)), Sensitivity.NORMAL)
        step = advance(Policy(), incident, graded, now, sensitivity=Sensitivity.NORMAL)
        incident = _living(step.incident)
        told += [step.reason] if step.reason in ALERT_REASONS else []
        held |= {flow.hold.reason for flow in graded.flows if flow.hold}
    return told, held


def _living(incident: Incident | None) -> Incident | None:
    return None if incident and incident.ending else incident


def test_what_an_operator_withholds_is_told_to_nobody() -> None:
    (expectation,) = expected_of("guard-withheld")

    told, held = announced_beside("guard-withheld", expectation, withheld="wallets are being moved", row=lambda _: None)

    assert (told, held) == ([], {HoldReason.WITHHELD})


def test_what_the_list_denies_is_told_to_nobody() -> None:
    played = episode("guard-disagree")
    (expectation,) = expected_of(played.id)
    upstream = UpstreamBodies(played)

    def row(now: datetime) -> Listing | None:
        upstream.advance(now)
        listings = parse_listings(msgspec.json.encode(upstream.list_body()), now) if now >= played.live_start else ()
        return next((listing for listing in listings if listing.exchange.id == expectation.exchange), None)

    told, held = announced_beside("guard-disagree", expectation, row=row)

    assert (told, held) == ([], {HoldReason.DISAGREE})
    assert StepReason.OPENED in announced_beside("guard-disagree", expectation, row=lambda _: None)[0]


@pytest.mark.parametrize("hourly", READ_AS.values(), ids=READ_AS)
@pytest.mark.parametrize(("name", "watches_a_year"), [("quiet-year", 0.5), ("noisy-year", 7.0)])
def test_a_year_without_a_run_is_quiet(name: str, watches_a_year: float, hourly: bool) -> None:  # noqa: FBT001 — as above
    year = simulated(name, hourly=hourly)
    watches, elevated = year.reached(Severity.WATCH), year.reached(Severity.ELEVATED)

    assert year.years == pytest.approx(10, abs=0.05)
    assert (watches / year.years <= watches_a_year, elevated) == (True, 0), in_words(
        [(name, f"{watches} watches", f"{elevated} elevated", f"{year.years:.2f} exchange-years")]
    )


@pytest.mark.parametrize("hourly", READ_AS.values(), ids=READ_AS)
def test_a_move_that_was_told_is_over_as_soon_as_it_is_back(hourly: bool) -> None:  # noqa: FBT001 — as above
    told = simulated("internal-move", hourly=hourly).of("aurelia")

    assert [alert.reason for alert in told] == [StepReason.OPENED, StepReason.RESOLVED], in_words(
        (alert.at, alert.reason) for alert in told
    )
    assert told[-1].incident
    assert told[-1].incident.ending is Ending.INTERNAL_MOVE
