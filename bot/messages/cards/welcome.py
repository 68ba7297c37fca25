"""The greeting to a new chat or server, and the answers to what the bot cannot read as a command."""

from collections.abc import Sequence

from bot.messages.model import Action, Message, Tone, code, line, lines

BUTTON_TOO_OLD = "This message is too old for its buttons. Type the command instead."
BUTTON_OUTDATED = "This button belongs to a command that no longer exists. /help lists those there are."
ASK_IN_PRIVATE = "Ask the bot in a private chat: only administrators post here."
ANSWERED_ABOVE = "Answered above, a moment ago."


def welcome_card() -> Message:
    """Return the message that a chat or a server gets once, when the bot has been added to it."""
    return Message(
        title="Runwatch is here",
        lines=lines(
            "It watches crypto exchanges for the signs of a run: how much of their reserves leaves.",
            line("Ask with ", code("/reserves binance"), ". Nothing is posted here unless a moderator wants it."),
            line("Moderators: type ", code("/subscribe all"), " where alerts should be posted."),
        ),
        actions=(Action("Set up alerts here", "subscribe ?"), Action("Help", "help")),
        silent=True,
    )


def private_answer_card(link: str) -> Message:
    """Return what a group reads where answers are private and the bot may not write to the asker; `link` opens that."""
    return Message(
        title="Answers here are private",
        lines=lines(f"Open a chat with the bot to read yours: {link}"),
        private=True,
    )


def unknown_command_card(name: str, nearest: Sequence[str]) -> Message:
    """Return the answer to a command that does not exist; `nearest` are the names of commands spelt much like it."""
    suggestion = f" Did you mean {' or '.join(f'/{command}' for command in nearest)}?" if nearest else ""
    return Message(
        title="No such command",
        tone=Tone.TROUBLE,
        lines=lines(line("There is no ", code(f"/{name}"), f".{suggestion} /help lists them all.")),
        private=True,
    )


def what_to_type_card() -> Message:
    """Return the answer to a text that is neither a command nor the name of an exchange."""
    return Message(
        title="What to type",
        lines=lines(line("Type the name of an exchange, such as ", code("binance"), ", or /help for all commands.")),
        private=True,
    )
