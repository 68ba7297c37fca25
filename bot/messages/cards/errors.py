"""Answers to a command that fails: each has a sentence that says what the asker can do about it.

Kinds of failure have a card each: the asker's (`refusal`), the store's (`store_away_card`), ours (`apology`), and more
questions than a platform lets the bot answer (`crowded_card`).
"""

from bot.domain.reading import SourceHealth
from bot.language.translation import tr
from bot.messages.cards.common import source_name
from bot.messages.model import Action, Line, Message, Tone, code, lines
from bot.messages.translated_lines import tr_line


def refusal(sentence: str) -> Message:
    """Return an error that the asker can put right; `sentence` says how, in the language in force."""
    return Message(title=tr("That did not work"), tone=Tone.TROUBLE, lines=lines(sentence), private=True)


def question_card(
    question: str, hint: str, choices: tuple[tuple[str, str], ...], explained: tuple[Line, ...] = ()
) -> Message:
    """Return the question for a missing argument, with buttons for its likeliest values (label, command line).

    `hint` says how it is typed, `explained` what the values mean; all are in the language in force. The answer to a
    button takes the question's place, so that a chat keeps one message.
    """
    return Message(
        title=question,
        lines=(*explained, *lines(hint)),
        actions=tuple(Action(label, command, in_place=True) for label, command in choices),
        private=True,
    )


def no_list_card(health: SourceHealth) -> Message:
    """Return the answer on the command line where the list of exchanges cannot be fetched, and none is known.

    What whoever runs the bot reads there is in English.
    """
    source = source_name(health.source.partition("/")[0])
    return Message(
        title="No figures",
        tone=Tone.TROUBLE,
        lines=lines(
            f"{source}'s list of exchanges cannot be fetched: {health.detail or health.fault}.",
            "“runwatch check” (or “make check-settings”) tries every connection and says what is wrong.",
        ),
        private=True,
    )


def crowded_card(*, is_group: bool) -> Message:
    """Return what a Telegram chat is told once a minute in which more is asked than the bot may answer."""
    return Message(
        title=tr("Too many questions at once"),
        tone=Tone.TROUBLE,
        lines=lines(
            tr(
                "Not all of them are answered: Telegram allows a bot 20 messages a minute in a group. Ask again in a "
                "minute, or ask the bot in a private chat."
            )
            if is_group
            else tr("Not all of them are answered. Ask again in a minute.")
        ),
        private=True,
    )


def store_away_card() -> Message:
    """Return the answer to a command that needs the store while the store cannot be reached."""
    return Message(
        title=tr("The database is unavailable"),
        tone=Tone.TROUBLE,
        lines=lines(tr("Nothing was changed. Try again in a minute.")),
        private=True,
    )


def apology(reference: str) -> Message:
    """Return the answer to an unexpected exception; `reference` is the id under which the log has its traceback."""
    return Message(
        title=tr("Something went wrong"),
        tone=Tone.TROUBLE,
        lines=lines(
            tr("This is the bot's fault, not yours. Try again, and if it stays, tell whoever runs this bot."),
            tr_line("Error reference for the operator: {reference}", reference=code(reference)),
        ),
        private=True,
    )
