import pytest

from bot.chat.telegram.chat_pace import ChatPace

GROUP, ANN = "-100123", "7"


def waits(pace: ChatPace, chat_id: str, times: int, *, now: float = 0.0) -> list[float | None]:
    return [pace.reserve(chat_id, now, 30.0) for _ in range(times)]


def limited_group(pace: ChatPace) -> None:
    """Let a group have met a 429 an hour ago."""
    pace.pause(GROUP, -3600.0, -3599.0)


def test_a_group_gets_eighteen_answers_a_minute_for_a_day_after_a_429() -> None:
    pace = ChatPace()
    assert waits(pace, GROUP, 40, now=-7200.0) == [0.0] * 40
    limited_group(pace)
    assert waits(pace, GROUP, 20) == [0.0] * 18 + [None] * 2
    assert waits(pace, GROUP, 1, now=29.0) == [None]
    assert waits(pace, GROUP, 7, now=45.0) == [15.0] * 5 + [None] * 2, "five may wait"
    assert waits(pace, "-100124", 20) == [0.0] * 20
    assert waits(pace, GROUP, 40, now=86_400.0) == [0.0] * 40


def test_a_person_gets_a_burst() -> None:
    assert waits(ChatPace(), ANN, 40) == [0.0] * 40


@pytest.mark.parametrize("chat_id", [ANN, GROUP])
def test_after_a_429_there_is_one_a_second_for_a_minute(chat_id: str) -> None:
    pace = ChatPace()
    assert waits(pace, chat_id, 1) == [0.0]
    pace.pause(chat_id, 0.0, 10.0)
    assert waits(pace, chat_id, 3) == [10.0, 11.0, 12.0]
    assert pace.pause_left_s(chat_id, 4.0) == 6.0
    assert waits(pace, chat_id, 2, now=40.0) == [0.0, 1.0]
    assert waits(pace, chat_id, 2, now=71.0) == [0.0, 0.0]


def test_who_would_wait_too_long_gets_no_turn() -> None:
    pace = ChatPace()
    pace.pause(ANN, 0.0, 31.0)
    assert waits(pace, ANN, 2) == [None, None]
    assert waits(pace, ANN, 2, now=5.0) == [26.0, 27.0]


def test_a_chat_is_told_once_a_minute_that_it_asks_too_much() -> None:
    pace = ChatPace()
    assert [pace.reserve_notice(GROUP, now) for now in (0.0, 59.0, 60.0)] == [0.0, None, 0.0]
    pace.pause(ANN, 0.0, 5.0)
    assert pace.reserve_notice(ANN, 1.0) == 4.0


def test_a_chat_that_was_idle_for_a_minute_begins_anew() -> None:
    pace = ChatPace()
    limited_group(pace)
    waits(pace, GROUP, 18)
    waits(pace, ANN, 1, now=50.0)
    assert waits(pace, GROUP, 1, now=40.0) == [20.0], "remembered"
    waits(pace, ANN, 1, now=200.0)
    assert waits(pace, GROUP, 1, now=200.0) == [0.0]


def test_only_the_most_recent_groups_with_a_429_are_remembered() -> None:
    pace = ChatPace()
    limited_group(pace)
    for number in range(10_000):
        pace.pause(f"-{number}", 0.0, 1.0)
    assert waits(pace, GROUP, 20, now=100.0) == [0.0] * 20
    assert waits(pace, "-9999", 19, now=100.0)[18] is None
