"""How a message's actions become Discord's buttons, and how a pressed button becomes a command line again.

To add a button to an answer or an alert, append `Action("Why", "why INC-42")` to the `actions` of its Message, in
`bot/messages/cards/`; nothing changes here. Discord then shows "Why" and sends `run:why INC-42` back when it is
pressed, which `interaction_handler.py` answers like a typed `/why INC-42`. Limits:
https://docs.discord.com/developers/components/reference#button
"""

from collections.abc import Iterator
from typing import Any

from bot.messages.model import Action
from bot.messages.plain_text import clean, shorten

CUSTOM_ID_PREFIX = "run:"
"""What a button's custom_id begins with; the command line follows."""
IN_PLACE_PREFIX = "edit:"
"""The same where the answer takes the place of the message that the button is below."""

MAX_BUTTONS = 25  # 5 rows of 5
_BUTTONS_PER_ROW = 5
_LABEL_CHARACTERS = 80
_CUSTOM_ID_CHARACTERS = 100
_ACTION_ROW, _BUTTON, _SECONDARY_STYLE = 1, 2, 2


def button_rows(actions: tuple[Action, ...]) -> Iterator[dict[str, Any]]:
    """Yield Discord's action rows of up to five buttons, 25 buttons at most.

    The command line travels in the custom_id instead of being kept here, so a button works after a restart too.
    """
    buttons = list(_buttons(actions))[:MAX_BUTTONS]
    for start in range(0, len(buttons), _BUTTONS_PER_ROW):
        yield {"type": _ACTION_ROW, "components": buttons[start : start + _BUTTONS_PER_ROW]}


def command_line_of(custom_id: str) -> tuple[str, bool] | None:
    """Return the command line in a pressed button's custom_id, and whether its answer takes the message's place.

    None for a button that is not ours.
    """
    for prefix in (CUSTOM_ID_PREFIX, IN_PLACE_PREFIX):
        if custom_id.startswith(prefix):
            return custom_id.removeprefix(prefix), prefix == IN_PLACE_PREFIX
    return None


def _buttons(actions: tuple[Action, ...]) -> Iterator[dict[str, Any]]:
    """Yield a button for each action that fits; one with the same command line as an earlier one is left out."""
    used_ids: set[str] = set()
    for action in actions:
        prefix = IN_PLACE_PREFIX if action.in_place else CUSTOM_ID_PREFIX
        label, custom_id = clean(action.label).strip(), prefix + action.command
        # Discord refuses the whole message for an id that is too long or stands twice: better a button less.
        if label and custom_id not in used_ids and len(custom_id) <= _CUSTOM_ID_CHARACTERS:
            used_ids.add(custom_id)
            yield {
                "type": _BUTTON,
                "style": _SECONDARY_STYLE,
                "label": shorten(label, _LABEL_CHARACTERS),
                "custom_id": custom_id,
            }
