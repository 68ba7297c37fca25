"""The terminal as a chat platform: messages as panels or plain text, a prompt for questions, and answers as JSON.

`client.py` is what alerts are sent to (`runwatch demo`), `prompt.py` reads typed commands, `panel.py` and `plain.py`
write messages, `output.py` chooses between the two.
"""

from bot.chat.terminal.client import TerminalPlatform
from bot.chat.terminal.plain import document_text, message_to_json, plain_text
from bot.chat.terminal.prompt import answer, converse

__all__ = ["TerminalPlatform", "answer", "converse", "document_text", "message_to_json", "plain_text"]
