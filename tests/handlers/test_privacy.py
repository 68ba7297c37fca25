"""/privacy: what is stored about a place, for whom it is shown, and that it can be deleted."""

from dataclasses import replace

from bot.domain.place import Obstacle, Place, Platform
from bot.messages.model import Message
from bot.ports.subscriptions import PlaceTrouble
from tests.builders import HERE, HOUR, NOON
from tests.fakes.dispatcher import CHANNEL, MODERATOR, DispatcherBench, moderate
from tests.messages.cards.plain import said


async def fill(bench: DispatcherBench) -> None:
    """Set something of every kind in a place."""
    for line in ("subscribe binance early", "subscribe all", "settings quiet 22:00-07:00", "settings notices off"):
        await moderate(bench, line)
    await bench.memory.mutes.mute(HERE, "okx", length=4 * HOUR, by="telegram:8")
    await bench.memory.subscriptions.record_trouble(PlaceTrouble(HERE, "no rights", NOON, obstacle=Obstacle.NO_RIGHTS))


def button(answer: Message, label: str) -> str:
    return next(action.command for action in answer.actions if action.label == label)


async def test_what_is_kept_in_general_is_said_to_everybody(bench: DispatcherBench) -> None:
    answer = await bench.ask("privacy")
    assert "Questions are answered and forgotten" in said(answer)
    assert [action.label for action in answer.actions] == [
        "Show what is stored here",
        "Delete everything here",
        "Delete my drills",
    ]


async def test_what_is_stored_here_is_shown_to_who_moderates_the_place(bench: DispatcherBench) -> None:
    await fill(bench)
    answer = said(await moderate(bench, button(await bench.ask("privacy"), "Show what is stored here")))

    for words in (
        f"Place: {HERE}",
        "🟡 watch · Binance · early",
        "Settings: notices off · quiet 22:00-07:00",
        "Who changed settings: 2 entries, for 180 days",
        "Muted: OKX.",
        "Why alerts could not be delivered here lately.",
        "Ids of people who set this up: 2 (shown in a private chat).",
    ):
        assert words in answer
    assert "shown to the people who moderate it" in said(await bench.ask("privacy show"))
    assert "shown to the people who moderate it" in said(await bench.ask("privacy delete"))


async def test_who_set_a_place_up_is_shown_where_nobody_else_reads_it(bench: DispatcherBench) -> None:
    await fill(bench)
    command = bench.commands.get("privacy")
    assert command
    bench.moderates.add(Place(Platform.TELEGRAM, "7"))
    alone = replace(bench.context(MODERATOR, Place(Platform.TELEGRAM, "7")), private=True)
    alone = replace(alone, place_access=replace(alone.place_access, find=here))
    answer = said(await bench.dispatcher.answer_words(alone, command, "show @channel"))
    assert "Ids of people who set this up: 2 (telegram:8, telegram:moderator)." in answer


async def here(_: str) -> Place:
    return HERE


async def test_nothing_stored_is_said(bench: DispatcherBench) -> None:
    shown = await moderate(bench, "privacy show")
    assert "Nothing is stored here." in said(shown)
    assert shown.actions == ()
    nothing = await moderate(bench, "privacy delete")
    assert said(nothing).endswith("Nothing is stored here.\n")
    assert nothing.actions == ()


async def test_everything_here_is_deleted_after_a_confirmation(bench: DispatcherBench) -> None:
    await fill(bench)
    asked = await moderate(bench, "privacy delete")
    assert (
        "This deletes 2 subscriptions, 2 changed settings, 2 entries of who changed what, 1 mute, why alerts"
        in said(asked)
    )
    assert len(await bench.memory.subscriptions.of_place(HERE)) == 2

    done = await moderate(bench, button(asked, "Delete"))

    assert "Deleted: 2 subscriptions, 2 changed settings" in said(done)
    assert "Of yours" not in said(done)
    exported = await bench.memory.place_exports.of_place(HERE)
    assert (exported.subscriptions, exported.mutes) == ((), ())
    assert dict(exported.settings)["quiet"] == "off"
    assert "This was confirmed already" in said(await moderate(bench, button(asked, "Delete")))


async def test_only_a_fresh_confirmation_of_this_place_deletes(bench: DispatcherBench) -> None:
    await fill(bench)
    delete = button(await moderate(bench, "privacy delete"), "Delete")

    assert "shown to the people who moderate it" in said(await bench.ask(delete))
    assert "This was confirmed already" in said(await moderate(bench, f"{delete} @channel"))
    bench.memory.clock.advance(HOUR)
    assert "more than an hour old" in said(await moderate(bench, delete))
    undo = button(await moderate(bench, "unsubscribe"), "Undo").split()[-1]
    assert "This was confirmed already" in said(await moderate(bench, f"privacy delete {undo}"))


async def test_in_a_private_chat_it_is_the_persons_own(bench: DispatcherBench) -> None:
    command = bench.commands.get("privacy")
    assert command
    await bench.ask("drill binance requested", who="ann")
    place = Place(Platform.TELEGRAM, "7")
    context = replace(bench.context("ann", place), private=True)

    asked = await bench.dispatcher.answer_words(context, command, "delete")
    assert "This deletes your drills. No alerts" in said(asked)
    done = await bench.dispatcher.answer_words(context, command, button(asked, "Delete").removeprefix("privacy "))

    assert "Of yours: 1 drill." in said(done)
    assert bench.memory.drills.kept == {}


async def test_of_many_subscriptions_eight_are_shown(bench: DispatcherBench) -> None:
    await moderate(bench, "subscribe binance")
    (kept,) = await bench.memory.subscriptions.of_place(HERE)
    await bench.memory.subscriptions.add_all([replace(kept, exchange=f"x{number}") for number in range(9)])
    assert "… and 2 more." in said(await moderate(bench, "privacy show"))


async def test_another_place_is_shown_to_who_moderates_it(bench: DispatcherBench) -> None:
    await moderate(bench, "subscribe okx @channel")
    answer = await moderate(bench, "privacy show @channel")
    assert f"Place: {CHANNEL}" in said(answer)
    assert [action.command for action in answer.actions] == [
        f"export {CHANNEL.chat}",
        f"privacy delete {CHANNEL.chat}",
    ]
