"""What is said once when the bot joins a server or a group."""

from bot.messages.model import Action, Message, code, line, lines


def welcome_card() -> Message:
    """Return the greeting: what the bot is for, and the one step to take."""
    return Message(
        title="Runwatch watches crypto exchanges for unusual outflow",
        lines=lines(
            line("Ask with ", code("/reserves binance"), ". Nothing is posted here by itself."),
            line("Moderators: ", code("/subscribe"), " in the channel that should get alerts."),
        ),
        actions=(Action("All commands", "help"),),
        silent=True,
    )
