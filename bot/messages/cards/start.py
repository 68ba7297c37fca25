"""What whoever starts the bot, or follows a link to it, reads first."""

from bot.domain.exchange import Exchange
from bot.messages.model import Action, Message, code, line, lines


def start_card(example: Exchange | None) -> Message:
    """Return the answer to /start: one sentence, and four questions to try; `example` is the largest exchange."""
    name, word = (example.name, example.id) if example else ("Binance", "binance")
    return Message(
        title="Runwatch watches crypto exchanges for the signs of a run",
        lines=lines(
            line("Type the name of an exchange, such as ", code(word), ", or try one of these. /help lists everything.")
        ),
        actions=(
            Action(f"{name}: reserves", f"reserves {word}"),
            Action("Largest outflows", "top", starts_row=True),
            Action("Open withdrawals", "withdrawals"),
            Action("Set up alerts here", "subscribe ?", starts_row=True),
        ),
    )


def proposal_card(line_proposed: str) -> Message:
    """Return what a link that would change something leads to: its command line, to be confirmed by a button."""
    return Message(
        title="Do you want this?",
        lines=lines(line("The link you followed proposes ", code(f"/{line_proposed}"), ". Nothing has changed yet.")),
        actions=(Action("Yes, do it", line_proposed, in_place=True),),
        private=True,
    )
