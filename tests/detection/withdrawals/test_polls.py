import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.detection.withdrawals.polls import after_polls
from bot.detection.withdrawals.thresholds import KEPT_TRANSITIONS
from bot.domain.errors import SourceFault
from bot.domain.withdrawal_reading import Maintenance, SystemState, WithdrawalFlag, WithdrawalReading, WithdrawalState
from bot.domain.withdrawals import WithdrawalTransition
from tests.detection.withdrawals.polls import (
    CLOSED,
    DELAYED,
    LETTERS,
    OPEN,
    UNKNOWN,
    at,
    gate,
    network,
    poll,
    polled,
    usdt_over_tron,
)


@pytest.mark.parametrize(
    ("letters", "state", "since", "last_known"),
    [
        ("o", UNKNOWN, 0, None),
        ("oo", OPEN, 0, None),
        ("c", UNKNOWN, 0, None),
        ("cc", CLOSED, 0, None),
        ("oc", UNKNOWN, 0, None),
        ("ooc", OPEN, 0, None),
        ("oocc", CLOSED, 10, None),
        ("oocdc", OPEN, 0, None),
        ("oococ", OPEN, 0, None),
        ("oodd", DELAYED, 10, None),
        ("ooccoc", CLOSED, 10, None),
        ("ooccod", CLOSED, 10, None),
        ("ooccoo", OPEN, 20, None),
        ("ooctc", CLOSED, 10, None),
        ("oou", UNKNOWN, 5, OPEN),
        ("oov", UNKNOWN, 5, OPEN),
        ("oox", UNKNOWN, 5, OPEN),
        ("oott", OPEN, 0, None),
        ("oottot", OPEN, 0, None),
        ("oottt", UNKNOWN, 5, OPEN),
        ("oocccx", UNKNOWN, 20, CLOSED),
        ("oocxc", UNKNOWN, 5, OPEN),
        ("ooccxo", UNKNOWN, 15, CLOSED),
        ("ooccxoo", OPEN, 25, None),
        ("ooccxcc", CLOSED, 10, None),
        ("ooccvvcc", CLOSED, 10, None),
        ("oocuc", UNKNOWN, 5, OPEN),
    ],
)
def test_a_state_is_believed_after_two_polls_and_unknown_is_said_at_once(
    letters: str, state: WithdrawalState, since: int, last_known: WithdrawalState | None
) -> None:
    status = network(polled(*usdt_over_tron(letters)))

    assert (status.state, status.since, status.last_known) == (state, at(since), last_known)


def test_what_waits_for_a_second_poll_is_said() -> None:
    status = network(polled(*usdt_over_tron("ooc")))

    assert (status.pending, status.pending_since, status.confirmed_at) == (CLOSED, at(10), at(5))


@pytest.mark.parametrize(
    ("letters", "began_unseen"),
    [("cc", True), ("oocc", False), ("ccxcc", True), ("ooxcc", False), ("oxcc", True), ("ccoocc", False)],
)
def test_what_was_closed_when_first_looked_at_has_no_known_beginning(letters: str, *, began_unseen: bool) -> None:
    """`oxcc`: one poll had said open, which nobody believed yet."""
    known = polled(*usdt_over_tron(letters))

    assert network(known).began_unseen is began_unseen
    assert gate(known).major("USDT").began_unseen is network(known).began_unseen


def test_changes_are_told_once_and_the_first_look_is_none() -> None:
    known = polled(*usdt_over_tron("cc"), *usdt_over_tron("oovcc", begin=2))

    assert known.transitions["gate"] == (
        WithdrawalTransition(at(10), "USDT", "TRON", CLOSED, OPEN),
        WithdrawalTransition(at(15), "USDT", "TRON", OPEN, UNKNOWN),
        WithdrawalTransition(at(25), "USDT", "TRON", UNKNOWN, CLOSED),
    )
    assert gate(known).transitions == known.transitions["gate"]


def test_a_closing_that_goes_on_after_a_gap_is_dated_by_when_it_was_seen_again() -> None:
    known = polled(*usdt_over_tron("ooccxcc"))

    assert network(known).since == at(10)
    assert known.transitions["gate"][-1] == WithdrawalTransition(at(25), "USDT", "TRON", UNKNOWN, CLOSED)


def test_only_the_latest_changes_are_kept_in_memory() -> None:
    known = polled(*usdt_over_tron("oo" + "ccoo" * KEPT_TRANSITIONS))

    assert len(gate(known).transitions) == KEPT_TRANSITIONS
    assert len(known.transitions["gate"]) == 2 * KEPT_TRANSITIONS
    assert gate(known).transitions == known.transitions["gate"][-KEPT_TRANSITIONS:]


def test_a_reading_that_comes_twice_or_late_changes_nothing() -> None:
    first, second, closed = usdt_over_tron("ooc")
    known = polled(first, second, closed)

    for late in (closed, second, first, poll(10, fault=SourceFault.BAD_SHAPE)):
        again = after_polls(known.known, [late])
        assert again.known == known.known
        assert again.changed == ()


def test_a_silent_poll_that_comes_twice_is_counted_once() -> None:
    known = polled(*usdt_over_tron("oo"), *[poll(10, fault=SourceFault.TIMEOUT)] * 3)

    assert gate(known).silent_polls == 1
    assert network(known).state is OPEN


def test_no_readings_change_nothing() -> None:
    known = polled(*usdt_over_tron("oo"))

    assert after_polls(known.known, []).known is known.known


def test_readings_of_one_round_are_taken_in_the_order_of_time() -> None:
    readings = usdt_over_tron("oocc")

    in_one_round = after_polls({}, readings[::-1])

    assert in_one_round.known == polled(*readings).known
    assert in_one_round.transitions == polled(*readings).transitions
    assert in_one_round.changed == ("gate",)


def test_a_flag_that_comes_twice_counts_once_and_one_that_contradicts_itself_not_at_all() -> None:
    open_flag, closed_flag = (WithdrawalFlag("USDT", "TRON", state) for state in (OPEN, CLOSED))
    known = polled(*usdt_over_tron("oo"))

    twice = polled(replace(poll(10), flags=(closed_flag, closed_flag)), before=known.known)
    contradicted = polled(replace(poll(10), flags=(closed_flag, open_flag)), before=known.known)

    assert network(twice).pending is CLOSED
    assert network(contradicted) == network(known)


@pytest.mark.parametrize("fault", SourceFault)
def test_a_source_that_answers_what_cannot_be_read_is_unknown_and_a_silent_one_after_three_polls(
    fault: SourceFault,
) -> None:
    silent = {"timeout", "unreachable", "rate limited", "blocked", "server error", "unknown slug", "cut short"}
    states = []
    known = polled(*usdt_over_tron("oo"))
    for minutes in (10, 15, 20):
        known = polled(poll(minutes, fault=fault), before=known.known)
        states.append(network(known).state)

    assert states == ([OPEN, OPEN, UNKNOWN] if fault in silent else [UNKNOWN] * 3)
    assert (gate(known).fault, gate(known).silent_polls, gate(known).as_of) == (fault, 3, at(5))
    assert network(polled(*usdt_over_tron("oo", begin=5), before=known.known)).state is OPEN


def test_when_nothing_is_known_neither_are_the_share_the_system_and_what_was_announced() -> None:
    work = Maintenance("Wallet work", is_under_way=True)
    answered = replace(poll(0, {"BTC/BITCOIN": OPEN}, share=0.1, maintenance=[work]), system=SystemState.NORMAL)
    known = polled(answered)
    assert (gate(known).closed_share, gate(known).system, gate(known).maintenance) == (0.1, SystemState.NORMAL, (work,))

    dark = gate(polled(poll(5, fault=SourceFault.BAD_SHAPE), before=known.known))

    assert (dark.closed_share, dark.system, dark.maintenance) == (None, None, ())


def test_a_part_that_cannot_be_read_is_silent_and_not_vanished() -> None:
    """The status page that tells networks one by one is away for three polls, while the list of assets is there."""
    page_is_away = [("status page", SourceFault.TIMEOUT)]
    states = []
    known = polled(*usdt_over_tron("oo"))
    for minutes in (10, 15, 20):
        known = polled(poll(minutes, {"BTC/BITCOIN": OPEN}, part_faults=page_is_away), before=known.known)
        states.append(network(known).state)

    assert states == [OPEN, OPEN, UNKNOWN]
    assert gate(known).part_faults == (("status page", SourceFault.TIMEOUT),)


def test_a_network_that_is_not_listed_for_a_month_is_forgotten() -> None:
    known = polled(*usdt_over_tron("oov"))

    later = polled(poll(29 * 24 * 60, {"BTC/BITCOIN": OPEN}), before=known.known)
    much_later = polled(poll(31 * 24 * 60, {"BTC/BITCOIN": OPEN}), before=known.known)

    assert [status.asset for status in gate(later).networks] == ["BTC", "USDT"]
    assert [status.asset for status in gate(much_later).networks] == ["BTC"]


# Properties, over sequences of polls: o open, d delayed, c closed, u unknown, v vanished, t silent, x unreadable.
LETTERS_OF_POLLS = st.text("odcuvtx", max_size=14)


@settings(max_examples=60)
@given(LETTERS_OF_POLLS)
def test_what_is_believed_is_what_two_polls_in_a_row_said_last(letters: str) -> None:
    readings = usdt_over_tron("oo" + letters)
    state = network(polled(*readings)).state
    said = ("oo" + letters).replace("t", "")

    for number in range(len(said) - 1, 0, -1):
        pair = said[number - 1 : number + 1]
        if pair[1] in "uvx":
            assert state is UNKNOWN
            return
        if pair[0] == pair[1]:
            assert state in {LETTERS[pair[1]], UNKNOWN}
            return
    raise AssertionError


@settings(max_examples=60)
@given(LETTERS_OF_POLLS, st.sampled_from("odcuvtx"))
def test_unknown_never_becomes_open_or_closed_by_itself(letters: str, last: str) -> None:
    before = network(polled(*usdt_over_tron("oo" + letters)))
    after = network(polled(*usdt_over_tron("oo" + letters + last)))

    if after.state not in {before.state, UNKNOWN}:
        assert before.pending is after.state is LETTERS[last]


@settings(max_examples=50)
@given(LETTERS_OF_POLLS, st.randoms(use_true_random=False))
def test_repetitions_and_late_readings_do_not_matter(letters: str, chance: random.Random) -> None:
    readings = usdt_over_tron("oo" + letters)
    disturbed: list[WithdrawalReading] = []
    for number, reading in enumerate(readings):
        disturbed += [reading, *chance.sample(readings[: number + 1], k=chance.randint(0, min(2, number)))]

    assert polled(*disturbed).known == polled(*readings).known
    assert after_polls({}, _shuffled(readings, chance)).known == polled(*readings).known


@settings(max_examples=50)
@given(LETTERS_OF_POLLS)
def test_transitions_lead_from_each_state_to_the_next(letters: str) -> None:
    known = polled(*usdt_over_tron("oo" + letters))
    transitions = [change for change in known.transitions.get("gate", ()) if change.asset == "USDT"]

    states = [OPEN, *(change.after for change in transitions)]
    assert [change.before for change in transitions] == states[:-1]
    assert network(known).state is states[-1]
    assert [change.at for change in transitions] == sorted(change.at for change in transitions)


def _shuffled(readings: Sequence[WithdrawalReading], chance: random.Random) -> list[WithdrawalReading]:
    return chance.sample(list(readings), k=len(readings))


def test_a_poll_is_dated_by_its_own_time() -> None:
    known = polled(*usdt_over_tron("oo"))

    assert gate(known).as_of == gate(known).polled_at == at(5)
    assert network(known).confirmed_at - network(known).since == timedelta(minutes=5)
