import pytest

from bot.detectors.engine import KEPT, Case, look, rounds, take_round
from bot.detectors.market import Market
from bot.detectors.outflow import grade
from bot.domain.doors import Doors
from bot.domain.flow import HoldReason, Window
from bot.domain.severity import Sensitivity, Severity
from tests.builders import BINANCE, DAY, HOUR, NOON, OKX, holding

MIDNIGHT = NOON.replace(hour=0)


def quiet_weeks(count: int = 60) -> Case:
    """Return the case of sixty days around $60 B, of which a fifth of a percent moved in turn."""
    case = Case(BINANCE)
    for day in range(count, 0, -1):
        case = case.take(holding(60 + 0.12 * (day % 2), at=MIDNIGHT - day * DAY))
    return case


def test_a_day_of_outflow_is_seen_over_every_window_that_contains_it() -> None:
    seen = look(quiet_weeks().take(holding(57, at=MIDNIGHT)), MIDNIGHT)

    assert [one.window for one in seen.flows] == [one for one in Window if one is not Window.HOUR]
    assert {round(one.share, 3) for one in seen.flows} <= {-0.05, -0.052}
    assert grade(seen, Sensitivity.NORMAL).severity is Severity.ELEVATED
    assert seen.baseline
    assert seen.baseline.days == 59


def test_a_case_keeps_what_its_longest_window_needs() -> None:
    case = quiet_weeks().take(holding(57, at=MIDNIGHT))

    assert case.kept[0].as_of == MIDNIGHT - KEPT + DAY
    assert len(case.days) == 61


def test_an_older_reading_changes_nothing() -> None:
    case = quiet_weeks()

    assert case.take(holding(10, at=MIDNIGHT - 3 * DAY)) is case


def test_a_case_without_a_past_has_no_windows() -> None:
    seen = look(Case(BINANCE).take(holding(60)), NOON)

    assert (seen.flows, seen.baseline, seen.previous_as_of) == ((), None, None)


def test_a_reading_that_repeats_the_last_one_is_no_new_reading() -> None:
    """A stalled source is not calm: a day later the case is stale."""
    cases, market = take_round({"binance": quiet_weeks()}, [holding(57, at=MIDNIGHT)], Market())

    cases, market = take_round(cases, [holding(57, at=MIDNIGHT + DAY)], market)

    assert cases["binance"].kept[-1].as_of == MIDNIGHT
    holds = {one.hold.reason for one in look(cases["binance"], MIDNIGHT + DAY).flows if one.hold}
    assert holds == {HoldReason.STALE}


def test_a_round_takes_every_exchange_that_was_read() -> None:
    cases = {"binance": Case(BINANCE), "okx": Case(OKX)}

    after, market = take_round(cases, [holding(60), holding(9, exchange="okx")], Market())
    after, market = take_round(after, [holding(61, at=NOON + HOUR)], market)

    assert [len(one.kept) for one in after.values()] == [2, 1]
    assert {id_: one.reading.as_of for id_, one in market.stirs.items()} == {"binance": NOON + HOUR, "okx": NOON}


def test_what_an_operator_withholds_is_not_graded() -> None:
    seen = look(
        quiet_weeks().take(holding(50, at=MIDNIGHT)), MIDNIGHT, withheld="since 08:20 UTC, because of a migration"
    )

    assert {(one.hold.reason, one.hold.detail) for one in seen.flows if one.hold} == {
        (HoldReason.WITHHELD, "since 08:20 UTC, because of a migration")
    }
    assert grade(seen, Sensitivity.NORMAL).severity is None


@pytest.mark.parametrize(
    ("billions", "closed", "severity"),
    [
        (57, ("BTC", "USDT"), Severity.CRITICAL),
        (57, ("BTC",), Severity.ELEVATED),
        (50, ("BTC", "USDT", "ETH"), Severity.CRITICAL),
        (59, ("BTC", "USDT"), Severity.WATCH),
        (60, ("BTC", "USDT"), None),
    ],
)
def test_closed_doors_make_an_outflow_critical(
    billions: float, closed: tuple[str, ...], severity: Severity | None
) -> None:
    doors = Doors(closed=tuple((asset, MIDNIGHT) for asset in closed))
    case = quiet_weeks().take(holding(billions, at=MIDNIGHT))

    seen = grade(look(case, MIDNIGHT, doors=doors), Sensitivity.NORMAL)

    assert seen.severity is severity
    assert seen.closed == doors.closed
    assert ("doors" in {reason.measure for reason in seen.reasons}) is (severity is Severity.CRITICAL)


def test_readings_are_gathered_by_the_hour_each_exchange_once() -> None:
    at = [MIDNIGHT, MIDNIGHT + HOUR / 3, MIDNIGHT + HOUR]
    readings = [holding(60, at=one, exchange=name) for one in at for name in ("binance", "okx")]

    assert [len(some) for some in rounds(reversed(readings))] == [2, 2, 2]


def test_nothing_read_gives_no_window() -> None:
    assert Case(BINANCE).base(Window.DAY) is None
