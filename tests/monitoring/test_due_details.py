from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.exchange import Exchange, Listing
from bot.monitoring.due_details import DetailPriorities, LastFetch, due, is_moving
from tests.builders import BINANCE, HOUR, NOON, OKX, listing

MINUTE = timedelta(minutes=1)
CALM, MOVING = listing(inflow=-1e6), listing(inflow=-1e9)


def is_due(
    row: Listing, since: timedelta, last: Listing | None = None, *, failures: int = 0, incident: bool = False
) -> bool:
    """Return whether a row is due that was last fetched so long ago, when the list said `last`."""
    fetched = {row.exchange.id: LastFetch(NOON - since, last or row, failures)}
    priorities = DetailPriorities(incidents={row.exchange.id} if incident else ())
    return due([row], fetched, NOON, interval=HOUR, priorities=priorities) == [row]


@pytest.mark.parametrize(
    ("since", "expected"), [(HOUR, False), (6 * HOUR - MINUTE, False), (6 * HOUR, True), (7 * HOUR, True)]
)
def test_a_calm_exchange_is_fetched_every_six_intervals(since: timedelta, expected: bool) -> None:  # noqa: FBT001 — a table's column
    assert is_due(CALM, since) is expected


@pytest.mark.parametrize(("since", "expected"), [(HOUR - MINUTE, False), (HOUR, True)])
def test_a_moving_one_is_fetched_every_interval(since: timedelta, expected: bool) -> None:  # noqa: FBT001 — as above
    assert is_due(MOVING, since) is expected


@pytest.mark.parametrize(("since", "expected"), [(HOUR - MINUTE, False), (HOUR, True)])
def test_one_with_an_open_incident_too(since: timedelta, expected: bool) -> None:  # noqa: FBT001 — as above
    assert is_due(CALM, since, incident=True) is expected


@pytest.mark.parametrize(
    ("age", "total", "since", "expected"),
    [
        (3 * HOUR + MINUTE, 6.51e10, HOUR, True),
        (3 * HOUR + MINUTE, 6.51e10, HOUR - MINUTE, False),
        (3 * HOUR + MINUTE, 6.5e10, HOUR, False),  # the list stands still as well: it would bring the same
        (3 * HOUR, 6.51e10, HOUR, False),
    ],
)
def test_one_that_stood_still_is_fetched_once_the_list_says_that_it_goes_on(
    age: timedelta,
    total: float,
    since: timedelta,
    expected: bool,  # noqa: FBT001 — a table's column
) -> None:
    last = LastFetch(NOON - since, listing(total=6.5e10), newest_at=NOON - since - age)
    row = listing(total=total)

    assert bool(due([row], {"binance": last}, NOON, interval=HOUR, priorities=DetailPriorities())) is expected


def test_the_first_sign_of_movement_fetches_at_once() -> None:
    assert is_due(MOVING, MINUTE, CALM)
    assert is_due(listing(total=6.7e10, inflow=0.0), MINUTE, listing(inflow=0.0))


@pytest.mark.parametrize(("failures", "pause"), [(1, 2), (2, 4), (3, 8), (5, 32), (6, 60), (40, 60)])
def test_a_failure_is_tried_again_after_ever_longer_pauses_up_to_the_interval(failures: int, pause: int) -> None:
    assert not is_due(CALM, pause * MINUTE - timedelta(seconds=1), failures=failures)
    assert is_due(CALM, pause * MINUTE, failures=failures)


def test_what_was_never_fetched_is_due_unless_it_has_no_wallets() -> None:
    rows = [listing(), listing(Exchange("nexo", "NEXO"))]

    assert due(rows, {}, NOON, interval=HOUR, priorities=DetailPriorities()) == rows[:1]


def test_incidents_come_first_then_what_is_subscribed_then_the_largest() -> None:
    names = ("small", "large", "wanted", "burning", "unmeasured")
    sizes = (1e9, 9e9, 1e8, 1e7, None)
    rows = [listing(Exchange(row, row, row), total=size) for row, size in zip(names, sizes, strict=True)]

    queue = due(rows, {}, NOON, interval=HOUR, priorities=DetailPriorities({"burning"}, {"wanted"}))

    assert [row.exchange.id for row in queue] == ["burning", "wanted", "large", "small", "unmeasured"]


@pytest.mark.parametrize(
    ("row", "before", "moving"),
    [
        (listing(inflow=-0.005 * 6e10), listing(inflow=0.0), False),
        (listing(inflow=-0.0051 * 6e10), listing(inflow=0.0), True),
        (listing(inflow=0.0051 * 6e10), listing(inflow=0.0), True),
        (listing(clean=None, inflow=-0.0049 * 6.5e10), listing(clean=None, inflow=0.0), False),
        (listing(total=6.5e10 * 1.019), listing(), False),
        (listing(total=6.5e10 * 1.021), listing(), True),
        (listing(total=6.5e10 * 0.979), listing(), True),
        (listing(inflow=None), listing(inflow=0.0), True),
        (listing(clean=None), listing(), True),
        (listing(), listing(total=None), True),
        (listing(total=None, clean=None), listing(total=None, clean=None), False),
        (listing(total=1e9), listing(total=0.0), False),
        (listing(total=0.0, clean=0.0, inflow=1.0), listing(total=0.0, clean=0.0, inflow=1.0), False),
        (replace(listing(), inflow_7d_usd=1.0), listing(), True),
        (replace(listing(), inflow_30d_usd=1.0), listing(), True),
    ],
)
def test_something_moves_when_the_list_says_so(row: Listing, before: Listing, moving: bool) -> None:  # noqa: FBT001 — a table's column
    assert is_moving(row, before) is moving


@given(st.floats(1e6, 1e12), st.one_of(st.none(), st.floats(-1e9, 1e9)), st.integers(0, 30), st.integers(0, 2000))
def test_waiting_longer_never_makes_less_due(total: float, inflow: float | None, failures: int, minutes: int) -> None:
    row = listing(OKX, total=total, inflow=inflow)

    if is_due(row, minutes * MINUTE, failures=failures):
        assert is_due(row, (minutes + 7) * MINUTE, failures=failures)
    assert is_due(row, 6 * HOUR, failures=failures)


def test_an_exchange_is_asked_for_by_its_own_row() -> None:
    rows = [listing(BINANCE), listing(OKX)]
    fetched = {"binance": LastFetch(NOON, rows[0])}

    assert due(rows, fetched, NOON, interval=HOUR, priorities=DetailPriorities()) == rows[1:]
