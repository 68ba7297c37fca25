from datetime import timedelta

from bot.monitoring.list_checks import shrunk_list
from tests.builders import HOUR, NOON

MINUTE = timedelta(minutes=1)
KNOWN = frozenset("abcdefghijkl")


def test_a_third_may_go_at_once_and_not_more() -> None:
    assert shrunk_list(KNOWN, frozenset("efghijkl"), None, NOON) is None
    assert shrunk_list(KNOWN, frozenset("fghijkl"), None, NOON) is not None


def test_the_first_list_of_all_has_lost_nothing() -> None:
    assert shrunk_list(frozenset(), frozenset("a"), None, NOON) is None


def test_two_lists_and_an_hour_are_believed() -> None:
    first = shrunk_list(KNOWN, frozenset("abc"), None, NOON)
    second = shrunk_list(KNOWN, frozenset("abc"), first, NOON + 10 * MINUTE)
    third = shrunk_list(KNOWN, frozenset("abc"), second, NOON + HOUR)
    assert first
    assert second
    assert third
    assert [first.is_believed(NOON + HOUR), second.is_believed(NOON + 59 * MINUTE), third.is_believed(NOON + HOUR)] == [
        False,
        False,
        True,
    ]


def test_lists_that_lost_different_exchanges_do_not_agree() -> None:
    first = shrunk_list(KNOWN, frozenset("abcdef"), None, NOON)
    second = shrunk_list(KNOWN, frozenset("ghijkl"), first, NOON + HOUR)
    assert second
    assert second.since == NOON + HOUR
    assert second.lists == 1
