"""A machine whose clock is wrong goes by the time that others agree on, and says so."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from bot.domain.obstacles import ClockFacts
from bot.workers.corrected_clock import THE_STORE, CorrectedClock, timed_requests
from tests.builders import HOUR, NOON
from tests.clocks import HandMovedClock

MINUTE = timedelta(minutes=1)


@dataclass
class Scene:
    """True time, and a machine whose clock is ahead of it by `ahead`."""

    ahead: timedelta = timedelta()
    true: HandMovedClock = field(default_factory=lambda: HandMovedClock(NOON))
    corrections: list[timedelta] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = CorrectedClock(self, counter=lambda: self.true.now().timestamp())
        self.clock.on_correction = self.corrections.append

    def now(self) -> datetime:
        """Return the time by the machine's clock."""
        return self.true.now() + self.ahead

    def hear(self, *names: str, ahead: timedelta = timedelta()) -> None:
        """Let some answer; their clocks are right unless they are `ahead`."""
        for name in names:
            self.clock.hear_headers(
                name, {"Date": format_datetime(self.true.now() + ahead, usegmt=True)}, host=f"{name}.test"
            )

    @property
    def error(self) -> timedelta:
        return self.clock.now() - self.true.now()


def test_a_clock_that_is_right_stays_as_it_is() -> None:
    scene = Scene()
    scene.hear("llama", "Telegram")
    assert (scene.error, scene.clock.facts(), scene.corrections) == (timedelta(), ClockFacts(), [])


def test_a_clock_that_is_a_minute_off_is_followed() -> None:
    """Nothing here depends on a minute, and the dates of log lines stay those of the machine."""
    scene = Scene(MINUTE)
    scene.hear("llama", "Telegram")
    assert (scene.error, scene.clock.facts()) == (MINUTE, ClockFacts())
    scene.ahead = -MINUTE
    assert scene.error == -MINUTE


@pytest.mark.parametrize("ahead", [5 * HOUR, -5 * HOUR, 3 * MINUTE, timedelta(days=-20000)])
def test_a_wrong_clock_is_corrected_once_two_others_agree(ahead: timedelta) -> None:
    scene = Scene(ahead)
    scene.hear("llama")
    assert scene.error == ahead
    assert scene.clock.facts() == ClockFacts(doubted_by=("llama", ahead))
    scene.hear("Telegram")
    assert scene.error == timedelta()
    assert scene.clock.facts() == ClockFacts(machine_ahead=ahead, by=["llama", "Telegram"])
    assert scene.corrections == [-ahead]


def test_the_corrected_time_goes_on_between_answers() -> None:
    scene = Scene(5 * HOUR)
    scene.hear("llama", "Telegram")
    scene.true.advance(2 * HOUR)
    assert scene.error == timedelta()


@pytest.mark.parametrize("jump", [-HOUR, 12 * HOUR])
def test_a_clock_that_is_set_wrong_while_the_bot_runs_changes_nothing(jump: timedelta) -> None:
    """Whoever answered before is believed: its time has gone on by a counter that nobody can set."""
    scene = Scene()
    scene.hear("llama")
    scene.true.advance(10 * MINUTE)
    scene.ahead = jump
    assert scene.error == timedelta()
    assert scene.clock.facts() == ClockFacts(machine_ahead=jump, by=["llama"])
    assert scene.corrections == []


def test_a_clock_that_is_set_right_is_believed_again() -> None:
    scene = Scene(5 * HOUR)
    scene.hear("llama", "Telegram")
    scene.ahead = timedelta()
    assert (scene.error, scene.clock.facts()) == (timedelta(), ClockFacts())
    assert scene.corrections == [-5 * HOUR]


def test_without_anybody_else_the_machine_is_followed_wherever_it_goes() -> None:
    scene = Scene()
    scene.ahead = -HOUR
    assert (scene.error, scene.clock.facts()) == (-HOUR, ClockFacts())


def test_an_upstream_whose_clock_is_wrong_changes_nothing() -> None:
    scene = Scene()
    scene.hear("Telegram")
    scene.hear("llama", ahead=5 * HOUR)
    assert (scene.error, scene.clock.facts()) == (timedelta(), ClockFacts())


def test_the_store_decides_between_this_machine_and_one_upstream() -> None:
    scene = Scene(5 * HOUR)
    scene.hear("llama")
    scene.clock.hear(THE_STORE, scene.true.now(), may_be_here=True)
    assert scene.error == timedelta()
    assert scene.clock.facts().by == ["llama", THE_STORE]


def test_a_store_with_this_machines_time_may_be_on_this_machine_and_is_no_witness() -> None:
    scene = Scene(5 * HOUR)
    scene.clock.hear(THE_STORE, scene.now(), may_be_here=True)
    scene.hear("llama", "Telegram")
    assert scene.error == timedelta()


@pytest.mark.parametrize(
    ("host", "may_be_here"),
    [
        ("api.llama.fi", False),
        ("localhost", True),
        ("redis", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("192.168.1.7", True),
        ("8.8.8.8", False),
    ],
)
def test_what_runs_here_has_no_vote_for_this_machines_time(host: str, *, may_be_here: bool) -> None:
    """A Bot API server on the same machine has the same wrong time; two upstreams outvote it."""
    scene = Scene(5 * HOUR)
    wrong = {"Date": format_datetime(scene.now(), usegmt=True)}
    scene.clock.hear_headers("Telegram", wrong, host=host)
    scene.hear("llama", "Discord")
    assert scene.error == (timedelta() if may_be_here else 5 * HOUR)


def test_answers_are_forgotten_after_three_hours() -> None:
    scene = Scene()
    scene.hear("llama", "Telegram")
    scene.true.advance(3 * HOUR + MINUTE)
    scene.ahead = HOUR
    assert scene.error == HOUR


@pytest.mark.parametrize("kept", [timedelta(), 20 * MINUTE])
def test_a_cached_answer_is_from_some_time_within_its_age(kept: timedelta) -> None:
    """Some caches tell when they got an answer, some what time it is now; either contradicts a clock 5 h off."""
    headers = {"Date": format_datetime(NOON - kept, usegmt=True), "Age": "1200"}
    right, wrong = Scene(), Scene(5 * HOUR)
    for scene in (right, wrong):
        scene.clock.hear_headers("llama", headers, host="a.test")
        scene.hear("Telegram")
    assert (right.error, right.clock.facts()) == (timedelta(), ClockFacts())
    assert wrong.error == timedelta()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Date": ""},
        {"Date": "yesterday"},
        {"Date": "Tue, 99 Dec 2022 12:00:00 GMT"},
        {"Date": "Tue, 13 Dec 2022 17:00:00 GMT", "Age": "a while"},
        {"Date": "Tue, 13 Dec 2022 17:00:00 GMT", "Age": "-1"},
        {"Date": "Tue, 13 Dec 2022 17:00:00 GMT", "Age": "999999999999"},
    ],
)
def test_headers_that_name_no_time_are_ignored(headers: dict[str, str]) -> None:
    scene = Scene()
    scene.clock.hear_headers("llama", headers, host="a.test")
    assert scene.clock.facts() == ClockFacts()


def test_a_date_without_a_zone_is_in_utc() -> None:
    scene = Scene(5 * HOUR)
    for name in ("llama", "Telegram"):
        scene.clock.hear_headers(name, {"Date": "Tue, 13 Dec 2022 12:00:00 -0000"}, host="a.test")
    assert scene.error == timedelta()


def test_a_clock_of_a_replay_hears_nobody() -> None:
    assert timed_requests(HandMovedClock(), "Telegram", "https://a.test") is None


@pytest.mark.parametrize(("took", "is_heard"), [(2 * MINUTE, True), (2 * MINUTE + timedelta(seconds=1), False)])
def test_an_answer_that_was_under_way_for_long_says_nothing(took: timedelta, *, is_heard: bool) -> None:
    scene = Scene(5 * HOUR)
    begin_request = timed_requests(scene.clock, "Telegram", "https://a.test")
    assert begin_request
    read_headers = begin_request()
    scene.true.advance(took)
    read_headers({"Date": format_datetime(scene.true.now(), usegmt=True)})
    assert scene.clock.facts() == ClockFacts(doubted_by=("Telegram", 5 * HOUR) if is_heard else None)


def test_by_itself_it_goes_on_as_the_machine_does() -> None:
    class MachineClock:
        def now(self) -> datetime:
            return datetime.fromtimestamp(time.time(), UTC)

    clock = CorrectedClock(MachineClock())
    first = clock.now()
    assert timedelta() <= clock.now() - first < MINUTE
