import re
from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest
from typing_extensions import override

from bot.commands.declaration import Command
from bot.commands.dispatcher import CommandDispatcher
from bot.domain.local_time import QuietHours
from bot.domain.place import Place, Platform
from bot.domain.place_settings import PlaceSetting, PlaceSettings
from bot.domain.setting_change import SettingChange, SettingEditor
from bot.language.languages import LANGUAGES
from bot.messages.cards.settings import SETTING_VALUES
from bot.messages.model import Message
from handlers.settings import settings as settings_command
from tests.builders import HERE, NOON
from tests.fakes.dispatcher import CHANNEL, MODERATOR, OWNER, DispatcherBench, moderate
from tests.language.pseudo import PSEUDO, leftover_words, pseudo_language
from tests.messages.cards.plain import plain, said

GENERAL, ALERTS = Place(Platform.DISCORD, "997"), Place(Platform.DISCORD, "998")
TYPED = {
    *PlaceSetting,
    *(word for values in SETTING_VALUES.values() for value in values for word in re.findall("[A-Za-z]{3,}", value)),
    *(language.name for language in LANGUAGES.values()),
    "telegram",
    "moderator",
}
"""What is typed, which is English in every language, and names."""


async def press(bench: DispatcherBench, answer: Message, label: str) -> Message:
    (action,) = [action for action in answer.actions if action.label == label]
    assert action.in_place
    return await moderate(bench, action.command)


def fields(bench: DispatcherBench) -> dict[str, str]:
    return bench.memory.place_settings.kept[HERE].changed_fields()


async def test_alone_it_shows_everything(bench: DispatcherBench) -> None:
    answer = await moderate(bench, "settings")
    assert answer.private
    assert said(answer).splitlines()[:12] == [
        "Settings",
        "Time zone: UTC · 12:00 there now",
        "Language: auto",
        "Quiet hours: off",
        "Sound: auto",
        "Digest: off",
        "Answers: public · read by everybody here",
        "Data notices: on",
        "Stablecoin alerts: on",
        "“Resolved” replies: on",
        "Approval: off",
        "Drills: on",
    ]


@pytest.mark.parametrize(
    ("line", "shown", "kept"),
    [
        ("settings timezone Europe/Paris", "Time zone: Europe/Paris · 13:00 there now", {"timezone": "Europe/Paris"}),
        ("settings timezone new york", "Time zone: America/New_York · 07:00", {"timezone": "America/New_York"}),
        ("settings quiet 22:00-07:00", "Quiet hours: 22:00-07:00 · no sound", {"quiet": "22:00-07:00"}),
        ("settings sound Severe", "Sound: severe and above", {"sound": "severe"}),
        ("settings digest daily 08:00", "Digest: daily 08:00 · next 2022-12-14", {"digest": "daily 08:00"}),
        ("settings digest weekly mon 8", "Digest: weekly mon 08:00 · next 2022-12-19", {"digest": "weekly mon 08:00"}),
        ("settings answers private", "Answers: private · read by whoever asked", {"answers": "private"}),
        ("settings notices off", "Data notices: off", {"notices": "off"}),
        ("settings pegs off", "Stablecoin alerts: off", {"pegs": "off"}),
        ("settings recovered off", "“Resolved” replies: off", {"recovered": "off"}),
        ("settings approval on", "Approval: on", {"approval": "on"}),
        ("settings drills off", "Drills: off", {"drills": "off"}),
        ("settings language en", "Language: en · English\n", {"language": "en"}),
        ("settings language auto", "Language: auto\n", {}),
        ("settings QUIET OFF", "Quiet hours: off", {}),
    ],
)
async def test_a_typed_setting_is_changed_and_shown(
    bench: DispatcherBench, line: str, shown: str, kept: dict[str, str]
) -> None:
    assert shown in said(await moderate(bench, line))
    assert fields(bench) == kept


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("settings timezone Pariss", "Did you mean Europe/Paris?"),
        ("settings quiet tonight", "isn't a time span. Use one such as 22:00-07:00, or off."),
        ("settings sound loud", "Sound is auto or a severity: watch, elevated, severe, critical."),
        (
            "settings off notices",
            "There is no setting “off”. The settings are timezone, language, quiet, sound, digest",
        ),
        ("settings " + "x" * 5000, "Use at most 100 letters."),
    ],
)
async def test_a_mistake_is_answered_with_what_to_do(bench: DispatcherBench, line: str, sentence: str) -> None:
    assert sentence in said(await moderate(bench, line))
    assert not bench.memory.place_settings.kept


async def test_options_by_name_do_the_same(bench: DispatcherBench) -> None:
    options = {"name": "quiet", "value": "22:00-07:00"}
    await bench.dispatcher.answer_options(bench.context(MODERATOR), settings_command, options)
    assert fields(bench) == {"quiet": "22:00-07:00"}
    shown = await bench.dispatcher.answer_options(bench.context(MODERATOR), settings_command, {"name": "quiet"})
    assert shown.title == "Settings · Quiet hours"


async def test_every_switch_is_one_press_there_and_one_back(bench: DispatcherBench) -> None:
    answer = await moderate(bench, "settings")
    for label in ("Data notices: turn off", "“Resolved” replies: turn off", "Drills: turn off", "Make answers private"):
        answer = await press(bench, answer, label)
    assert fields(bench) == {"answers": "private", "notices": "off", "recovered": "off", "drills": "off"}
    for label in ("Data notices: turn on", "“Resolved” replies: turn on", "Drills: turn on", "Make answers public"):
        answer = await press(bench, answer, label)
    assert fields(bench) == {}


async def test_a_city_that_is_spelt_wrong_is_one_press_away(bench: DispatcherBench) -> None:
    answer = await moderate(bench, "settings timezone Louisville")
    assert [action.label for action in answer.actions] == ["America/Kentucky/Louisville", "America/Louisville"]
    await press(bench, answer, "America/Louisville")
    assert (await bench.memory.place_settings.of_place(HERE)).timezone == "America/Louisville"
    assert (await moderate(bench, "settings timezone Atlantis-on-Sea")).actions == ()


@pytest.mark.parametrize(
    ("opened", "value", "kept"),
    [
        ("Time zone …", "Asia/Tokyo", {"timezone": "Asia/Tokyo"}),
        ("Language …", "English", {"language": "en"}),
        ("Quiet hours …", "22:00-07:00", {"quiet": "22:00-07:00"}),
        ("Sound …", "critical", {"sound": "critical"}),
        ("Digest …", "weekly mon 08:00", {"digest": "weekly mon 08:00"}),
    ],
)
async def test_the_others_have_a_page_of_usual_values(
    bench: DispatcherBench, opened: str, value: str, kept: dict[str, str]
) -> None:
    page = await press(bench, await moderate(bench, "settings"), opened)
    assert "Now:" in said(page)
    assert (await press(bench, page, "All settings")).title == "Settings"
    changed = await press(bench, page, value)
    assert fields(bench) == kept
    page = await press(bench, changed, opened)
    assert value not in [action.label for action in page.actions]


async def test_a_language_that_no_native_speaker_has_read_says_so(bench: DispatcherBench) -> None:
    _, value, _ = settings_command.parameters
    suggested = bench.dispatcher.suggest(value, "e", given={"name": "language"})
    assert suggested == [("English", "en"), ("Español (not reviewed by a native speaker)", "es")]

    page = await moderate(bench, "settings language")
    assert "Not reviewed by a native speaker: Español, Русский, Türkçe, Português (Brasil) and 简体中文." in said(page)
    assert [action.label for action in page.actions[:3]] == ["English", "Español", "Русский"]


@pytest.mark.parametrize("setting", [*PlaceSetting, ""])
async def test_everything_is_in_the_language_of_the_place(
    bench: DispatcherBench, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    pseudo_language(monkeypatch)
    bench.memory.place_settings.kept[HERE] = PlaceSettings(language=PSEUDO)
    values = SETTING_VALUES[PlaceSetting(setting)] if setting else ()
    for line in (f"settings {setting}", *(f"settings {setting} {value}" for value in values if value not in LANGUAGES)):
        bench.memory.place_settings.kept[HERE] = replace(bench.memory.place_settings.kept[HERE], language=PSEUDO)
        assert leftover_words(await moderate(bench, line), TYPED) == []


async def test_a_change_of_language_is_answered_in_it_where_it_counts_for_the_answer(
    bench: DispatcherBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    pseudo_language(monkeypatch)
    assert (await moderate(bench, f"settings @channel language {PSEUDO}")).language == "en"
    assert (await moderate(bench, f"settings language {PSEUDO}")).language == PSEUDO
    assert (await moderate(bench, "settings language auto")).language == PSEUDO
    assert (await moderate(bench, "settings")).language == "en"
    on_discord = await bench.dispatcher.answer_options(
        replace(bench.context(OWNER, GENERAL), asker_language="en-US"),
        settings_command,
        {"name": "language", "value": PSEUDO},
    )
    assert on_discord.language == "en"


async def test_the_steps_that_a_greeting_begins_are_in_its_language_until_the_group_has_chosen_one(
    bench: DispatcherBench,
) -> None:
    subscribe = command_of(bench, "subscribe")
    pressed = replace(bench.context(OWNER, HERE), asker_language="es-ES", pressed=True)
    assert (await bench.dispatcher.answer_words(pressed, subscribe, "?")).language == "es"
    assert (await bench.dispatcher.answer_words(replace(pressed, pressed=False), subscribe, "?")).language == "en"
    assert (await bench.dispatcher.answer_words(pressed, subscribe, "binance normal severe")).language == "en"
    await bench.dispatcher.answer_words(pressed, command_of(bench, "settings"), "language en")
    assert (await bench.dispatcher.answer_words(pressed, subscribe, "?")).language == "en"


def command_of(bench: DispatcherBench, name: str) -> Command:
    command = bench.commands.get(name)
    assert command
    return command


async def test_who_changed_what_is_shown_and_can_be_undone(bench: DispatcherBench) -> None:
    changed = await moderate(bench, "settings quiet 22:00-07:00")
    assert changed.title == "Settings · quiet 22:00-07:00"
    assert "Changed by id telegram:moderator: quiet off → 22:00-07:00" in said(changed)

    bench.memory.clock.advance(timedelta(minutes=1))
    undone = await press(bench, changed, "Undo")
    assert "quiet 22:00-07:00 → off" in said(undone)
    assert fields(bench) == {}
    again = await moderate(bench, "settings quiet off")  # which changes nothing
    bench.memory.clock.advance(timedelta(minutes=1))
    assert again.title == "Settings · quiet off"
    assert (await moderate(bench, "settings quiet off")).title == "Settings"


async def test_the_sound_is_set_back_with_one_press(bench: DispatcherBench) -> None:
    changed = await moderate(bench, "settings sound critical")
    assert "Changed by id telegram:moderator: sound auto → critical" in said(changed)
    bench.memory.clock.advance(timedelta(minutes=1))
    assert "sound critical → auto" in said(await press(bench, changed, "Undo"))
    assert fields(bench) == {}


async def test_three_changes_at_most_are_shown_with_names(bench: DispatcherBench) -> None:
    bench.memory.place_settings.changed[HERE] = [
        SettingChange(NOON, SettingEditor("7", f"Ann {number}"), "notices", "on", "off") for number in range(5)
    ]
    shown = said(await moderate(bench, "settings"))
    assert [f"Changed by Ann {number}" in shown for number in range(5)] == [True, True, True, False, False]


async def test_members_may_not(bench: DispatcherBench) -> None:
    assert "for the people who moderate this place" in said(await bench.ask("settings notices off"))
    assert not bench.memory.place_settings.kept


@pytest.mark.parametrize(
    ("name", "typed", "values"),
    [
        ("timezone", "par", ["America/Paramaribo", "Europe/Paris"]),
        ("timezone", "", ["UTC", "Europe/London"]),
        ("quiet", "", ["off", "22:00-07:00"]),
        ("quiet", "22-6", ["22:00-06:00"]),
        ("quiet", "22:00-07:00", ["22:00-07:00"]),
        ("digest", "weekly", ["weekly mon 08:00"]),
        ("digest", "daily 8", ["daily 08:00"]),
        ("answers", "pr", ["private"]),
        ("language", "", ["auto", "en", "es", "ru", "tr", "pt-BR", "zh-CN"]),
        ("language", "РУС", ["ru"]),
        ("language", "pt", ["pt-BR"]),
        ("language", "turkce", ["tr"]),
        ("recovered", "o", ["on", "off"]),
        ("recovered", "x", []),
        ("", "par", []),
    ],
)
async def test_a_value_is_completed_by_its_setting(
    bench: DispatcherBench, name: str, typed: str, values: list[str]
) -> None:
    dispatcher: CommandDispatcher = bench.dispatcher
    given: dict[str, Any] = {"name": name} if name else {}
    _, value, _ = settings_command.parameters
    assert [word for _, word in dispatcher.suggest(value, typed, given=given)][: len(values) or 1] == values


async def test_settings_fit_on_one_screen_of_a_phone(bench: DispatcherBench) -> None:
    everything = {"timezone": "America/Argentina/ComodRivadavia", "quiet": "22:00-07:00", "digest": "weekly mon 08:00"}
    bench.memory.place_settings.kept[HERE] = PlaceSettings.from_fields(everything)
    bench.memory.place_settings.changed[HERE] = [
        SettingChange(NOON, SettingEditor("7", "A moderator"), "timezone", "UTC", "Europe/Paris") for _ in range(20)
    ]
    shown = await moderate(bench, "settings")
    # A phone shows some 42 letters a line and 26 lines.
    texts = [shown.title, *map(plain, shown.lines)]
    assert sum(1 + len(text) // 42 for text in texts) <= 26


@pytest.mark.parametrize(
    "line",
    ["settings @channel quiet 22:00-07:00", "settings quiet 22:00-07:00 @channel", "settings quiet 22-7 @channel"],
)
async def test_another_channel_is_set_from_the_chat_of_who_moderates_it(bench: DispatcherBench, line: str) -> None:
    changed = await moderate(bench, line)
    assert changed.title == f"Settings of {CHANNEL.chat} · quiet 22:00-07:00"
    assert f"/settings quiet 22:00-07:00 {CHANNEL.chat}" in said(changed)
    assert bench.memory.place_settings.kept == {CHANNEL: PlaceSettings(quiet=QuietHours(time(22), time(7)))}


async def test_buttons_go_on_about_the_other_channel(bench: DispatcherBench) -> None:
    shown = await moderate(bench, "settings @channel")
    assert shown.title == f"Settings of {CHANNEL.chat}"
    page = await bench.ask("settings timezone @channel", who=MODERATOR)
    assert page.title == f"Settings of {CHANNEL.chat} · Time zone"
    for action in (*shown.actions, *page.actions):
        assert action.command.endswith(f" {CHANNEL.chat}")
        assert len(f"~{action.command}".encode()) <= 64  # what Telegram takes


class DiscordBench(DispatcherBench):
    """A server in which every mention of a channel is that of #alerts."""

    @override
    async def _find(self, text: str) -> Place:
        return ALERTS


async def test_on_discord_the_other_channel_is_an_option() -> None:
    bench = DiscordBench(moderates={GENERAL, ALERTS})
    options = {"name": "drills", "value": "off", "place": "<#998>"}
    answer = await bench.dispatcher.answer_options(bench.context(MODERATOR, GENERAL), settings_command, options)
    assert answer.title == "Settings of <#998> · drills off"
    assert answer.actions[0].command == "settings drills on <#998>"
    assert bench.memory.place_settings.kept == {ALERTS: PlaceSettings(drills=False)}


async def test_who_does_not_moderate_the_other_channel_may_not(bench: DispatcherBench) -> None:
    bench.moderates = {HERE}
    assert "Only the people who moderate @channel may do that." in said(
        await moderate(bench, "settings @channel drills off")
    )
    assert not bench.memory.place_settings.kept


async def test_publishing_is_for_announcement_channels_alone() -> None:
    bench = DiscordBench(moderates={GENERAL, ALERTS}, announcement_channels={ALERTS})
    refused = await moderate(bench, "settings publish on", GENERAL)
    assert "Only an announcement channel of Discord can publish its messages" in said(refused)
    assert not bench.memory.place_settings.kept
    assert "Publishing: on" in said(await moderate(bench, "settings publish on", ALERTS))
    assert bench.memory.place_settings.kept == {ALERTS: PlaceSettings(publish=True)}
    # Off is taken everywhere: the channel may have been made an ordinary one.
    bench.announcement_channels.clear()
    assert "Publishing: off" in said(await moderate(bench, "settings publish off", ALERTS))


async def test_publishing_warns_of_what_discord_warns_of() -> None:
    bench = DiscordBench(moderates={GENERAL})
    assert "can flood those who follow" in said(await moderate(bench, "settings publish", GENERAL))


async def test_on_telegram_nothing_is_published(bench: DispatcherBench) -> None:
    assert "Only an announcement channel of Discord" in said(await moderate(bench, "settings publish on"))
    assert "Publishing" not in said(await moderate(bench, "settings"))
    assert not bench.memory.place_settings.kept
