"""How a message's actions become the buttons below a Telegram message (an inline keyboard).

To add a button to an answer or an alert, append `Action("Why", "why INC-42")` to the `actions` of its Message, in
`bot/messages/cards/`; nothing changes here. Telegram then shows "Why" and sends `why INC-42` back as callback data when
it is pressed, which `update_handler.py` answers like a typed `/why INC-42`.
https://core.telegram.org/bots/api#inlinekeyboardbutton

The callback data of a button whose answer takes the place of its message begins with `~`: `~subscriptions 2`.

What only whoever pressed is to read, such as a refusal, is shown in a window over the chat (`alert_text`).
"""

import json
from collections.abc import Sequence
from functools import lru_cache

from bot.messages.model import Action, Line, Message, Tone
from bot.messages.number_format import clock
from bot.messages.plain_text import clean, shorten, utf16_length

ButtonRows = tuple[tuple[tuple[str, str], ...], ...]
"""Rows of (label, callback data)."""

_MAX_CALLBACK_BYTES = 64  # https://core.telegram.org/bots/api#inlinekeyboardbutton
# Well below what Telegram takes: three short labels side by side can still be read on a phone.
_LABEL_CHARACTERS = 40
_BUTTONS_PER_ROW = 3
_MAX_BUTTONS = 60
_IN_PLACE = "~"  # no command begins with it
_ALERT_CHARACTERS = 200  # https://core.telegram.org/bots/api#answercallbackquery


def button_rows(actions: Sequence[Action]) -> ButtonRows:
    """Return rows of at most three buttons; an action whose command is longer than 64 bytes is left out."""
    rows: list[tuple[tuple[str, str], ...]] = []
    starts_row = True
    for action in actions[:_MAX_BUTTONS]:
        starts_row = starts_row or action.starts_row
        data = callback_data(action)
        # Telegram refuses the whole message for callback data that is empty or too long: better a button less.
        if not action.command or len(data.encode()) > _MAX_CALLBACK_BYTES:
            continue
        button = (shorten(clean(action.label), _LABEL_CHARACTERS) or "…", data)
        if starts_row or len(rows[-1]) == _BUTTONS_PER_ROW:
            rows.append((button,))
        else:
            rows[-1] = (*rows[-1], button)
        starts_row = False
    return tuple(rows)


def callback_data(action: Action) -> str:
    """Return what Telegram sends back when the button of an action is pressed."""
    return f"{_IN_PLACE}{action.command}" if action.in_place else action.command


def command_line_of(data: str) -> tuple[str, bool]:
    """Return the command line in callback data, and whether its answer takes the place of the message."""
    return data.removeprefix(_IN_PLACE), data.startswith(_IN_PLACE)


def alert_text(message: Message) -> str | None:
    """Return what a window over the chat shows of the answer to a button; None for what is to be a message.

    A window takes 200 characters, and no buttons. Longer answers that are private become messages, but refusals are
    cut: a group has no use for them.
    """
    has_more = message.fields or message.table or message.chart or message.footer or message.actions
    if not message.private or has_more:
        return None
    sentences = "\n".join(map(_plain, message.lines))
    text = f"{clean(message.title)}\n{sentences}"
    if utf16_length(text) <= _ALERT_CHARACTERS:
        return text
    return shorten(sentences, _ALERT_CHARACTERS, measure=utf16_length) if message.tone is Tone.TROUBLE else None


def _plain(line: Line) -> str:
    return "".join(clock(span.at) if span.at else clean(span.text) for span in line)


# An alert goes to many chats with the same buttons.
@lru_cache(maxsize=64)
def inline_keyboard_json(rows: ButtonRows) -> str | None:
    """Return the buttons as the JSON of an InlineKeyboardMarkup, None when there are none."""
    keyboard = [[{"text": label, "callback_data": data} for label, data in row] for row in rows]
    return json.dumps({"inline_keyboard": keyboard}) if keyboard else None
