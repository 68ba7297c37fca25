"""Which questions were asked already: the same words, in the same place, within ten seconds, for everybody alike."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.commands.declaration import Command
from bot.commands.repeated_questions import RecentKeys, RepeatedQuestions
from handlers import COMMANDS
from tests.builders import HERE
from tests.fakes.dispatcher import CHANNEL, MEMBER, MODERATOR, OWNER, DispatcherBench


class HandMovedSeconds:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def named(name: str) -> Command:
    declared = COMMANDS.get(name)
    assert declared
    return declared


def test_the_same_question_in_one_place_repeats_for_ten_seconds_after_the_first() -> None:
    clock, bench = HandMovedSeconds(), DispatcherBench()
    repeated = RepeatedQuestions(clock)
    ann, bob = bench.context(MEMBER), bench.context(MODERATOR)

    assert not repeated.is_repeated(ann, named("reserves"), "binance")
    clock.now += 9.9
    assert repeated.is_repeated(bob, named("reserves"), " Binance ")
    assert not repeated.is_repeated(bob, named("reserves"), "okx")
    assert not repeated.is_repeated(bob, named("flows"), "binance")
    assert not repeated.is_repeated(bench.context(MEMBER, CHANNEL), named("reserves"), "binance")
    clock.now += 0.1
    assert not repeated.is_repeated(bob, named("reserves"), "binance"), "a repetition does not prolong it"


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("subscribe", "binance"),
        ("drill", "binance requested"),
        ("privacy", "forget"),
        ("hold", {"exchange": "binance"}),
    ],
)
def test_what_changes_something_never_repeats(name: str, given: str | Mapping[str, str]) -> None:
    repeated, context = RepeatedQuestions(), DispatcherBench().context(MEMBER)
    assert [repeated.is_repeated(context, named(name), given) for _ in range(2)] == [False, False]


def test_neither_the_owner_nor_who_asks_in_private_shares_an_answer() -> None:
    repeated, bench = RepeatedQuestions(), DispatcherBench()
    for context in (bench.context(OWNER), replace(bench.context(MEMBER), private=True)):
        assert [repeated.is_repeated(context, named("status"), "") for _ in range(2)] == [False, False]


def test_what_was_not_answered_to_all_is_asked_anew() -> None:
    repeated, context = RepeatedQuestions(), DispatcherBench().context(place=HERE)
    given = {"exchange": "binance", "window": "24h"}
    assert not repeated.is_repeated(context, named("flows"), given)
    assert repeated.is_repeated(context, named("flows"), given)
    repeated.forget(context, named("flows"), given)
    assert not repeated.is_repeated(context, named("flows"), given)


@pytest.mark.parametrize(("name", "words"), [("subscribe", "binance"), ("privacy", "delete code:0123abcd")])
def test_what_a_moderator_changes_is_asked_anew_in_that_place(name: str, words: str) -> None:
    repeated, bench = RepeatedQuestions(), DispatcherBench()
    here, elsewhere = bench.context(MODERATOR), bench.context(MEMBER, CHANNEL)
    for context in (here, elsewhere):
        assert not repeated.is_repeated(context, named("subscriptions"), "")
    assert not repeated.is_repeated(here, named(name), words)
    assert not repeated.is_repeated(here, named("subscriptions"), "")
    assert repeated.is_repeated(elsewhere, named("subscriptions"), "")


def test_only_the_newest_ten_thousand_are_remembered() -> None:
    recent = RecentKeys[int](1000.0)
    for number in range(10_001):
        assert not recent.was_seen(number)
    assert recent.was_seen(10_000)
    assert not recent.was_seen(0)
