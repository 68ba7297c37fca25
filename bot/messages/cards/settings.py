"""The answers to `/settings`: what a place has set, who changed it last, and buttons that change it in place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.place_settings import AnswerAudience, PlaceSetting, PlaceSettings
from bot.domain.setting_change import SettingChange
from bot.messages.model import Action, Line, Message, Tone, bold, code, line, lines, moment

_SHOWN_CHANGES = 3  # with the eight settings above them one screen of a phone
_TITLES: Mapping[PlaceSetting, str] = {
    PlaceSetting.TIMEZONE: "Time zone",
    PlaceSetting.QUIET: "Quiet hours",
    PlaceSetting.DIGEST: "Digest",
    PlaceSetting.ANSWERS: "Answers",
    PlaceSetting.NOTICES: "Data notices",
    PlaceSetting.RECOVERED: "“Resolved” replies",
    PlaceSetting.APPROVAL: "Approval",
    PlaceSetting.DRILLS: "Drills",
}
_EXPLANATIONS: Mapping[PlaceSetting, str] = {
    PlaceSetting.TIMEZONE: "Quiet hours and the digest go by it, and on Telegram the times in messages. Any city that "
    "has a zone of its own will do.",
    PlaceSetting.QUIET: "Between these times alerts come without a sound and mention nobody. Critical ones sound.",
    PlaceSetting.DIGEST: "One message a day or a week: incidents, the biggest movers, closed withdrawals. “All "
    "calm” when there was nothing.",
    PlaceSetting.ANSWERS: "Who reads the answer to a member's question: everybody here, or only whoever asked. "
    "On Telegram it then comes in their own chat with the bot.",
    PlaceSetting.NOTICES: "Changes of reserves that are not counted as a flow, such as moved wallets: one message "
    "each, edited with its outcome.",
    PlaceSetting.RECOVERED: "When an incident is over, a reply says so. Its message is edited in any case.",
    PlaceSetting.APPROVAL: "A moderator releases the first post of an incident, within 2 h. Critical is posted at "
    "once. On Telegram whoever switches it on is asked in their chat with the bot, else the question is posted here.",
    PlaceSetting.DRILLS: "Members may begin withdrawal drills here with /drill, and answers show what drills found.",
}
_EXAMPLES: Mapping[PlaceSetting, str] = {
    PlaceSetting.TIMEZONE: "timezone Europe/Paris",
    PlaceSetting.QUIET: "quiet 22:00-07:00",
    PlaceSetting.DIGEST: "digest weekly mon 08:00",
    PlaceSetting.ANSWERS: "answers private",
    PlaceSetting.NOTICES: "notices off",
    PlaceSetting.RECOVERED: "recovered off",
    PlaceSetting.APPROVAL: "approval on",
    PlaceSetting.DRILLS: "drills off",
}
SETTING_VALUES: Mapping[PlaceSetting, Sequence[str]] = {
    # From all parts of the world; every other one can be typed.
    PlaceSetting.TIMEZONE: (
        "UTC",
        "Europe/London",
        "Europe/Berlin",
        "Europe/Istanbul",
        "America/New_York",
        "America/Los_Angeles",
        "America/Sao_Paulo",
        "Asia/Singapore",
        "Asia/Tokyo",
    ),
    PlaceSetting.QUIET: ("off", "22:00-07:00", "23:00-08:00", "00:00-08:00"),
    PlaceSetting.DIGEST: ("off", "daily 08:00", "daily 20:00", "weekly mon 08:00"),
    PlaceSetting.ANSWERS: tuple(AnswerAudience),
    **dict.fromkeys(
        (PlaceSetting.NOTICES, PlaceSetting.RECOVERED, PlaceSetting.APPROVAL, PlaceSetting.DRILLS), ("on", "off")
    ),
}
"""What each setting is often set to: the values on buttons, and the first that are suggested."""


def settings_card(
    settings: PlaceSettings,
    changes: Sequence[SettingChange],
    now: datetime,
    *,
    changed: SettingChange | None = None,
    where: str = "",
) -> Message:
    """Return the settings of a place and who changed them last; `changed` is what was changed just now.

    `changes` are the last ones, the newest first. `where` is the word for another place than that of the answer.
    """
    of_place = f"Settings of {where}" if where else "Settings"
    return Message(
        title=f"{of_place} · {changed.setting} {changed.after}" if changed else of_place,
        tone=Tone.GOOD if changed else Tone.INFO,
        lines=lines(
            *(line(bold(_TITLES[setting]), f": {_state(setting, settings, now)}") for setting in PlaceSetting),
            *(_changed_line(change) for change in changes[:_SHOWN_CHANGES]),
            line(
                "Buttons change them, or type, for example, ", code(f"/settings quiet 22:00-07:00{_behind(where)}"), "."
            ),
        ),
        actions=tuple(_at(where, action) for action in _buttons(settings, changed)),
        private=True,
    )


def setting_card(setting: PlaceSetting, settings: PlaceSettings, now: datetime, *, where: str = "") -> Message:
    """Return what one setting is and means, with a button for each value that is often chosen; `where` as above."""
    of_place = f"Settings of {where}" if where else "Settings"
    present = settings.value_of(setting)
    values = [value for value in SETTING_VALUES[setting] if value != present]
    return Message(
        title=f"{of_place} · {_TITLES[setting].lower()}",
        lines=lines(
            line(bold("Now"), f": {_state(setting, settings, now)}"),
            _EXPLANATIONS[setting],
            line("Others by typing: ", code(f"/settings {_EXAMPLES[setting]}{_behind(where)}"), "."),
        ),
        actions=(
            *(_at(where, _change(value, setting, value)) for value in values),
            _at(where, Action("All settings", "settings", in_place=True, starts_row=True)),
        ),
        private=True,
    )


def _buttons(settings: PlaceSettings, changed: SettingChange | None) -> Iterator[Action]:
    if changed:
        yield Action("Undo", f"settings {changed.setting} {changed.before}", in_place=True)
    for number, setting in enumerate((PlaceSetting.TIMEZONE, PlaceSetting.QUIET, PlaceSetting.DIGEST)):
        yield Action(f"{_TITLES[setting]} …", f"settings {setting}", in_place=True, starts_row=number == 0)
    is_public = settings.answers is AnswerAudience.PUBLIC
    other = AnswerAudience.PRIVATE if is_public else AnswerAudience.PUBLIC
    yield _change(f"Make answers {other}", PlaceSetting.ANSWERS, other, starts_row=True)
    # Two a row: three would be cut on a phone.
    switches = (PlaceSetting.NOTICES, PlaceSetting.RECOVERED, PlaceSetting.APPROVAL, PlaceSetting.DRILLS)
    for number, setting in enumerate(switches):
        turned = "off" if settings.value_of(setting) == "on" else "on"
        yield _change(f"{_TITLES[setting]}: turn {turned}", setting, turned, starts_row=number % 2 == 1)


def _behind(where: str) -> str:
    return f" {where}" if where else ""


def _at(where: str, action: Action) -> Action:
    """Return a button for another place than that of the answer."""
    return replace(action, command=f"{action.command}{_behind(where)}")


def _change(label: str, setting: PlaceSetting, value: str, *, starts_row: bool = False) -> Action:
    return Action(label, f"settings {setting} {value}", in_place=True, starts_row=starts_row)


def _state(setting: PlaceSetting, settings: PlaceSettings, now: datetime) -> str:
    """Return what a setting is, with what follows from it."""
    value = settings.value_of(setting)
    if setting is PlaceSetting.TIMEZONE:
        return f"{value} · {now.astimezone(settings.zone):%H:%M} there now"
    if setting is PlaceSetting.QUIET and settings.quiet:
        return f"{value} · no sound and no mention below critical"
    if (due := settings.next_digest_after(now)) and setting is PlaceSetting.DIGEST:
        return f"{value} · next {due.astimezone(settings.zone):%Y-%m-%d}"
    if setting is PlaceSetting.ANSWERS:
        return f"{value} · read by {'everybody here' if value == AnswerAudience.PUBLIC else 'whoever asked'}"
    return value


def _changed_line(change: SettingChange) -> Line:
    who = change.editor.name or f"id {change.editor.id}"
    return line("Changed by ", who, f": {change.setting} {change.before} → {change.after}, ", moment(change.at))
