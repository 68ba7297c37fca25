"""What is said to people who have just met the bot, or who typed something it does not know."""

from collections.abc import Sequence

from bot.messages.model import Action, Message, Tone, code, line, lines

BUTTON_TOO_OLD = "This message is too old for its buttons. Type the command instead."


def welcome_card() -> Message:
    """Return the one message to a chat or a server that has just let the bot in."""
    return Message(
        title="Runwatch is here",
        lines=lines(
            "It watches crypto exchanges for the signs of a run: the share of reserves that leaves.",
            line("Ask with ", code("/reserves binance"), ". Nothing is posted here by itself."),
            line("Moderators: ", code("/subscribe all"), " in the place that should get alerts."),
        ),
        actions=(Action("Help", "help"),),
        silent=True,
    )


def unknown_command_card(name: str, nearest: Sequence[str]) -> Message:
    """Return the answer to a command that does not exist."""
    meant = f" Did you mean {' or '.join(f'/{one}' for one in nearest)}?" if nearest else ""
    return Message(
        title="No such command",
        tone=Tone.TROUBLE,
        lines=lines(line("There is no ", code(f"/{name}"), f".{meant} /help lists them all.")),
        private=True,
    )


def what_to_type_card() -> Message:
    """Return the answer to a text that is no question the bot can read."""
    return Message(
        title="What to type",
        lines=lines(line("Type the name of an exchange, such as ", code("binance"), ", or /help for all commands.")),
        private=True,
    )
