"""How a message's actions become the buttons below a Telegram message (an inline keyboard).

To add a button to an answer or an alert, append `Action("Why", "why INC-42")` to the `actions` of its Message, in
`bot/messages/cards/`; nothing changes here. Telegram then shows "Why" and sends `why INC-42` back as callback data when
it is pressed, which `update_handler.py` answers like a typed `/why INC-42`.
https://core.telegram.org/bots/api#inlinekeyboardbutton

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
_ALERT_CHARACTERS = 200  # https://core.telegram.org/bots/api#answercallbackquery


def button_rows(actions: Sequence[Action]) -> ButtonRows:
    """Return rows of at most three buttons; an action whose command is longer than 64 bytes is left out."""
    buttons = [
        (shorten(clean(action.label), _LABEL_CHARACTERS) or "…", action.command)
        for action in actions
        # Telegram refuses the whole message for callback data that is empty or too long: better a button less.
        if 1 <= len(action.command.encode()) <= _MAX_CALLBACK_BYTES
    ][:_MAX_BUTTONS]
    return tuple(tuple(buttons[start : start + _BUTTONS_PER_ROW]) for start in range(0, len(buttons), _BUTTONS_PER_ROW))


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
