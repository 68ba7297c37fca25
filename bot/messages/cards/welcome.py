"""The greeting to a new chat or server, and the answers to what the bot cannot read as a command."""

from collections.abc import Sequence
from functools import reduce

from bot.language.languages import ENGLISH
from bot.language.translation import language, marked, tr
from bot.messages.model import Action, Message, Tone, code, lines
from bot.messages.translated_lines import tr_line

BUTTON_TOO_OLD = marked("This message is too old for its buttons. Type the command instead.")
BUTTON_OUTDATED = marked("This button belongs to a command that no longer exists. /help lists those there are.")
ASK_IN_PRIVATE = marked("Ask the bot in a private chat: only administrators post here.")
ANSWERED_ABOVE = marked("Answered above, a moment ago.")


def welcome_card() -> Message:
    """Return the message that a chat or a server gets once, when the bot has been added to it.

    It is in the language of who added the bot, or of the server. Alerts are in English until the place says otherwise:
    in another language there is a button for that.
    """
    spoken = language()
    # Translators: a button. What the bot posts in this chat will be in that language, named in itself: Español.
    label = tr("Post here in {language}", language=spoken.name)
    choose_language = Action(label, f"settings language {spoken.code}", starts_row=True)
    return Message(
        title=tr("Runwatch is here"),
        lines=lines(
            tr("It watches crypto exchanges for the signs of a run: how much of their reserves leaves."),
            tr_line(
                "Ask with {command}. Nothing is posted here unless a moderator wants it.",
                command=code("/reserves binance"),
            ),
            tr_line("Moderators: type {command} where alerts should be posted.", command=code("/subscribe all")),
        ),
        actions=(
            Action(tr("Set up alerts here"), "subscribe ?"),
            Action(tr("Help"), "help"),
            *(() if spoken.code == ENGLISH else (choose_language,)),
        ),
        silent=True,
    )


def private_answer_card(link: str) -> Message:
    """Return what a group reads where answers are private and the bot may not write to the asker; `link` opens that."""
    return Message(
        title=tr("Answers here are private"),
        lines=lines(tr("Open a chat with the bot to read yours: {link}", link=link)),
        private=True,
    )


def private_command_card(name: str, link: str) -> Message:
    """Return what a group reads of a command that is for private chats alone; `link` opens one and asks it there."""
    return Message(
        title=tr("Only in a private chat"),
        tone=Tone.TROUBLE,
        lines=lines(
            tr("Send {command} in a chat with the bot alone: {link}", command=f"/{name}", link=link),
            tr("A file that you sent here is read by everybody in this group: delete it."),
        ),
        private=True,
    )


def unknown_command_card(name: str, nearest: Sequence[str]) -> Message:
    """Return the answer to a command that does not exist; `nearest` are the names of commands spelt much like it."""
    command = code(f"/{name}")
    if nearest:
        explained = tr_line(
            "There is no {command}. Did you mean {commands}? /help lists them all.",
            command=command,
            commands=reduce(_either, [f"/{command}" for command in nearest]),
        )
    else:
        explained = tr_line("There is no {command}. /help lists them all.", command=command)
    return Message(title=tr("No such command"), tone=Tone.TROUBLE, lines=(explained,), private=True)


def _either(first: str, last: str) -> str:
    return tr("{first} or {last}", first=first, last=last)


def what_to_type_card() -> Message:
    """Return the answer to a text that is neither a command nor the name of an exchange."""
    return Message(
        title=tr("What to type"),
        lines=(
            tr_line(
                "Type the name of an exchange, such as {exchange}, or /help for all commands.", exchange=code("binance")
            ),
        ),
        private=True,
    )
