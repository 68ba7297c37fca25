"""Whose language an answer is in."""

import re
from dataclasses import replace

import pytest

from bot.commands.answer_language import answer_language
from bot.domain.place import Place, Platform
from bot.domain.place_settings import PlaceSettings
from bot.language.translation import language_code
from bot.messages.model import Message
from tests.builders import HERE
from tests.fakes.dispatcher import MEMBER, DispatcherBench, moderate
from tests.language.pseudo import PSEUDO, leftover_words, pseudo_language
from tests.messages.cards.plain import said

CHANNEL, CONSOLE = Place(Platform.DISCORD, "5"), Place(Platform.TERMINAL, "here")


@pytest.mark.parametrize(
    ("platform", "of_place", "of_asker", "in_group", "in_private"),
    [
        (Platform.DISCORD, "ru", "es-419", "es", "es"),
        (Platform.DISCORD, "ru", "en-GB", "en", "en"),
        (Platform.DISCORD, "ru", "fr", "ru", "ru"),
        (Platform.DISCORD, "ru", "", "ru", "ru"),
        (Platform.DISCORD, "auto", "fr", "en", "en"),
        (Platform.TELEGRAM, "ru", "es", "ru", "ru"),
        (Platform.TELEGRAM, "en", "es", "en", "en"),
        (Platform.TELEGRAM, "auto", "es", "en", "es"),
        (Platform.TELEGRAM, "auto", "zh-hans", "en", "zh-CN"),
        (Platform.TELEGRAM, "auto", "fr", "en", "en"),
        (Platform.TELEGRAM, "auto", "", "en", "en"),
        (Platform.TELEGRAM, "xx", "es", "en", "es"),
        (Platform.DISCORD, "xx", "fr", "en", "en"),
        (Platform.TERMINAL, "tr", "es", "tr", "tr"),
        (Platform.TERMINAL, "auto", "es", "en", "en"),
    ],
)
def test_the_app_decides_on_discord_and_the_place_on_telegram(
    platform: Platform, of_place: str, of_asker: str, in_group: str, in_private: str
) -> None:
    assert answer_language(platform, of_place, of_asker, private=False) == in_group
    assert answer_language(platform, of_place, of_asker, private=True) == in_private


@pytest.fixture
async def spanish_bench(monkeypatch: pytest.MonkeyPatch) -> DispatcherBench:
    """Return commands for places that have set the language of the test."""
    pseudo_language(monkeypatch)
    bench = DispatcherBench()
    await bench.load()
    for place in (HERE, CHANNEL, CONSOLE):
        bench.memory.place_settings.kept[place] = PlaceSettings(language=PSEUDO)
    return bench


async def test_answers_and_refusals_are_in_the_language_of_the_place(spanish_bench: DispatcherBench) -> None:
    for place in (HERE, CHANNEL, CONSOLE):
        for line in ("reserves binance", "reserves", "settings", "hold okx", "help", "help nothing"):
            answer = await spanish_bench.ask(line, place=place)
            assert answer.language == PSEUDO
    assert language_code() == "en"


async def test_an_app_in_english_is_answered_in_english_on_discord(spanish_bench: DispatcherBench) -> None:
    context = replace(spanish_bench.context(MEMBER, CHANNEL), asker_language="en-US")
    command = spanish_bench.commands.get("reserves")
    assert command
    assert (await spanish_bench.dispatcher.answer_options(context, command, {"exchange": "binance"})).language == "en"
    assert (await spanish_bench.dispatcher.propose(context, command, "binance")).language == "en"
    from_memory = await spanish_bench.dispatcher.answer_from_memory(context, command, "binance")
    assert from_memory
    assert from_memory.language == "en"


async def test_what_may_not_be_done_is_said_in_the_language_of_the_place(spanish_bench: DispatcherBench) -> None:
    refusals = [await spanish_bench.ask(line) for line in ("hold okx", "settings drills off")]
    refusals += [await spanish_bench.ask("reserves okx") for _ in range(20)]
    (flood,) = [refusal for refusal in refusals[2:] if refusal.private and refusal.title]
    for refusal in (*refusals[:2], flood):
        assert leftover_words(replace(refusal, title="")) == []


async def test_what_is_no_command_is_answered_in_the_language_of_the_place(spanish_bench: DispatcherBench) -> None:
    def written() -> Message:
        return Message(language_code())

    assert (await spanish_bench.dispatcher.answer_text(spanish_bench.context(), written)).title == PSEUDO


async def test_the_help_describes_commands_in_the_language_of_the_place(spanish_bench: DispatcherBench) -> None:
    listed, explained = await spanish_bench.ask("help"), await spanish_bench.ask("help settings")
    assert not any("Show" in span.text for line in (*listed.lines, *explained.lines) for span in line)
    assert not any("Which" in span.text for field in explained.fields for span in field.value)


async def test_a_language_that_a_newer_program_stored_is_english(spanish_bench: DispatcherBench) -> None:
    spanish_bench.memory.place_settings.kept[HERE] = PlaceSettings(language="tlh")
    assert (await spanish_bench.ask("help")).language == "en"


@pytest.mark.parametrize(
    "line", ["reserves binanse", "settings timezone Moskow", "settings timezone +2", "subscribe binance 50", "why foo"]
)
async def test_a_refusal_in_chinese_has_no_blank_between_its_sentences(line: str) -> None:
    bench = DispatcherBench()
    await bench.load()
    bench.memory.place_settings.kept[HERE] = PlaceSettings(language="zh-CN")

    refused = said(await moderate(bench, line))
    assert "。" in refused
    assert not re.search("[。？] [^/]", refused)
