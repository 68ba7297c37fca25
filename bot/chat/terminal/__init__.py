"""The terminal as a chat: messages as panels or plain text, a prompt for questions, and answers as JSON."""

from bot.chat.terminal.client import TerminalChat
from bot.chat.terminal.plain import message_to_json, plain_text
from bot.chat.terminal.prompt import answer, converse

__all__ = ["TerminalChat", "answer", "converse", "message_to_json", "plain_text"]
