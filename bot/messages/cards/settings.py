"""The answers to `/settings`: what a place has set, who changed it last, and buttons that change it in place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.place_settings import AUTOMATIC, AnswerAudience, PlaceSetting, PlaceSettings
from bot.domain.setting_change import SettingChange
from bot.domain.severity import Severity
from bot.language.languages import LANGUAGES
from bot.language.name_lists import joined
from bot.language.translation import marked, tr
from bot.messages.cards.errors import refusal
from bot.messages.model import Action, Line, Message, Tone, code, lines, moment
from bot.messages.translated_lines import tr_line

_SHOWN_CHANGES = 3  # with the eleven settings above them one screen of a phone
_TITLES: Mapping[PlaceSetting, str] = {
    PlaceSetting.TIMEZONE: marked("Time zone"),
    PlaceSetting.LANGUAGE: marked("Language"),
    PlaceSetting.QUIET: marked("Quiet hours"),
    PlaceSetting.SOUND: marked("Sound"),
    PlaceSetting.DIGEST: marked("Digest"),
    PlaceSetting.ANSWERS: marked("Answers"),
    PlaceSetting.NOTICES: marked("Data notices"),
    PlaceSetting.PEGS: marked("Stablecoin alerts"),
    PlaceSetting.RECOVERED: marked("“Resolved” replies"),
    PlaceSetting.APPROVAL: marked("Approval"),
    PlaceSetting.DRILLS: marked("Drills"),
    PlaceSetting.PUBLISH: marked("Publishing"),
}
_EXPLANATIONS: Mapping[PlaceSetting, str] = {
    PlaceSetting.TIMEZONE: marked(
        "Quiet hours and the digest go by it, and on Telegram the times in messages. Any city that has a zone of its "
        "own will do."
    ),
    # Translators: "auto" is typed in English.
    PlaceSetting.LANGUAGE: marked(
        "Everything that is posted here is written in it. On Discord answers go by the language of the asker's app, "
        "where there is that. auto: English, and in a private chat on Telegram the language of the app."
    ),
    PlaceSetting.QUIET: marked(
        "Between these times alerts come without a sound and mention nobody. Critical ones sound."
    ),
    # Translators: "auto" is typed in English, and so are the severities.
    PlaceSetting.SOUND: marked(
        "Alerts of this severity and above come with a sound, milder ones without. Critical ones always sound. In "
        "quiet hours nothing else does. auto: all but alerts of watch about one exchange."
    ),
    # Translators: “All calm” is the title of such a message.
    PlaceSetting.DIGEST: marked(
        "One message a day or a week: incidents, the biggest movers, closed withdrawals. “All calm” when there was "
        "nothing."
    ),
    PlaceSetting.ANSWERS: marked(
        "Who reads the answer to a member's question: everybody here, or only whoever asked. On Telegram it then comes "
        "in their own chat with the bot."
    ),
    PlaceSetting.NOTICES: marked(
        "Changes of reserves that are not counted as a flow, such as moved wallets: one message each, edited with its "
        "outcome."
    ),
    PlaceSetting.PEGS: marked(
        "Stablecoins below their dollar. These alerts are about the coin, and go to places that follow all exchanges."
    ),
    PlaceSetting.RECOVERED: marked("When an incident is over, a reply says so. Its message is edited in any case."),
    PlaceSetting.APPROVAL: marked(
        "A moderator releases the first post of an incident, within 2 h. Critical is posted at once. On Telegram "
        "whoever switches it on is asked in their chat with the bot, else the question is posted here."
    ),
    PlaceSetting.DRILLS: marked(
        "Members may begin withdrawal drills here with /drill, and answers show what drills found."
    ),
    PlaceSetting.PUBLISH: marked(
        "In an announcement channel of Discord: alerts that open an incident or make it worse are published to every "
        "server that follows the channel, ten an hour at most. Discord warns that this can flood those who follow."
    ),
}
_ON_PAGES = (
    PlaceSetting.TIMEZONE,
    PlaceSetting.LANGUAGE,
    PlaceSetting.QUIET,
    PlaceSetting.SOUND,
    PlaceSetting.DIGEST,
)
_EXAMPLES: Mapping[PlaceSetting, str] = {
    PlaceSetting.TIMEZONE: "timezone Europe/Paris",
    PlaceSetting.LANGUAGE: "language es",
    PlaceSetting.QUIET: "quiet 22:00-07:00",
    PlaceSetting.SOUND: "sound severe",
    PlaceSetting.DIGEST: "digest weekly mon 08:00",
    PlaceSetting.ANSWERS: "answers private",
    PlaceSetting.NOTICES: "notices off",
    PlaceSetting.PEGS: "pegs off",
    PlaceSetting.RECOVERED: "recovered off",
    PlaceSetting.APPROVAL: "approval on",
    PlaceSetting.DRILLS: "drills off",
    PlaceSetting.PUBLISH: "publish on",
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
    PlaceSetting.LANGUAGE: (AUTOMATIC, *LANGUAGES),
    PlaceSetting.QUIET: ("off", "22:00-07:00", "23:00-08:00", "00:00-08:00"),
    PlaceSetting.SOUND: (AUTOMATIC, *Severity),
    PlaceSetting.DIGEST: ("off", "daily 08:00", "daily 20:00", "weekly mon 08:00"),
    PlaceSetting.ANSWERS: tuple(AnswerAudience),
    **dict.fromkeys(
        (
            PlaceSetting.NOTICES,
            PlaceSetting.PEGS,
            PlaceSetting.RECOVERED,
            PlaceSetting.APPROVAL,
            PlaceSetting.DRILLS,
            PlaceSetting.PUBLISH,
        ),
        ("on", "off"),
    ),
}
"""What each setting is often set to: the values on buttons, and the first that are suggested."""


def value_label(setting: PlaceSetting, value: str) -> str:
    """Return how a value is shown where one is chosen: `Español (not reviewed by a native speaker)`, else as typed."""
    if setting is not PlaceSetting.LANGUAGE or value not in LANGUAGES:
        return value
    language = LANGUAGES[value]
    if language.reviewed:
        return language.name
    return tr("{language} (not reviewed by a native speaker)", language=language.name)


def settings_card(  # noqa: PLR0913 — what a card is made of
    settings: PlaceSettings,
    changes: Sequence[SettingChange],
    now: datetime,
    *,
    changed: SettingChange | None = None,
    where: str = "",
    may_publish: bool = False,
) -> Message:
    """Return the settings of a place and who changed them last; `changed` is what was changed just now.

    `changes` are the last ones, the newest first. `where` is the word for another place than that of the answer.
    `may_publish`: its platform has channels whose messages can be published.
    """
    of_place = _of_place(where)
    return Message(
        title=f"{of_place} · {changed.setting} {changed.after}" if changed else of_place,
        tone=Tone.GOOD if changed else Tone.INFO,
        lines=lines(
            *(
                tr_line("**{setting}**: {value}", setting=tr(_TITLES[setting]), value=_state(setting, settings, now))
                for setting in PlaceSetting
                if may_publish or setting is not PlaceSetting.PUBLISH
            ),
            *(_changed_line(change) for change in changes[:_SHOWN_CHANGES]),
            tr_line(
                "Buttons change them, or type, for example, {command}.",
                command=code(f"/settings quiet 22:00-07:00{_behind(where)}"),
            ),
        ),
        actions=tuple(_at(where, action) for action in _buttons(settings, changed)),
        private=True,
    )


def setting_card(setting: PlaceSetting, settings: PlaceSettings, now: datetime, *, where: str = "") -> Message:
    """Return what one setting is and means, with a button for each value that is often chosen; `where` as above."""
    present = settings.value_of(setting)
    values = [value for value in SETTING_VALUES[setting] if value != present]
    return Message(
        title=f"{_of_place(where)} · {tr(_TITLES[setting])}",
        lines=lines(
            tr_line("**Now**: {value}", value=_state(setting, settings, now)),
            tr(_EXPLANATIONS[setting]),
            _unreviewed() if setting is PlaceSetting.LANGUAGE else None,
            tr_line("Others by typing: {command}.", command=code(f"/settings {_EXAMPLES[setting]}{_behind(where)}")),
        ),
        actions=(
            *(_at(where, _change(_button_label(setting, value), setting, value)) for value in values),
            _at(where, Action(tr("All settings"), "settings", in_place=True, starts_row=True)),
        ),
        private=True,
    )


def zone_unknown_card(sentence: str, nearest: Sequence[str], *, where: str = "") -> Message:
    """Return the answer to a city that is spelt wrong, with a button for each of the nearest; `where` as above."""
    actions = (_at(where, _change(zone, PlaceSetting.TIMEZONE, zone)) for zone in nearest)
    return replace(refusal(sentence), actions=tuple(actions))


def _of_place(where: str) -> str:
    return tr("Settings of {place}", place=where) if where else tr("Settings")


def _unreviewed() -> str | None:
    names = [language.name for language in LANGUAGES.values() if not language.reviewed]
    return tr("Not reviewed by a native speaker: {languages}.", languages=joined(names)) if names else None


def _button_label(setting: PlaceSetting, value: str) -> str:
    """Return the label of a value's button, for which a language's name is long enough: the text says the rest."""
    return LANGUAGES[value].name if setting is PlaceSetting.LANGUAGE and value in LANGUAGES else value


def _buttons(settings: PlaceSettings, changed: SettingChange | None) -> Iterator[Action]:
    """Yield the buttons, two a row: three would be cut on a phone."""
    for number, action in enumerate(_actions(settings, changed)):
        yield replace(action, starts_row=number % 2 == 0)


def _actions(settings: PlaceSettings, changed: SettingChange | None) -> Iterator[Action]:
    if changed:
        yield Action(tr("Undo"), f"settings {changed.setting} {changed.before}", in_place=True)
    for setting in _ON_PAGES:
        yield Action(f"{tr(_TITLES[setting])} …", f"settings {setting}", in_place=True)
    if settings.answers is AnswerAudience.PUBLIC:
        yield _change(tr("Make answers private"), PlaceSetting.ANSWERS, AnswerAudience.PRIVATE)
    else:
        yield _change(tr("Make answers public"), PlaceSetting.ANSWERS, AnswerAudience.PUBLIC)
    for setting in (PlaceSetting.NOTICES, PlaceSetting.RECOVERED, PlaceSetting.APPROVAL, PlaceSetting.DRILLS):
        if settings.value_of(setting) == "on":
            yield _change(tr("{setting}: turn off", setting=tr(_TITLES[setting])), setting, "off")
        else:
            yield _change(tr("{setting}: turn on", setting=tr(_TITLES[setting])), setting, "on")


def _behind(where: str) -> str:
    return f" {where}" if where else ""


def _at(where: str, action: Action) -> Action:
    """Return a button for another place than that of the answer."""
    return replace(action, command=f"{action.command}{_behind(where)}")


def _change(label: str, setting: PlaceSetting, value: str) -> Action:
    return Action(label, f"settings {setting} {value}", in_place=True)


def _state(setting: PlaceSetting, settings: PlaceSettings, now: datetime) -> str:
    """Return what a setting is, with what follows from it."""
    value = settings.value_of(setting)
    match setting:
        case PlaceSetting.TIMEZONE:
            return tr("{timezone} · {time} there now", timezone=value, time=f"{now.astimezone(settings.zone):%H:%M}")
        case PlaceSetting.LANGUAGE:
            label = value_label(setting, value)
            return value if label == value else f"{value} · {label}"
        case PlaceSetting.QUIET if settings.quiet:
            return tr("{hours} · no sound and no mention below critical", hours=value)
        case PlaceSetting.SOUND if value != AUTOMATIC:
            value = tr("{severity} and above", severity=value)
        case PlaceSetting.DIGEST if due := settings.next_digest_after(now):
            # Translators: for example "daily 08:00 · next 2026-12-14".
            return tr("{rhythm} · next {date}", rhythm=value, date=f"{due.astimezone(settings.zone):%Y-%m-%d}")
        case PlaceSetting.ANSWERS:
            return _audience(settings.answers)
    return value


def _audience(answers: AnswerAudience) -> str:
    if answers is AnswerAudience.PUBLIC:
        return tr("{value} · read by everybody here", value=answers)
    return tr("{value} · read by whoever asked", value=answers)


def _changed_line(change: SettingChange) -> Line:
    return tr_line(
        "Changed by {name}: {setting} {before} → {after}, {time}",
        name=change.editor.name or tr("id {id}", id=change.editor.id),
        setting=change.setting,
        before=change.before,
        after=change.after,
        time=moment(change.at),
    )
