"""What whoever starts the bot, or follows a link to it, reads first."""

from bot.domain.exchange import Exchange
from bot.language.translation import tr
from bot.messages.model import Action, Message, code
from bot.messages.translated_lines import tr_line


def start_card(example: Exchange | None) -> Message:
    """Return the answer to /start: one sentence, and four questions to try; `example` is the largest exchange."""
    name, word = (example.name, example.id) if example else ("Binance", "binance")
    return Message(
        title=tr("Runwatch watches crypto exchanges for the signs of a run"),
        lines=(
            tr_line(
                "Type the name of an exchange, such as {exchange}, or try one of these. /help lists everything.",
                exchange=code(word),
            ),
        ),
        actions=(
            Action(tr("{exchange}: reserves", exchange=name), f"reserves {word}"),
            Action(tr("Largest outflows"), "top", starts_row=True),
            # Translators: a button that lists at which exchanges withdrawals are possible.
            Action(tr("Open withdrawals"), "withdrawals"),
            Action(tr("Set up alerts here"), "subscribe ?", starts_row=True),
        ),
    )


def proposal_card(line_proposed: str) -> Message:
    """Return what a link that would change something leads to: its command line, to be confirmed by a button."""
    return Message(
        title=tr("Do you want this?"),
        lines=(
            tr_line(
                "The link you followed proposes {command}. Nothing has changed yet.", command=code(f"/{line_proposed}")
            ),
        ),
        actions=(Action(tr("Yes, do it"), line_proposed, in_place=True),),
        private=True,
    )
