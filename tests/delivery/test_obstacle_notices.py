"""The operator hears once of a beginning and once of an end, and of what flaps once an hour."""

from collections.abc import Sequence

import pytest

from bot.delivery.obstacle_notices import FLAPPING_PAUSE_S, ObstacleNotices
from bot.domain.obstacles import AlertObstacle, ObstacleKind

CLOCK = AlertObstacle(ObstacleKind.CLOCK, "the clock is wrong")
QUEUE = AlertObstacle(ObstacleKind.QUEUE, "the queue stands still")
TELEGRAM = AlertObstacle(ObstacleKind.PLATFORM, "telegram: no answer", "telegram")
DISCORD = AlertObstacle(ObstacleKind.PLATFORM, "discord: no answer", "discord")
STORE = AlertObstacle(ObstacleKind.STORE, "store: full")
FIRST_POLL = AlertObstacle(ObstacleKind.POLLS, "first poll pending", "first")
POLL = AlertObstacle(ObstacleKind.POLLS, "last good poll was 21 min ago")
MINUTE = 60.0
LATER = 10_000.0  # long after the start


class Told:
    """Notices, and what the operator was told of them, in order; `arrives` False: messages do not reach them.

    Nothing but hiccups needs patience here.
    """

    def __init__(self, patience_s: float = 0.0) -> None:
        self.notices = ObstacleNotices(patience_s=patience_s)
        self.messages: list[tuple[float, list[str], list[str]]] = []
        self.arrives = True

    def look(self, at_s: float, *obstacles: AlertObstacle) -> None:
        news = self.notices.news(obstacles, at_s)
        if news and self.arrives:
            self.messages.append((at_s, _sentences(news.begun), _sentences(news.ended)))
            self.notices.told(news, at_s)


def _sentences(obstacles: Sequence[AlertObstacle]) -> list[str]:
    return [obstacle.sentence for obstacle in obstacles]


def test_what_begins_is_told_once_and_its_end_is_told_once() -> None:
    told = Told()
    for at_s in (LATER, LATER + 15, LATER + 30):
        told.look(at_s, CLOCK)
    for at_s in (LATER + 45, LATER + 60):
        told.look(at_s)
    assert told.messages == [(LATER, [CLOCK.sentence], []), (LATER + 45, [], [CLOCK.sentence])]


def test_another_number_in_the_sentence_is_no_news_and_the_end_is_told_as_the_beginning_was() -> None:
    told = Told()
    told.look(LATER, CLOCK)
    told.look(LATER + 15, AlertObstacle(ObstacleKind.CLOCK, "the clock is more wrong"))
    told.look(LATER + 30)
    assert told.messages == [(LATER, [CLOCK.sentence], []), (LATER + 30, [], [CLOCK.sentence])]


def test_what_happens_together_is_told_together_and_two_platforms_are_two_obstacles() -> None:
    told = Told()
    told.look(LATER, CLOCK, QUEUE)
    told.look(LATER + 15, TELEGRAM, DISCORD)
    told.look(LATER + 15 + 2 * MINUTE, DISCORD, TELEGRAM)
    told.look(LATER + 15 + 3 * MINUTE, TELEGRAM)
    assert [(set(begun), set(ended)) for _, begun, ended in told.messages] == [
        ({CLOCK.sentence, QUEUE.sentence}, set()),
        (set(), {CLOCK.sentence, QUEUE.sentence}),
        ({TELEGRAM.sentence, DISCORD.sentence}, set()),
        (set(), {DISCORD.sentence}),
    ]


@pytest.mark.parametrize(("obstacle", "patience_s"), [(STORE, 10.0), (TELEGRAM, 120.0), (CLOCK, 5.0)])
def test_a_hiccup_is_not_told(obstacle: AlertObstacle, patience_s: float) -> None:
    told = Told(5.0)
    told.look(LATER, obstacle)
    told.look(LATER + patience_s - 0.1, obstacle)
    assert told.messages == []
    told.look(LATER + patience_s, obstacle)
    assert [at_s for at_s, begun, _ in told.messages if begun] == [LATER + patience_s]


def test_what_is_over_before_it_was_told_is_not_told_at_all() -> None:
    told = Told()
    told.look(LATER, STORE)
    told.look(LATER + 5)
    told.look(LATER + 9, STORE)
    told.look(LATER + 18, STORE)
    assert told.messages == []


def test_the_first_poll_may_take_two_minutes() -> None:
    told = Told()
    for at_s in (1.0, 60.0, 120.0):
        told.look(at_s, FIRST_POLL)
    assert told.messages == []
    told.look(121.0, FIRST_POLL)
    assert told.messages == [(121.0, [FIRST_POLL.sentence], [])]


def test_polls_that_fail_later_are_told_at_once() -> None:
    told = Told()
    told.look(LATER, POLL)
    assert told.messages == [(LATER, [POLL.sentence], [])]


def test_what_comes_and_goes_every_minute_is_told_once_an_hour() -> None:
    told = Told()
    for minute in range(5 * 60):
        told.look(LATER + minute * MINUTE, *((CLOCK,) if minute % 2 == 0 else ()))
    first, second, *others = [at_s for at_s, _, _ in told.messages]
    assert second - first == MINUTE  # the first beginning and its end
    assert 3 <= len(others) <= 4
    gaps = [later - earlier for earlier, later in zip([second, *others], others, strict=False)]
    assert all(FLAPPING_PAUSE_S <= gap <= FLAPPING_PAUSE_S + MINUTE for gap in gaps)
    told.look(LATER + 10 * 3600)
    last_s, begun, ended = told.messages[-1]
    assert (begun, ended) == ([], [CLOCK.sentence])
    assert not told.notices.news((), last_s + 10 * 3600)


def test_what_was_quiet_for_an_hour_begins_anew() -> None:
    told = Told()
    told.look(LATER, CLOCK)
    told.look(LATER + MINUTE)
    told.look(LATER + MINUTE + FLAPPING_PAUSE_S, CLOCK)
    told.look(LATER + 2 * MINUTE + FLAPPING_PAUSE_S)
    assert len(told.messages) == 4


def test_the_end_of_what_flapped_is_told_in_the_end() -> None:
    told = Told()
    told.look(LATER, CLOCK)
    told.look(LATER + MINUTE)
    told.look(LATER + 2 * MINUTE, CLOCK)
    told.look(LATER + MINUTE + FLAPPING_PAUSE_S, CLOCK)  # is there by then
    told.look(LATER + 2 * MINUTE + FLAPPING_PAUSE_S)
    assert [bool(ended) for _, _, ended in told.messages] == [False, True, False]
    told.look(LATER + MINUTE + 2 * FLAPPING_PAUSE_S)
    assert [bool(ended) for _, _, ended in told.messages] == [False, True, False, True]


def test_what_did_not_arrive_is_told_later_unless_it_is_over() -> None:
    told = Told()
    told.arrives = False
    told.look(LATER, CLOCK, QUEUE)
    told.arrives = True
    told.look(LATER + MINUTE, CLOCK)
    assert told.messages == [(LATER + MINUTE, [CLOCK.sentence], [])]
