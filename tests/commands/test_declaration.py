import inspect
import re
from contextlib import suppress
from datetime import timedelta
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.arguments import Arg, ExchangeName, MuteSpan, Share, Usd
from bot.commands.declaration import Access, Command, CommandSet, MissingArgument, Request, command, split_words
from bot.domain.errors import BadArgument
from bot.domain.flow import Window
from bot.domain.severity import Sensitivity, Severity
from bot.language.translation import written_in
from bot.messages.model import Message
from handlers import COMMANDS
from tests.fakes.catalogue import translate

NAME = re.compile(r"[a-z0-9_]{1,32}")
every_command = pytest.mark.parametrize("declared", list(COMMANDS), ids=lambda declared: declared.name)


def named(name: str) -> Command:
    declared = COMMANDS.get(name)
    assert declared
    return declared


@every_command
def test_a_command_can_be_shown_on_every_platform(declared: Command) -> None:
    assert NAME.fullmatch(declared.name)
    assert 0 < len(declared.description) <= 100
    assert not declared.description.endswith(".")
    assert declared.usage.startswith(f"/{declared.name}")
    assert declared.access in Access


@every_command
def test_every_parameter_is_named_described_and_typed(declared: Command) -> None:
    assert len(declared.parameters) <= 25
    for parameter in declared.parameters:
        assert NAME.fullmatch(parameter.name)
        assert 0 < len(parameter.description) <= 100
        assert len(parameter.kind.choices) <= 25
    names = list(inspect.signature(declared.handler).parameters)
    assert names == ["request", *(parameter.name for parameter in declared.parameters)]


@every_command
def test_only_trailing_parameters_are_optional(declared: Command) -> None:
    required = [parameter.required for parameter in declared.parameters]

    assert required == sorted(required, reverse=True)


@every_command
def test_no_two_optional_arguments_can_be_mistaken_for_each_other(declared: Command) -> None:
    samples = {
        "usd": "$5M",
        "percent": "3%",
        "mention": "@here",
        "place": "@channel",
        "incident": "INC-1",
        "duration": "4h",
    }
    samples |= {"page": "2", "code": "code:1f3a09bc"}
    optional = [
        parameter for parameter in declared.parameters if not parameter.required and not parameter.kind.takes_any_word
    ]
    for parameter in optional:
        for word in parameter.kind.choices or (samples.get(parameter.kind.name, "flows"),):
            assert [other.name for other in optional if other.kind.matches(word)] == [parameter.name]


@every_command
def test_a_missing_argument_says_how_the_command_is_used(declared: Command) -> None:
    if not any(parameter.required for parameter in declared.parameters):
        assert declared.read_words("") == {}
        assert declared.read_options({}) == {}
        return
    with pytest.raises(MissingArgument) as by_words:
        declared.read_words("")
    with pytest.raises(MissingArgument) as by_name:
        declared.read_options({})
    for missing in (by_words.value, by_name.value):
        assert declared.usage in str(missing)
        assert missing.parameter is declared.parameters[0]


def test_the_first_commands_are_there() -> None:
    assert {declared.name for declared in COMMANDS} >= {
        "reserves", "flows", "top", "exchanges", "incidents", "why", "subscribe", "unsubscribe", "subscriptions",
        "help", "status", "privacy",
    }  # fmt: skip


def test_what_changes_a_place_is_for_its_moderators() -> None:
    by_access = {access: {declared.name for declared in COMMANDS if declared.access is access} for access in Access}

    assert by_access[Access.MODERATOR] == {
        "subscribe", "unsubscribe", "mute", "unmute", "settings", "test", "approve", "export", "import",
        "rehearse",
    }  # fmt: skip
    assert by_access[Access.OWNER] == {"hold", "release"}


def test_a_reason_is_all_the_words_that_are_left() -> None:
    hold = named("hold")

    assert hold.read_words("binance its wallets move, they say") == {
        "exchange": "binance", "why": "its wallets move, they say",
    }  # fmt: skip
    assert hold.read_words("binance") == {"exchange": "binance"}
    with pytest.raises(BadArgument):
        hold.read_words("binance " + "very " * 100)


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("binance until it gets worse", {"exchange": "binance", "duration": MuteSpan(None)}),
        ("until worse binance", {"exchange": "binance", "duration": MuteSpan(None)}),
        ("4 h", {"duration": MuteSpan(timedelta(hours=4))}),
        ("binance", {"exchange": "binance"}),
    ],
)
def test_words_that_are_one_argument_together_are_read_together(line: str, arguments: dict[str, object]) -> None:
    assert named("mute").read_words(line) == arguments


def test_usage_shows_what_may_be_left_out() -> None:
    assert named("flows").usage == "/flows <exchange> [window]"
    assert named("status").usage == "/status"


WANTED = {
    "exchange": "binance",
    "sensitivity": Sensitivity.EARLY,
    "severity": Severity.SEVERE,
    "usd": 50e6,
    "percent": 0.03,
    "mention": "here",
    "place": "@channel",
}


@given(st.permutations(["early", "severe", "$50M", "3%", "@here", "@channel"]), st.integers(0, 6))
def test_optional_words_may_stand_in_any_order(words: list[str], count: int) -> None:
    arguments = named("subscribe").read_words(" ".join(("binance", *words[:count])))

    assert len(arguments) == count + 1
    assert arguments == {name: value for name, value in WANTED.items() if name in arguments}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            "binance early calm",
            "You gave two values for sensitivity; pick one of calm, normal, early. /subscribe <exchange>",
        ),
        ("binance $5M $6M", "You gave two values for usd; keep one."),
        ("binance loudly", "I don't recognise “loudly” here. It can be one of calm, normal, early, watch,"),
        ("binance 50", "I don't recognise “50” here. Amounts look like $50M, shares like 3%. /subscribe"),
        ("binance 101%", "“101%” isn't possible; use a share between 0 % and 100 %, e.g. 3%."),
    ],
)
def test_words_that_cannot_be_meant_are_refused(words: str, sentence: str) -> None:
    with pytest.raises(BadArgument) as refused:
        named("subscribe").read_words(words)

    assert str(refused.value).startswith(sentence)


def test_without_choices_there_is_nothing_to_suggest() -> None:
    with pytest.raises(BadArgument, match=r"^I don't recognise “now” here. /reserves <exchange>$"):
        named("reserves").read_words("binance now")


def test_an_optional_exchange_takes_what_nothing_else_understands() -> None:
    assert named("unsubscribe").read_words("@channel okx") == {"place": "@channel", "exchange": "okx"}


@pytest.mark.parametrize("line", ["flows binance", "top", "why", "rehearse", "subscribe okx", "subscribe okx $5"])
def test_a_long_word_comes_back_shortened(line: str) -> None:
    name, _, words = line.partition(" ")
    with pytest.raises(BadArgument) as refused:
        named(name).read_words(f"{words}{'' if words.endswith('5') else ' '}{'1' * 4000}")
    assert len(str(refused.value)) < 300


def test_arguments_may_be_given_by_name() -> None:
    assert named("flows").read_options({"exchange": "okx", "window": "7d"}) == {
        "exchange": "okx",
        "window": Window.WEEK,
    }
    assert named("flows").read_options({"exchange": "okx", "window": ""}) == {"exchange": "okx"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('"Backpack Exchange" 7d', ["Backpack Exchange", "7d"]),
        ("o'kay 7d", ["o'kay", "7d"]),
        ("  ", []),
        ('a "b', ["a", '"b']),
    ],
)
def test_quotes_hold_words_together_and_lonely_ones_are_letters(text: str, words: list[str]) -> None:
    assert split_words(text) == words


@given(st.text(max_size=200))
def test_no_line_breaks_the_reading(text: str) -> None:
    for declared in COMMANDS:
        with suppress(BadArgument):
            declared.read_words(text)


async def no_docstring(request: Request) -> Message:
    return Message("")


async def Loud(request: Request) -> Message:  # noqa: N802 — the name is what is refused
    """Shout"""
    return Message("")


async def bare(request: Request, exchange) -> Message:  # type: ignore[no-untyped-def]  # noqa: ANN001 — what is refused
    """Do something"""
    return Message("")


async def undescribed(request: Request, exchange: ExchangeName) -> Message:
    """Do something"""
    return Message("")


async def wordy(request: Request, exchange: Annotated[ExchangeName, Arg("x" * 101)]) -> Message:
    """Do something"""
    return Message("")


async def numeric(request: Request, count: Annotated[int, Arg("How many")]) -> Message:
    """Do something"""
    return Message("")


async def backwards(
    request: Request, usd: Annotated[Usd | None, Arg("Dollars")] = None, *, share: Annotated[Share, Arg("Share")]
) -> Message:
    """Do something"""
    return Message("")


@pytest.mark.parametrize(
    ("handler", "why"),
    [
        (no_docstring, "needs a docstring"),
        (Loud, "is no name for a command"),
        (bare, "exchange needs Annotated"),
        (undescribed, "exchange needs Annotated"),
        (wordy, "at most 100 characters"),
        (numeric, "no kind of argument for"),
        (backwards, "only trailing parameters may be optional"),
    ],
)
def test_a_declaration_that_breaks_a_rule_is_refused(handler: Any, why: str) -> None:
    with pytest.raises(TypeError, match=why):
        command(handler)


def test_a_declaration_becomes_a_command() -> None:
    @command(access=Access.OWNER)
    async def hold(
        request: Request,
        exchange: Annotated[ExchangeName, "something else", Arg("Exchange")],
        percent: Annotated[Share | None, Arg("Share")] = None,
        window: Annotated[Window, Arg("Over how long")] = Window.DAY,
    ) -> Message:
        """Withhold a metric.

        More that nobody sees in a menu.
        """
        return Message("held")

    assert (hold.name, hold.description, hold.access) == ("hold", "Withhold a metric", Access.OWNER)
    assert [
        (parameter.name, parameter.required, parameter.default, parameter.kind.name) for parameter in hold.parameters
    ] == [
        ("exchange", True, None, "exchange"),
        ("percent", False, None, "percent"),
        ("window", False, Window.DAY, "window"),
    ]


def test_what_is_missing_and_what_is_wrong_is_said_in_the_language_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {"Which exchange?": "¿Qué exchange?", "I don't recognise “{word}” here.": "Aquí no sirve «{word}»."}
    translate(monkeypatch, "es", texts)
    flows = COMMANDS.get("flows")
    assert flows

    with written_in("es"), pytest.raises(MissingArgument, match="¿Qué exchange\\? /flows <exchange>"):
        flows.read_words("")
    with written_in("es"), pytest.raises(BadArgument, match="Aquí no sirve «perhaps»\\. It can be one of"):
        flows.read_words("binance perhaps")


def test_a_command_is_found_with_or_without_its_slash() -> None:
    assert COMMANDS.get("/Flows") is COMMANDS.get("flows")
    assert COMMANDS.get("nothing") is None


def test_two_commands_cannot_have_one_name() -> None:
    with pytest.raises(TypeError, match="two commands have one name"):
        CommandSet((named("flows"), named("flows")))
