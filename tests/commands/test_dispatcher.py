import re
from dataclasses import replace
from typing import Annotated

import pytest
from structlog.testing import capture_logs

from bot.commands.arguments import Arg, CommandName, IncidentNumber, Sentence
from bot.commands.declaration import Access, Command, CommandSet, Request, command
from bot.commands.dispatcher import NO_ANSWER
from bot.domain.errors import StorageError
from bot.domain.exchange import Exchange
from bot.domain.place import Place, Platform
from bot.messages.model import Action, Message, Tone
from handlers import COMMANDS
from tests.builders import HERE, incident, listing
from tests.fakes.dispatcher import MEMBER, MODERATOR, OWNER, DispatcherBench
from tests.messages.cards.plain import said


@command
async def shatter(request: Request) -> Message:
    """Break"""
    raise ZeroDivisionError("secret words")


@command
async def forget(request: Request) -> Message:
    """Ask a store that is away"""
    raise StorageError("away")


@command(access=Access.OWNER)
async def withhold(request: Request) -> Message:
    """Be the owner"""
    return Message("withheld")


@command
async def explain(request: Request, incident: Annotated[IncidentNumber, Arg("Incident")]) -> Message:
    """Explain"""
    return Message(f"INC-{incident}")


@command
async def describe(
    request: Request,
    what: Annotated[CommandName, Arg("A command")],
) -> Message:
    """Describe"""
    return Message(f"{what} {request.place} {request.caller.id} {request.private} {request.now:%H:%M}")


@command
async def repeat(request: Request, words: Annotated[Sentence, Arg("Words")]) -> Message:
    """Repeat"""
    return Message(words)


ODD = CommandSet((shatter, forget, withhold, explain, describe, repeat))
ARGUMENTS = {
    "exchange": "binance", "incident": "INC-1", "a": "binance", "b": "okx", "rule": "normal", "decision": "post",
}  # fmt: skip


@pytest.fixture
async def bench() -> DispatcherBench:
    bench = DispatcherBench()
    await bench.load()
    return bench


def each_of(access: Access) -> pytest.MarkDecorator:
    """Run a test with every command of an access as `declared`."""
    commands = [declared for declared in COMMANDS if declared.access is access]
    return pytest.mark.parametrize("declared", commands, ids=[declared.name for declared in commands])


def words_for(declared: Command) -> str:
    return " ".join(
        (declared.name, *(ARGUMENTS[parameter.name] for parameter in declared.parameters if parameter.required))
    )


async def test_a_handler_gets_who_asked_where_and_when() -> None:
    assert (await DispatcherBench(ODD).ask("describe it")).title == f"it {HERE} telegram:member False 12:00"


async def test_arguments_may_come_by_name() -> None:
    bench = DispatcherBench(ODD)

    assert (await bench.dispatcher.answer_options(bench.context(), explain, {"incident": "42"})).title == "INC-42"


@each_of(Access.MODERATOR)
async def test_moderators_commands_are_refused_to_members(bench: DispatcherBench, declared: Command) -> None:
    answer = await bench.ask(words_for(declared), who=MEMBER)

    assert said(answer) == (
        f"That did not work\n/{declared.name} is for the people who moderate this place; ask one of them.\n"
    )
    assert answer.private
    assert await bench.memory.subscriptions.count() == 0


@each_of(Access.MODERATOR)
async def test_rights_that_cannot_be_checked_are_no_rights(bench: DispatcherBench, declared: Command) -> None:
    bench.rights_fault = TimeoutError("no answer")

    with capture_logs():
        answer = await bench.ask(words_for(declared), who=MODERATOR)

    assert answer.title == "Something went wrong"
    assert await bench.memory.subscriptions.count() == 0


async def test_a_moderator_of_another_place_is_a_member_here(bench: DispatcherBench) -> None:
    bench.moderates = {Place(Platform.TELEGRAM, "-1")}

    assert (await bench.ask("subscribe binance", who=MODERATOR)).title == "That did not work"


async def test_the_owner_may_do_everything(bench: DispatcherBench) -> None:
    assert (await bench.ask("subscribe binance", who=OWNER)).title == "Subscribed · Binance"
    assert (await DispatcherBench(ODD).ask("withhold", who=OWNER)).title == "withheld"


async def test_what_is_the_owners_is_nobody_elses() -> None:
    answer = await DispatcherBench(ODD).ask("withhold", who=MODERATOR)

    assert "/withhold is for the owner of this bot." in said(answer)


@each_of(Access.MEMBER)
async def test_members_may_ask_everything_else(bench: DispatcherBench, declared: Command) -> None:
    # What is private is refused in a group on Telegram; on Discord its answer is hidden.
    place = Place(Platform.DISCORD, "77") if declared.private_only else HERE
    answer = await bench.ask(words_for(declared), place=place)

    if declared.name != "why":  # there is no incident yet
        assert answer.title != "That did not work"
    assert answer.title != "Something went wrong"


async def test_a_missing_argument_gives_buttons(bench: DispatcherBench) -> None:
    answer = await bench.ask("flows")

    assert said(answer).startswith("Which exchange?\nOr type it, for example /flows binance\n")
    assert answer.actions == (
        Action("Binance", "flows binance", in_place=True),
        Action("OKX", "flows okx", in_place=True),
        Action("Gate.io", "flows gate", in_place=True),
        Action("NEXO", "flows nexo", in_place=True),
    )
    assert answer.private


def buttons(answer: Message) -> list[tuple[str, str]]:
    return [(action.label, action.command) for action in answer.actions]


async def test_a_comparison_is_offered_in_complete_pairs(bench: DispatcherBench) -> None:
    answer = await bench.ask("compare okx")

    assert answer.title == "Compare it with what?"
    assert buttons(answer)[:4] == [
        ("Binance", "compare okx binance"),
        ("Gate.io", "compare okx gate"),
        ("FTX, November 2022", "compare okx ftx-2022"),
        ("Binance, December 2022", "compare okx binance-2022"),
    ]
    assert buttons(await bench.ask("compare"))[0] == ("Binance · OKX", "compare binance okx")
    for _, line in buttons(await bench.ask("compare")):
        assert "Which" not in (await bench.ask(line, who=MODERATOR)).title


@pytest.mark.parametrize(
    ("line", "buttons_offered"),
    [
        ("reserves binanse", [("Binance", "reserves binance")]),
        ("flows 'binanse' 7d", [("Binance", "flows binance 7d")]),
        ("compare okx binanse", [("Binance", "compare okx binance")]),
        ("subscribe binanse severe ?", [("Binance", "subscribe binance severe")]),
        ("reserves zzzz", []),
    ],
)
async def test_a_mistyped_exchange_is_one_press_away(
    bench: DispatcherBench, line: str, buttons_offered: list[tuple[str, str]]
) -> None:
    answer = await bench.ask(line, who=MODERATOR)
    assert "No exchange is known as" in said(answer)
    assert buttons(answer) == buttons_offered


async def test_a_button_for_an_exchange_that_is_gone_is_refused_without_buttons(bench: DispatcherBench) -> None:
    """Platforms show a refusal of a button to whoever pressed alone, in a window that takes no buttons."""
    declared = COMMANDS.get("reserves")
    assert declared
    answer = await bench.dispatcher.answer_words(replace(bench.context(), pressed=True), declared, "binanse")
    assert "Did you mean binance?" in said(answer)
    assert answer.actions == ()


async def test_a_mistyped_option_is_one_press_away(bench: DispatcherBench) -> None:
    declared = COMMANDS.get("flows")
    assert declared
    given = {"exchange": "Binanse", "window": "7d"}
    answer = await bench.dispatcher.answer_options(bench.context(), declared, given)
    assert buttons(answer) == [("Binance", "flows binance 7d")]


async def test_open_incidents_are_offered_to_who_asks_why(bench: DispatcherBench) -> None:
    assert said(await bench.ask("why")).startswith("Which incident?\nNo open or past incidents.")
    assert buttons(await bench.ask("why")) == []
    bench.latest.incidents = (incident(number=7),)
    assert buttons(await bench.ask("why")) == [("INC-7 · Binance · elevated", "why INC-7")]


async def test_without_a_list_of_exchanges_it_is_said_that_there_is_none() -> None:
    assert "No exchange is known yet" in said(await DispatcherBench().ask("compare"))
    assert (await DispatcherBench().ask("compare")).actions == ()


async def test_where_nothing_can_be_suggested_a_button_leads_to_help() -> None:
    answer = await DispatcherBench(ODD).ask("repeat")

    assert said(answer).startswith("Which words?\n/repeat <words>")
    assert buttons(answer) == [("About /repeat", "help repeat")]


async def test_a_subscription_is_set_up_step_by_step(bench: DispatcherBench) -> None:
    first = await bench.ask("subscribe", who=MODERATOR)
    assert first.title == "Alerts for which exchange?"
    assert "/subscribe all" in said(first)
    assert buttons(first)[:2] == [("All exchanges", "subscribe all ?"), ("Binance", "subscribe binance ?")]
    second = await bench.ask(buttons(first)[1][1], who=MODERATOR)
    assert second.title == "From which severity on?"
    severities, critical = said(second).replace("\u00a0", " ").splitlines()[1:3]
    assert severities.endswith("watch from 1.5 % of reserves, elevated from 3 %, severe from 8 %.")
    assert critical.startswith("Critical is an outflow of elevated or worse while withdrawals of two or more of ")
    assert buttons(second)[2:] == [
        ("Severe or worse", "subscribe binance severe"),
        ("Only critical", "subscribe binance critical"),
    ]
    assert (await bench.ask(buttons(second)[2][1], who=MODERATOR)).title == "Subscribed · Binance"
    assert await bench.memory.subscriptions.count() == 1


async def test_who_has_said_everything_is_not_led_on(bench: DispatcherBench) -> None:
    assert (await bench.ask("subscribe binance early severe ?", who=MODERATOR)).title == "Subscribed · Binance"
    assert "There is no" not in said(await bench.ask("subscribe binance", who=MODERATOR))
    assert "I don't recognise" in said(await bench.ask("subscribe binance loudly ?", who=MODERATOR))
    assert "I don't recognise" in said(await bench.ask("reserves binance ?"))
    assert (await bench.ask("subscribe ?")).title == "That did not work", "a member is not led on"


async def test_no_more_buttons_than_can_be_pressed(bench: DispatcherBench) -> None:
    bench.add_listings(*(listing(Exchange(f"x{number}", f"X{number}", "x")) for number in range(30)))

    assert len((await bench.ask("reserves")).actions) == 8


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("reserves binanse", "No exchange is known as “binanse”. Did you mean binance?"),
        (
            "flows binance 5y",
            "I don't recognise “5y” here. It can be one of 1h, 24h, 72h, 7d, 14d, 30d. /flows",
        ),
        ("why INC-9", "There is no INC-9. /incidents lists the recent ones."),
        ("why me", "I don't recognise “me” here. Use an incident such as INC-42."),
        ("help dance", "There is no /dance. /help lists all commands."),
    ],
)
async def test_every_refusal_is_a_sentence_that_says_what_to_do(
    bench: DispatcherBench, line: str, sentence: str
) -> None:
    answer = await bench.ask(line)

    assert sentence in said(answer)
    assert (answer.tone, answer.private) == (Tone.TROUBLE, True)
    assert bench.memory.meter.counts["answered", line.split(maxsplit=1)[0], "refused"] == 1


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("subscribe binance 3％", "Subscribed · Binance"),
        ("subscribe binance ＄５０Ｍ　＠here", "Subscribed · Binance"),
        ("chart BİNANCE COMPOSİTİON", "Binance · what it holds"),
        ("settings QUİET 22：00－07：00", "Settings · quiet 22:00-07:00"),
        ("settings DİGEST DAİLY 08：00", "Settings · digest daily 08:00"),
        ("settings answers PRİVATE", "Settings · answers private"),
    ],
)
async def test_what_other_keyboards_make_of_english_is_understood(
    bench: DispatcherBench, line: str, title: str
) -> None:
    """A Chinese keyboard types wide digits and signs, a Turkish one a capital i with its dot."""
    answer = await bench.ask(line, who=MODERATOR)
    assert answer.title == title


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("bin\u200bance\u202e", "Binance · $58.0 B · 24 h −$2.00 B (−3.3 %)"),
        ("\ufeffbinance\u2069\n", "Binance · $58.0 B · 24 h −$2.00 B (−3.3 %)"),
        ("\u202e\u200b", "Which exchange?"),
        ("x" * 6000, "That did not work"),
        ("🟠 " * 2000, "That did not work"),
        ("'" * 4096, "That did not work"),
        ("<b>&amp;@everyone", "That did not work"),
        ("\ud800", "Which exchange?"),
    ],
)
async def test_hostile_words_are_read_without_what_nobody_sees(bench: DispatcherBench, typed: str, title: str) -> None:
    given = {"exchange": typed}
    declared = COMMANDS.get("reserves")
    assert declared
    for answer in (
        await bench.ask(f"reserves {typed}"),
        await bench.dispatcher.answer_options(bench.context(MODERATOR), declared, given),
    ):
        assert answer.title == title
        assert len(said(answer)) < 1500 if title.startswith("Binance") else len(said(answer)) < 300


async def test_an_unexpected_fault_is_an_apology_with_a_reference_that_the_log_knows() -> None:
    bench = DispatcherBench(ODD)
    with capture_logs() as logs:
        answer = await bench.ask("shatter")

    (logged,) = (log for log in logs if log["event"] == "command failed")
    reference = re.search(r"operator: ([0-9a-f]{8})", said(answer))
    assert reference
    assert logged["reference"] == reference[1]
    assert "secret" not in said(answer)
    assert bench.memory.meter.counts["answered", "shatter", "failed"] == 1


async def test_a_store_that_cannot_be_reached_is_said() -> None:
    bench = DispatcherBench(ODD)
    with capture_logs() as logs:
        answer = await bench.ask("forget")

    assert answer.title == "The database is unavailable"
    assert "store away while answering" in [log["event"] for log in logs]
    assert bench.memory.meter.counts["answered", "forget", "store away"] == 1


async def test_who_asks_too_much_is_asked_to_wait(bench: DispatcherBench) -> None:
    answers = [await bench.ask("privacy") for _ in range(21)]

    assert [answer.title for answer in answers[:20]] == ["Privacy"] * 20
    assert "Too many questions at once. Ask again in 1 s." in said(answers[20])
    assert bench.memory.meter.counts["answered", "privacy", "throttled"] == 1
    assert (await bench.ask("privacy", who=MODERATOR)).title == "Privacy"
    assert await bench.ask("privacy") is NO_ANSWER, "told once a minute"


async def test_at_the_terminal_nobody_is_asked_to_wait(bench: DispatcherBench) -> None:
    terminal = Place(Platform.TERMINAL, "here")
    titles = {(await bench.ask("privacy", place=terminal)).title for _ in range(100)}
    assert titles == {"Privacy"}


@pytest.mark.parametrize(
    ("name", "parameter", "typed", "pairs"),
    [
        ("reserves", "exchange", "gat", [("Gate.io", "gate")]),
        ("flows", "window", "7", [("72h", "72h"), ("7d", "7d")]),
        ("flows", "window", "", [(window, window) for window in ("1h", "24h", "72h", "7d", "14d", "30d")]),
        ("subscribe", "usd", "$7", [("$7M", "$7M"), ("$7K", "$7K"), ("$7B", "$7B")]),
    ],
)
async def test_what_is_typed_is_completed_from_memory(
    bench: DispatcherBench, name: str, parameter: str, typed: str, pairs: list[tuple[str, str]]
) -> None:
    bench.memory.readings.away = True
    declared = COMMANDS.get(name)
    assert declared
    (wanted,) = (candidate for candidate in declared.parameters if candidate.name == parameter)

    assert bench.dispatcher.suggest(wanted, typed) == pairs
    assert bench.dispatcher.suggest(wanted, typed, limit=1) == pairs[:1]
