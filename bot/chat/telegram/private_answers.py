"""Answers in the asker's chat with the bot what was asked in a group whose answers are private (`/settings answers`).

Telegram has no message that only one member of a group sees, so the answer goes to the asker's own chat with the bot.
A bot cannot begin a conversation there: whoever never wrote to it reads in the group, in two lines, how to open one.
https://core.telegram.org/bots/faq#how-do-i-get-my-bot-to-send-messages-to-a-user
"""

from bot.chat.telegram.answer_sender import AnswerSender
from bot.chat.telegram.deep_links import start_payload
from bot.chat.telegram.own_identity import OwnIdentity
from bot.commands.declaration import Command
from bot.commands.dispatcher import CommandContext
from bot.domain.place import Place, Platform
from bot.language.translation import written_in
from bot.messages.cards.welcome import private_answer_card, private_command_card
from bot.messages.model import Message


class PrivateAnswers:
    """Sends answers to askers themselves."""

    def __init__(self, answers: AnswerSender, identity: OwnIdentity) -> None:
        self._answers = answers
        self._identity = identity

    async def send(self, context: CommandContext, line: str, answer: Message, reply_to: str | None) -> bool:
        """Send the answer to a command line to its asker, and return whether that or the way to it arrived.

        Who speaks in a chat's name has no chat with the bot, and is shown the way too.
        """
        private_chat = Place(Platform.TELEGRAM, context.caller.id)
        if context.caller.is_person and await self._answers.send(private_chat, answer):
            return True
        with written_in(answer.language):
            way = private_answer_card(self._link(line))
        return await self._answers.send(context.place, way, reply_to)

    def refusal(self, command: Command) -> Message:
        """Return what a group reads of a command that is for private chats alone, with the link to one."""
        return private_command_card(command.name, self._link(command.name))

    def _link(self, line: str) -> str:
        """Return the link to the bot's chat that asks the same there, where a link can hold it."""
        payload = start_payload(line)
        return f"https://t.me/{self._identity.present.username}{f'?start={payload}' if payload else ''}"
