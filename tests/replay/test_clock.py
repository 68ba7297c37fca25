"""Simulated time."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.replay.clock import ReplayClock
from bot.replay.episodes.catalogue import find_episode

START = datetime(2022, 12, 11, tzinfo=UTC)
END = START + timedelta(days=1)
HOUR = timedelta(hours=1)


class Stopwatch:
    """Real seconds, moved by the test."""

    seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_it_runs_as_many_times_faster_as_it_is_announced() -> None:
    watch = Stopwatch()
    clock = ReplayClock(START, END, speed=3600, ticks=watch)
    watch.seconds += 2.5

    assert clock.now() == START + timedelta(hours=2.5)


def test_it_never_passes_the_end() -> None:
    watch = Stopwatch()
    clock = ReplayClock(START, END, speed=3600, ticks=watch)
    assert not clock.is_over
    watch.seconds += 1000

    assert clock.now() == END
    assert clock.is_over


def test_a_frozen_one_moves_by_hand_only() -> None:
    clock = ReplayClock.frozen(START, END)
    assert clock.now() == START
    clock.advance(HOUR)
    clock.advance(HOUR)

    assert clock.now() == START + 2 * HOUR


def test_a_running_one_may_be_moved_as_well() -> None:
    watch = Stopwatch()
    clock = ReplayClock(START, END, speed=60, ticks=watch)
    watch.seconds += 60
    clock.advance(HOUR)

    assert clock.now() == START + 2 * HOUR


def test_a_frozen_one_can_be_set_running_from_where_it_stands() -> None:
    watch = Stopwatch()
    clock = ReplayClock(START, END, speed=0, ticks=watch)
    watch.seconds += 50
    clock.advance(HOUR)
    clock.run(3600)
    watch.seconds += 2

    assert clock.now() == START + 3 * HOUR


def test_it_never_goes_back() -> None:
    with pytest.raises(ValueError, match="never goes back"):
        ReplayClock.frozen(START, END).advance(-HOUR)
    with pytest.raises(ValueError, match="ends after it starts"):
        ReplayClock.frozen(END, START)


def test_an_episode_brings_its_own_span_and_speed() -> None:
    episode = find_episode("binance-2022")
    watch = Stopwatch()
    clock = ReplayClock.of(episode, ticks=watch)
    slow = ReplayClock.of(episode, speed=1, ticks=watch)
    watch.seconds += 1

    assert clock.now() == episode.live_start + timedelta(seconds=episode.speed)
    assert slow.now() == episode.live_start + timedelta(seconds=1)
    assert clock.end == episode.live_end
