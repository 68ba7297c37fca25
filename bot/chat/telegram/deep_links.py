"""Links that open the bot with a question: `t.me/RunwatchBot?start=reserves_binance` asks /reserves binance.

`?startgroup=subscribe_binance` lets people choose a group, adds the bot there, and leads them on to the subscription.
Anybody can make a link, so it asks or proposes, and changes nothing for who follows it. A payload has up to 64 letters,
digits, `_` and `-`: https://core.telegram.org/bots/features#deep-linking
"""

import re

from bot.chat.telegram.update_parser import TypedCommand

_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")


def start_payload(command_line: str) -> str | None:
    """Return the payload that stands for a command line, None where a link cannot hold it: `top outflow` → top_outflow.

    An underscore stands for a space, so words that have one cannot be linked.
    """
    payload = command_line.replace(" ", "_")
    return payload if "_" not in command_line and _PAYLOAD.fullmatch(payload) else None


def linked_command(payload: str) -> TypedCommand | None:
    """Return the command inside a deep link's payload; None for what is no payload."""
    if not _PAYLOAD.fullmatch(payload):
        return None
    name, _, words = payload.partition("_")
    return TypedCommand(name.lower(), words.replace("_", " ").strip())
