"""/verify: a file is checked in a private chat; in a group of Telegram it is not even fetched."""

from dataclasses import replace

import pytest

from bot.domain.place import Place, Platform
from bot.messages.documents import Document
from bot.messages.model import Message
from tests.builders import HERE
from tests.fakes.dispatcher import DispatcherBench
from tests.inclusion_proofs.samples_read import GOOD, content_of
from tests.messages.cards.plain import said

PRIVATE = Place(Platform.TELEGRAM, "7")
ON_DISCORD = Place(Platform.DISCORD, "77")


async def send(bench: DispatcherBench, content: bytes, *, place: Place = PRIVATE, private: bool = True) -> Message:
    """Send a file with the caption /verify."""

    async def read() -> Document:
        return Document("a.json", content.decode())

    command = bench.commands.get("verify")
    assert command
    context = replace(bench.context(place=place), document=read, private=private)
    return await bench.dispatcher.answer_words(context, command, "")


@pytest.mark.parametrize("name", GOOD)
async def test_a_proof_that_holds_is_told_as_one(bench: DispatcherBench, name: str) -> None:
    answer = await send(bench, GOOD[name])

    assert answer.title.startswith("Your balance is in the tree: ")
    assert answer.private


async def test_a_proof_that_does_not_hold_is_told_with_why(bench: DispatcherBench) -> None:
    assert "do not give the hash of your leaf" in said(await send(bench, content_of("bitget_2022.json")))


async def test_what_is_no_proof_is_refused_in_a_sentence(bench: DispatcherBench) -> None:
    assert "This is no proof that I know." in said(await send(bench, b"{}"))
    assert "use OKX's own program" in said(await send(bench, content_of("okx_2023.json")))


async def test_without_a_file_it_says_how(bench: DispatcherBench) -> None:
    answer = await bench.ask("verify", place=ON_DISCORD)

    assert answer.title == "Verify your inclusion proof"


async def test_a_server_of_discord_is_answered_for_an_answer_there_can_be_hidden(bench: DispatcherBench) -> None:
    answer = await send(bench, GOOD["okx"], place=ON_DISCORD, private=False)

    assert answer.title == "Your balance is in the tree: 24 levels"
    assert answer.private


async def test_a_group_is_refused_before_the_file_is_fetched(bench: DispatcherBench) -> None:
    async def read() -> Document:
        raise AssertionError

    command = bench.commands.get("verify")
    assert command
    context = replace(bench.context(place=HERE), document=read)
    answer = await bench.dispatcher.answer_words(context, command, "")

    assert "/verify works in a private chat with the bot only" in said(answer)
