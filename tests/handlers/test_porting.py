"""/export and /import: a place's settings as a file, and the file read back with a preview first."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.commands.place_export_json import read_export
from bot.domain.errors import AskerError
from bot.domain.mute import Mute
from bot.domain.place import Place, Platform
from bot.domain.severity import Severity
from bot.messages.documents import Document
from bot.messages.model import Message
from tests.builders import HERE, HOUR
from tests.fakes.dispatcher import CHANNEL, MEMBER, MODERATOR, DispatcherBench, moderate
from tests.messages.cards.plain import said

ON_DISCORD = Place(Platform.DISCORD, "77")


@pytest.fixture
async def bench() -> DispatcherBench:
    bench = DispatcherBench()
    bench.moderates.add(ON_DISCORD)
    await bench.load()
    return bench


async def send(
    bench: DispatcherBench, text: str, *, words: str = "", place: Place = HERE, who: str = MODERATOR
) -> Message:
    """Send a file with the caption /import."""

    async def read() -> Document:
        return Document("a.json", text)

    command = bench.commands.get("import")
    assert command
    context = replace(bench.context(who, place), document=read)
    return await bench.dispatcher.answer_words(context, command, words)


async def filled(bench: DispatcherBench) -> str:
    """Set something of every kind in a place, and return its file."""
    await moderate(bench, "subscribe binance early severe $50M 3% @here")
    await moderate(bench, "subscribe all")
    await moderate(bench, "settings quiet 22:00-07:00")
    await bench.memory.mutes.mute(HERE, "okx", length=4 * HOUR, by="telegram:7")
    return file_of(await moderate(bench, "export"))


def file_of(answer: Message) -> str:
    assert answer.document
    return answer.document.text


def confirm(preview: Message) -> str:
    (action,) = preview.actions
    assert action.in_place
    return action.command


async def test_an_export_has_everything(bench: DispatcherBench) -> None:
    text = await filled(bench)
    (place,) = read_export(text)

    stored = await bench.memory.place_exports.of_place(HERE)
    assert set(place.subscriptions) == set(stored.subscriptions)
    assert place.settings == stored.settings
    assert dict(place.settings)["quiet"] == "22:00-07:00"
    assert len(dict(place.settings)) == len(json.loads(text)["places"][0]["settings"]) > 5
    assert [mute.exchange for mute in place.mutes] == ["okx"]


async def test_an_export_says_what_is_in_it_and_how_to_read_it_back(bench: DispatcherBench) -> None:
    await filled(bench)
    answer = await moderate(bench, "export")

    assert "In the file: 2 subscriptions, " in said(answer)
    assert "1 mute." in said(answer)
    assert answer.document
    assert answer.document.name == "runwatch-telegram-2022-12-13.json"
    assert answer.private


async def test_a_file_is_read_back_elsewhere_after_a_preview(bench: DispatcherBench) -> None:
    text = await filled(bench)

    preview = await send(bench, text, place=CHANNEL)
    assert "Would add 2 subscriptions, change 0 and remove nothing. Also: 1 setting and 1 mute." in said(preview)
    assert "The file is from another place." in said(preview)
    assert "± quiet: off → 22:00-07:00" in said(preview)
    assert await bench.memory.subscriptions.of_place(CHANNEL) == []

    done = await moderate(bench, confirm(preview), CHANNEL)
    assert "Added 2 subscriptions, changed 0 and removed nothing. Also set: 1 setting and 1 mute." in said(done)
    there = await bench.memory.place_exports.of_place(CHANNEL)
    here = await bench.memory.place_exports.of_place(HERE)
    assert there.settings == here.settings
    assert {kept.exchange for kept in there.subscriptions} == {None, "binance"}
    assert [mute.until for mute in there.mutes] == [mute.until for mute in here.mutes]


async def test_a_file_takes_along_from_which_severity_on_alerts_sound(bench: DispatcherBench) -> None:
    await moderate(bench, "settings sound severe")
    text = file_of(await moderate(bench, "export"))

    preview = await send(bench, text, place=CHANNEL)
    assert "± sound: auto → severe" in said(preview)
    await moderate(bench, confirm(preview), CHANNEL)
    assert (await bench.memory.place_settings.of_place(CHANNEL)).sound == "severe"
    assert [change.setting for change in await bench.memory.place_settings.changes(CHANNEL)] == ["sound"]


async def test_a_file_that_changes_settings_alone_says_nothing_of_subscriptions(bench: DispatcherBench) -> None:
    await moderate(bench, "subscribe binance")
    text = file_of(await moderate(bench, "export")).replace('"quiet": "off"', '"quiet": "22:00-07:00"')

    preview = await send(bench, text)
    assert said(preview).splitlines()[1] == "Would set 1 setting and remove nothing. Nothing has changed yet."
    assert said(await moderate(bench, confirm(preview))).splitlines()[1] == "Set: 1 setting."


async def test_a_file_with_a_language_that_this_bot_does_not_know_is_imported_without_it(
    bench: DispatcherBench,
) -> None:
    text = await filled(bench)
    text = text.replace('"language": "auto"', '"language": "eo"')
    told = "Unknown language left out: eo."

    preview = await send(bench, text, place=ON_DISCORD)
    assert told in said(preview)
    name, _, words = confirm(preview).partition(" ")
    command = bench.commands.get(name)
    assert command
    done = await bench.dispatcher.answer_words(bench.context(MODERATOR, ON_DISCORD), command, words)
    assert told in said(done)
    kept = await bench.memory.place_settings.of_place(ON_DISCORD)
    assert (kept.language, kept.as_fields()["quiet"]) == ("auto", "22:00-07:00")


async def test_the_code_of_one_button_does_nothing_behind_another_command(bench: DispatcherBench) -> None:
    """A file names any place and any mention: only /import checks both."""
    text = (await filled(bench)).replace(str(HERE), str(ON_DISCORD))
    code = confirm(await send(bench, text, place=CHANNEL)).split("code:")[1].split()[0]
    for line in (f"unsubscribe code:{code}", f"privacy delete code:{code}"):
        assert "more than an hour old" in said(await moderate(bench, line, CHANNEL))
    assert await bench.memory.subscriptions.of_place(ON_DISCORD) == []
    assert await bench.memory.subscriptions.of_place(CHANNEL) == []
    assert "Added 2 subscriptions" in said(await moderate(bench, f"import code:{code}", CHANNEL))

    (undo,) = [action for action in (await moderate(bench, "unsubscribe")).actions if action.label == "Undo"]
    undo_code = undo.command.split("code:")[1].split()[0]
    assert "more than an hour old" in said(await moderate(bench, f"import code:{undo_code}"))
    assert await bench.memory.subscriptions.of_place(HERE) == []
    await moderate(bench, undo.command)
    assert len(await bench.memory.subscriptions.of_place(HERE)) == 2


async def test_what_can_never_alert_is_imported_and_said(bench: DispatcherBench) -> None:
    """`/subscribe okx critical` is refused where the bot has no source for withdrawals."""
    for line in ("subscribe okx", "subscribe binance", "subscribe stress", "subscribe all"):
        await moderate(bench, line)
    places = json.loads(file_of(await moderate(bench, "export")))
    for subscription in places["places"][0]["subscriptions"]:
        if subscription["exchange"] == "okx":
            subscription["severity"] = "critical"
    preview = await send(bench, json.dumps(places), place=CHANNEL)
    sentence = "No alert can come of it on this bot: OKX."
    assert sentence in said(preview)
    assert sentence in said(await moderate(bench, confirm(preview), CHANNEL))
    kept = {each.exchange: each for each in await bench.memory.subscriptions.of_place(CHANNEL)}
    assert kept["okx"].min_severity is Severity.CRITICAL

    empty = DispatcherBench()  # no list of exchanges is known yet
    assert "No alert can come" not in said(await send(empty, json.dumps(places), place=CHANNEL))


async def test_twice_is_as_once(bench: DispatcherBench) -> None:
    text = await filled(bench)
    preview = await send(bench, text, place=ON_DISCORD)
    await moderate(bench, confirm(preview), ON_DISCORD)

    assert "This import was done already" in said(await moderate(bench, confirm(preview), ON_DISCORD))
    again = await send(bench, text, place=ON_DISCORD)
    assert again.title == "Import · nothing to change"
    assert again.actions == ()
    assert bench.memory.place_exports.applied == 1


async def test_a_place_reads_its_own_file_back_after_everything_was_cancelled(bench: DispatcherBench) -> None:
    text = await filled(bench)
    await moderate(bench, "unsubscribe")
    preview = await send(bench, text)

    assert "another place" not in said(preview)
    await moderate(bench, confirm(preview))
    assert len(await bench.memory.subscriptions.of_place(HERE)) == 2


async def test_a_mention_is_left_out_where_there_is_none_and_it_is_said(bench: DispatcherBench) -> None:
    text = await filled(bench)
    from_discord = text.replace(str(HERE), str(ON_DISCORD))
    assert "The mention is left out, because this platform has none for a whole chat: Binance." in said(
        await send(bench, from_discord, place=CHANNEL)
    )
    bench.mention_fault = AskerError("That role is none of this server.")
    preview = await send(bench, text, place=ON_DISCORD)
    assert "The mention is left out, because it is not possible here or not for you: Binance." in said(preview)
    await moderate(bench, confirm(preview), ON_DISCORD)
    assert {kept.mention for kept in await bench.memory.subscriptions.of_place(ON_DISCORD)} == {None}


async def test_what_changes_is_named_up_to_a_screen(bench: DispatcherBench) -> None:
    await moderate(bench, "subscribe binance")
    text = file_of(await moderate(bench, "export"))
    content: dict[str, Any] = json.loads(text)
    subscriptions = content["places"][0]["subscriptions"]
    subscriptions[0]["severity"] = "severe"
    subscriptions += [{"exchange": exchange} for exchange in ("okx", "gate", "nexo")]
    subscriptions += [{"exchange": f"gone-{number}"} for number in range(12)]
    content["places"][0]["settings"] |= {"notices": "off", "drills": "off", "digest": "daily 08:00", "recovered": "off"}
    content["places"][0]["settings"]["timezone"] = "Europe/Paris"

    preview = said(await send(bench, json.dumps(content)))

    assert "Would add 3 subscriptions, change 1 and remove nothing." in preview
    assert "+ 🟡 watch · OKX" in preview
    assert "± Binance: watch or worse, normal sensitivity → severe or worse, normal sensitivity" in preview
    assert "… and 1 more." in preview
    assert "Left out, unknown to this bot: gone-0, " in preview
    assert " and 4 more." in preview


async def test_what_the_file_does_not_have_stays(bench: DispatcherBench) -> None:
    text = await filled(bench)
    for exchange in ("okx", "gate"):
        await moderate(bench, f"subscribe {exchange}")
    await moderate(bench, "unsubscribe binance")
    assert "2 subscriptions not in the file stay." in said(await send(bench, text))
    await moderate(bench, "unsubscribe gate")
    assert "1 subscription not in the file stays." in said(await send(bench, text))


async def test_a_wrong_file_changes_nothing_and_says_where(bench: DispatcherBench) -> None:
    text = (await filled(bench)).replace('"severe"', '"dreadful"')
    answer = await send(bench, text, place=CHANNEL)

    assert "places[0].subscriptions[1].severity in the file is “dreadful”" in said(answer)
    assert bench.memory.pending_changes.kept == {}
    assert await bench.memory.subscriptions.of_place(CHANNEL) == []


async def test_of_several_places_in_a_file_the_own_one_is_read(bench: DispatcherBench) -> None:
    await filled(bench)
    content = json.loads(file_of(await moderate(bench, "export")))
    content["places"].append({"place": str(CHANNEL), "subscriptions": [{"exchange": "gate"}]})
    text = json.dumps(content)

    assert "+ 🟡 watch · Gate.io" in said(await send(bench, text, place=CHANNEL))
    assert "The file has 2 places, none of them this one." in said(await send(bench, text, place=ON_DISCORD))


async def test_a_command_without_a_file_says_how_to_send_one(bench: DispatcherBench) -> None:
    assert "answer the file with /import" in said(await moderate(bench, "import"))


async def test_files_of_settings_are_for_moderators(bench: DispatcherBench) -> None:
    text = await filled(bench)
    assert "for the people who moderate" in said(await bench.ask("export"))
    assert "for the people who moderate" in said(await send(bench, text, who=MEMBER))
    bench.moderates.remove(CHANNEL)
    for answer in (await moderate(bench, "export @channel"), await send(bench, text, words="@channel")):
        assert "Only the people who moderate @channel" in said(answer)


async def test_another_place_is_exported_and_imported_from_a_private_chat(bench: DispatcherBench) -> None:
    await moderate(bench, "subscribe okx", CHANNEL)
    private = Place(Platform.TELEGRAM, "7")
    bench.moderates.add(private)
    text = file_of(await moderate(bench, "export @channel", private))
    await moderate(bench, "unsubscribe", CHANNEL)

    preview = await send(bench, text, words="@channel", place=private)
    assert confirm(preview).endswith(CHANNEL.chat)
    await moderate(bench, confirm(preview).replace(CHANNEL.chat, "@channel"), private)
    assert [kept.exchange for kept in await bench.memory.subscriptions.of_place(CHANNEL)] == ["okx"]


async def test_a_mute_that_cannot_be_taken_over_is_said(bench: DispatcherBench) -> None:
    await filled(bench)
    text = file_of(await moderate(bench, "export"))
    bench.memory.clock.advance(5 * HOUR)
    assert "The mute is left out, because it is over: OKX." in said(await send(bench, text, place=CHANNEL))
    assert (HERE, "okx") in bench.memory.mutes.kept
    assert isinstance(bench.memory.mutes.kept[HERE, "okx"], Mute)
