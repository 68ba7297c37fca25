from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.backtest.reading_rounds import rounds
from tests.builders import HOUR, NOON, holding

MINUTE = HOUR / 60


def names(*pasts: list[tuple[str, float]]) -> list[list[str]]:
    readings = [[holding(1, at=NOON + minutes * MINUTE, exchange=id_) for id_, minutes in past] for past in pasts]
    return [
        [f"{reading.exchange}{(reading.as_of - NOON) / MINUTE:.0f}" for reading in found] for found in rounds(readings)
    ]


def test_a_round_is_what_was_read_within_one_hour() -> None:
    assert names([("a", 0), ("a", 60)], [("b", 59), ("b", 119)]) == [["a0", "b59"], ["a60", "b119"]]


def test_an_exchange_is_once_in_a_round() -> None:
    assert names([("a", 0), ("a", 10), ("a", 20)], [("b", 15)]) == [["a0"], ["a10", "b15"], ["a20"]]


def test_of_nothing_there_are_no_rounds() -> None:
    assert names() == names([], []) == []


times = st.lists(st.integers(0, 300), unique=True, max_size=12).map(sorted)


@given(times, times, times)
def test_rounds_hold_every_reading_once_in_the_order_of_time(a: list[int], b: list[int], c: list[int]) -> None:
    pasts = [[(id_, at) for at in past] for id_, past in zip("abc", (a, b, c), strict=True)]
    readings = [[holding(1, at=NOON + at * MINUTE, exchange=id_) for id_, at in past] for past in pasts]
    found = list(rounds(readings))
    flat = [reading for round_readings in found for reading in round_readings]

    assert sorted(map(id, flat)) == sorted(id(reading) for past in readings for reading in past)
    assert all(reading.as_of <= other.as_of for reading, other in pairwise(flat))
    assert all(len({reading.exchange for reading in round_readings}) == len(round_readings) for round_readings in found)
    assert all(len({reading.as_of.hour for reading in round_readings}) == 1 for round_readings in found)
    assert list(rounds(readings[::-1])) == found
