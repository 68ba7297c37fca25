"""What an argument may become while it is typed: from memory, the likeliest first, and never an error."""

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bot.commands.declaration import Command, Parameter
from bot.commands.suggestions import PAST_RUNS
from bot.domain.incident import IncidentState
from bot.domain.severity import Severity
from bot.language.translation import written_in
from bot.replay.episodes.catalogue import EPISODES
from bot.replay.outflow_curve import has_outflow_curve
from handlers import COMMANDS
from tests.builders import incident
from tests.fakes.catalogue import translate
from tests.fakes.dispatcher import DispatcherBench


@pytest.fixture
async def bench() -> DispatcherBench:
    """Binance, OKX, Gate.io and NEXO are known, the store is away, and of three incidents two are open."""
    bench = DispatcherBench()
    await bench.load()
    bench.memory.readings.away = True
    over = replace(incident(number=9), state=IncidentState.RESOLVED)
    mild = replace(incident(number=8), subject="okx", severity=Severity.WATCH)
    severe = replace(incident(number=7), severity=Severity.SEVERE)
    bench.latest.incidents = (over, mild, severe)
    return bench


def argument(command: str, name: str) -> Parameter:
    declared = COMMANDS.get(command)
    assert declared
    return next(parameter for parameter in declared.parameters if parameter.name == name)


EXCHANGES = ["binance", "okx", "gate", "nexo"]


@pytest.mark.parametrize(
    ("command", "name", "typed", "values"),
    [
        ("reserves", "exchange", "", EXCHANGES),
        ("reserves", "exchange", "gat", ["gate"]),
        ("reserves", "exchange", "BIN", ["binance"]),
        ("reserves", "exchange", "bin\u200bance\u202e", ["binance"]),
        ("reserves", "exchange", "binanse", ["binance"]),
        ("reserves", "exchange", "q" * 6000, []),
        ("reserves", "exchange", "🟠", []),
        ("subscribe", "exchange", "", ["all", *EXCHANGES]),
        ("subscribe", "exchange", "al", ["all"]),
        ("subscribe", "exchange", "stre", ["stress"]),
        ("compare", "b", "", ["binance", "okx", "gate", "ftx-2022", "binance-2022", "binance-2023-06", "nexo",
                              "binance-2023-11", "theft-then-run"]),
        ("compare", "b", "ftx", ["ftx-2022"]),
        ("compare", "b", "binance", ["binance", "binance-2022", "binance-2023-06", "binance-2023-11"]),
        ("why", "incident", "", ["INC-7", "INC-8", "INC-9"]),
        ("why", "incident", "8", ["INC-8"]),
        ("why", "incident", "#9", ["INC-9"]),
        ("why", "incident", "okx", ["INC-8"]),
        ("why", "incident", "doge", []),
        ("subscribe", "usd", "", ["$10M", "$50M", "$100M", "$500M"]),
        ("subscribe", "usd", "50", ["$50M", "$50K", "$50B"]),
        ("subscribe", "usd", "$2.5b", ["$2.5M", "$2.5K", "$2.5B"]),
        ("subscribe", "usd", "lots", []),
        ("subscribe", "percent", "3", ["3%"]),
        ("subscribe", "percent", "1,5", ["1,5%"]),
        ("subscribe", "percent", "%3", ["3%"]),
        ("subscribe", "percent", "500", []),
        ("subscribe", "percent", "", ["1%", "3%", "5%", "10%"]),
        ("rehearse", "rule", "e", ["early"]),
        ("rehearse", "rule", "7", ["7%", "$7M", "$7K", "$7B"]),
        ("drill", "network", "tro", ["Tron"]),
        ("drill", "asset", "usd", []),
        ("help", "command", "/withd", ["withdrawals", "stress", "drill"]),
        ("help", "command", "rotating", ["stress"]),
        ("subscribe", "mention", "", []),
    ],
)  # fmt: skip
def test_what_is_typed_becomes_what_may_be_meant(
    bench: DispatcherBench, command: str, name: str, typed: str, values: list[str]
) -> None:
    assert [value for _, value in bench.dispatcher.suggest(argument(command, name), typed)] == values


def test_every_suggested_value_can_be_read(bench: DispatcherBench) -> None:
    for declared in COMMANDS:
        for parameter in declared.parameters:
            for typed in ("", "a", "5", "bin"):
                for _, value in bench.dispatcher.suggest(parameter, typed):
                    parameter.kind.read(value)


def test_choices_are_shown_in_words_that_say_what_they_mean(bench: DispatcherBench) -> None:
    severities = bench.dispatcher.suggest(argument("subscribe", "severity"), "")
    assert severities[0] == ("Watch or worse", "watch")
    assert severities[-1] == ("Only critical", "critical")
    assert bench.dispatcher.suggest(argument("rehearse", "rule"), "ea") == [("Early sensitivity", "early")]
    assert bench.dispatcher.suggest(argument("approve", "decision"), "") == [("Post", "post"), ("Discard", "discard")]


@pytest.mark.parametrize("declared", list(COMMANDS), ids=lambda declared: declared.name)
def test_no_question_names_a_parameter(declared: Command) -> None:
    """`rule` and `decision` are words to type on Discord, and English in every language."""
    for parameter in declared.parameters:
        assert not parameter.required or parameter.ask or parameter.kind.question, parameter.name


def test_incidents_are_shown_with_their_exchange_and_severity(bench: DispatcherBench) -> None:
    labels = [label for label, _ in bench.dispatcher.suggest(argument("why", "incident"), "")]
    assert labels == ["INC-7 · Binance · severe", "INC-8 · OKX · watch", "INC-9 · Binance · over"]


def test_labels_are_in_the_language_in_force_and_words_as_they_are_typed(
    bench: DispatcherBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    described = COMMANDS.get("status")
    assert described
    spanish = {"All exchanges": "Todos los exchanges", "severe": "grave", described.description: "Qué funciona ahora"}
    translate(monkeypatch, "es", spanish)
    with written_in("es"):
        suggested = [
            bench.dispatcher.suggest(argument(command, name), typed)
            for command, name, typed in [("subscribe", "exchange", "todos"), ("why", "incident", "grave")]
        ]
        help_on = bench.dispatcher.suggest(argument("help", "command"), "funciona")

    assert suggested == [[("Todos los exchanges", "all")], [("INC-7 · Binance · grave", "INC-7")]]
    assert help_on == [("/status · Qué funciona ahora", "status")]


def test_what_was_given_already_is_not_offered_again(bench: DispatcherBench) -> None:
    pairs = bench.dispatcher.suggest(argument("compare", "b"), "", given={"a": "binance"}, limit=2)
    assert pairs == [("OKX", "okx"), ("Gate.io", "gate")]


def test_a_fault_leaves_whoever_types_without_help(bench: DispatcherBench) -> None:
    def broken(*_: object) -> list[tuple[str, str]]:
        raise ZeroDivisionError

    parameter = argument("why", "incident")
    with capture_logs() as logs:
        assert bench.dispatcher.suggest(replace(parameter, kind=replace(parameter.kind, suggest=broken)), "") == []
    assert [log["event"] for log in logs] == ["suggestions failed"]


def test_the_runs_of_the_past_are_those_that_can_be_compared_with() -> None:
    known = {(episode.title, name) for name, episode in EPISODES.items() if has_outflow_curve(episode)}
    assert set(PAST_RUNS) == known


async def test_incidents_are_remembered_from_the_store(bench: DispatcherBench) -> None:
    await bench.queries.remember_incidents()
    assert bench.queries.known_incidents() == []
