import pytest

from bot.detection.withdrawals.closed_networks import CLOSED_AT, ClosedNetworks, KnownEvents
from bot.detection.withdrawals.polls import PolledWithdrawals, after_polls
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Measurement, Reason, Signal, Size, Unit
from bot.domain.withdrawals import ExchangeWithdrawals
from tests.detection.withdrawals.polls import CLOSED, all_main, at, poll

SOURCE = ClosedNetworks()
THREE = ("gate", "htx", "kucoin")


class Polls:
    """Polls of three exchanges or more, every five minutes, which the source sees as they come."""

    def __init__(self) -> None:
        self.known = PolledWithdrawals({})
        self.state: KnownEvents = SOURCE.initial_state()
        self.minutes = -15

    def __call__(
        self, *closed_at: str, others: tuple[str, ...] = (), times: int = 2, closed: str = "TRON"
    ) -> Signal | None:
        """Poll so many times while a network is closed at some exchanges; return the signal about Tron after it."""
        for _ in range(times):
            self.minutes += 5
            readings = [
                poll(
                    self.minutes,
                    {key: CLOSED if closed in key and id_ in closed_at else state for key, state in all_main().items()},
                    exchange=id_,
                )
                for id_ in (*THREE, *others)
            ]
            self.known = after_polls(self.known.known, readings)
            self.state = SOURCE.update(self.state, [self.known.known[id_] for id_ in self.known.changed])
        return self.signal()

    def signal(self, minutes: float | None = None) -> Signal | None:
        found = SOURCE.signal(self.state, "TRON", at(self.minutes if minutes is None else minutes))
        return SOURCE.grade(found, Sensitivity.NORMAL) if found else None


@pytest.fixture
def polls() -> Polls:
    polls = Polls()
    assert polls() is None
    return polls


def test_a_network_event_is_a_watch_about_the_network(polls: Polls) -> None:
    found = polls(*THREE)

    assert found
    assert list(SOURCE.subjects(polls.state)) == ["TRON"]
    assert (found.subject, found.severity, found.easing) == ("TRON", Severity.WATCH, Severity.WATCH)
    assert found.figures == (
        Measurement(CLOSED_AT, Size(-3.0, Unit.COUNT)),
        *(Measurement(name, Size(-1.0, Unit.COUNT)) for name in ("Gate", "Htx", "Kucoin")),
    )
    assert found.reasons == (Reason(None, CLOSED_AT, 3.0, 3.0),)
    assert (found.size, found.seen_since, found.confirmed_by_source) == (Size(-3.0, Unit.COUNT), at(0), True)


def test_two_exchanges_are_no_event(polls: Polls) -> None:
    assert polls("gate", "htx") is None


def test_it_goes_on_until_the_last_has_opened_again(polls: Polls) -> None:
    polls(*THREE)

    two, none = polls("gate", "htx"), polls()

    assert two
    assert none
    assert (two.severity, two.easing, two.size) == (None, Severity.WATCH, Size(-2.0, Unit.COUNT))
    assert (none.severity, none.easing, none.size) == (None, None, Size(-0.0, Unit.COUNT))


def test_another_exchange_that_joins_is_counted(polls: Polls) -> None:
    polls(others=("bitget",))
    polls(*THREE, others=("bitget",))

    found = polls(*THREE, "bitget", others=("bitget",))

    assert found
    assert found.size == Size(-4.0, Unit.COUNT)


def test_it_is_over_when_it_turns_out_to_be_none(polls: Polls) -> None:
    """Kucoin closes everything within the hour: two are left, and that is no event."""
    polls(*THREE)

    polls.minutes += 5
    everything = poll(polls.minutes, all_main(CLOSED), exchange="kucoin")
    again = poll(polls.minutes + 5, all_main(CLOSED), exchange="kucoin")
    for reading in (everything, again):
        polls.known = after_polls(polls.known.known, [reading])
        polls.state = SOURCE.update(polls.state, [polls.known.known[id_] for id_ in polls.known.changed])
    found = polls.signal(polls.minutes + 5)

    assert found
    assert (found.severity, found.easing) == (None, None)


def test_what_exchanges_do_not_tell_any_more_is_not_judged(polls: Polls) -> None:
    polls(*THREE)

    found = polls.signal(polls.minutes + 46)

    assert found
    assert not found.graded
    assert len(found.holds) == 1


def test_nothing_is_known_of_a_network_that_was_in_no_event_or_of_exchanges_that_are_gone(polls: Polls) -> None:
    polls(*THREE)
    (event,) = polls.known.known["gate"].events
    unknown = KnownEvents(events={"TRON": event})

    assert SOURCE.signal(polls.state, "BITCOIN", at(0)) is None
    assert SOURCE.signal(unknown, "TRON", at(0)) is None
    never_answered = SOURCE.update(unknown, [ExchangeWithdrawals("gate")])
    assert SOURCE.signal(never_answered, "TRON", at(0)) is None
