from dataclasses import replace

import pytest

from bot.domain.place import Obstacle, Place, Platform
from bot.domain.severity import Severity
from bot.messages.cards.about import ALL_COMMANDS
from bot.messages.model import Message
from bot.ports.outbox import Delivery, DeliveryKind
from bot.ports.subscriptions import PlaceTrouble
from tests.builders import HERE, NOON
from tests.fakes.dispatcher import MEMBER, MODERATOR, OWNER, UNREACHABLE_OPERATOR, DispatcherBench
from tests.messages.cards.plain import said


async def test_help_lists_every_command() -> None:
    bench = DispatcherBench()
    answer = said(await bench.ask("help"))

    assert all(f"{command.usage} · {command.description}" in answer for command in bench.commands)
    assert "(moderators)" in answer


async def test_help_shows_names_and_folds_the_rest_away() -> None:
    answer = await DispatcherBench().ask("help")

    assert answer.fold
    shown = said(replace(answer, lines=answer.lines[: answer.fold.after])).splitlines()
    assert shown[2].startswith("Everybody: /reserves · /flows · ")
    assert shown[3].startswith("Moderators: /subscribe · /unsubscribe · ")
    assert shown[4] == "Owners: /hold · /release"
    assert shown[5] == "/help and a command says what it does, for example /help flows."
    everything = await DispatcherBench().ask(answer.fold.command)
    assert everything.fold is None
    assert everything.lines == answer.lines


async def test_help_is_made_once_for_each_language() -> None:
    bench = DispatcherBench()
    context = replace(bench.context(), place=Place(Platform.DISCORD, "1"))
    command = bench.commands.get("help")
    assert command
    answers = [
        await bench.dispatcher.answer_words(replace(context, asker_language=tag), command, words)
        for words in ("", ALL_COMMANDS)
        for tag in ("es-ES", "ru", "en-GB", "es-419")
    ]

    assert [answer.language for answer in answers[:4]] == ["es", "ru", "en", "es"]
    assert len({answer.title for answer in answers}) == 3
    assert len({id(answer) for answer in answers}) == 6


async def test_help_names_nothing_that_only_buttons_fill_in() -> None:
    assert "[code]" not in said(await DispatcherBench().ask("help"))
    answer = said(await DispatcherBench().ask("help unsubscribe"))
    assert answer.startswith("/unsubscribe [exchange] [place]\n")
    assert "code" not in answer


async def test_help_explains_one_command() -> None:
    answer = said(await DispatcherBench().ask("help /flows"))

    assert answer.startswith("/flows <exchange> [window]\nShow what left or came in, in which assets, and how unusual")
    assert "window: Over how long, e.g. 7d; 24h if left out (1h, 24h, 72h, 7d, 14d, 30d)" in answer


async def test_status_is_the_bots_own_health() -> None:
    answer = said(await DispatcherBench().ask("status"))

    assert "Alerts may not arrive right now. Whoever runs this bot has been told why." in answer
    assert "Runwatch 1.2.3, up for 0 s." in answer
    assert "Exchanges: 0 read of 0 listed" in answer


async def test_status_says_what_can_be_judged_by_now() -> None:
    bench = DispatcherBench()
    assert "Nothing has been read lately." in said(await bench.ask("status"))

    await bench.load()

    assert "Alerts work over 24 h now, over 72 h from 2022-12-14 00:00 UTC, over 7 d from" in said(
        await bench.ask("status")
    )


async def test_status_tells_how_many_places_are_switched_off() -> None:
    bench = DispatcherBench()
    await bench.memory.subscriptions.record_trouble(
        PlaceTrouble(Place(Platform.TELEGRAM, "1"), "kicked", NOON, disabled=True, obstacle=Obstacle.REMOVED)
    )
    assert "Paused places: 1 (1 removed)" in said(await bench.ask("status", who=OWNER))


async def test_status_tells_what_was_refused_from_the_first_on() -> None:
    bench = DispatcherBench()
    assert "Refusing" not in said(await bench.ask("status", who=OWNER))
    await bench.memory.subscriptions.record_trouble(
        PlaceTrouble(Place(Platform.TELEGRAM, "1"), "no right", NOON, obstacle=Obstacle.NO_RIGHTS)
    )
    refused = Delivery(
        "key", "receipt", "alert", "INC-1", Severity.SEVERE, DeliveryKind.POST, HERE, Message("x"), NOON, NOON
    )
    bench.memory.outbox.given_up.append((refused, "message refused: too long"))
    answer = said(await bench.ask("status", who=OWNER))
    assert "Refusing places: 1 (1 no rights), retried every 30 min" in answer
    assert "Given up: 1 in the last day" in answer


@pytest.mark.parametrize(("who", "is_told"), [(OWNER, True), (MODERATOR, False), (MEMBER, False)])
async def test_only_owners_see_that_a_setting_names_an_unreachable_chat(who: str, *, is_told: bool) -> None:
    assert (UNREACHABLE_OPERATOR in said(await DispatcherBench().ask("status", who=who))) is is_told


@pytest.mark.parametrize(("who", "is_told"), [(OWNER, True), (MODERATOR, False), (MEMBER, False)])
async def test_only_owners_see_why_alerts_may_not_come(who: str, *, is_told: bool) -> None:
    assert ("⚠️ no worker delivers." in said(await DispatcherBench().ask("status", who=who))) is is_told


async def test_privacy_says_what_is_kept() -> None:
    assert (await DispatcherBench().ask("privacy")).title == "Privacy"
