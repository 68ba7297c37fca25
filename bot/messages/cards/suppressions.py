"""Answers to `/hold` and `/release`: the owner pauses an exchange's figures, or lets them raise alerts again."""

from bot.domain.suppression import Suppression
from bot.language.translation import tr, tr_as
from bot.messages.model import Message, Tone, lines
from bot.messages.number_format import clock


def suppressed_card(suppression: Suppression, name: str) -> Message:
    """Return the confirmation that the figures of the exchange called `name` raise no alert any more, and why."""
    return Message(
        title=" · ".join((name, tr("figures paused"))),
        lines=lines(
            _paused(suppression),
            tr("Its figures open and close no alert until /release. Answers still show them, with this reason."),
        ),
        private=True,
    )


def _paused(suppression: Suppression) -> str:
    since = clock(suppression.since)
    if suppression.why:
        return tr("Paused since {time}, because: {reason}.", time=since, reason=suppression.why.removesuffix("."))
    return tr("Paused since {time} by the operator of this bot.", time=since)


def released_card(name: str, *, was_suppressed: bool) -> Message:
    """Return the answer to `/release`: alerts are possible again, or there was no suppression to end."""
    outcome = (
        tr("Its figures raise alerts again.")
        if was_suppressed
        else tr("Its figures were not paused; nothing has changed.")
    )
    title = " · ".join((name, tr_as("figures that were paused", "released")))
    return Message(title=title, tone=Tone.GOOD, lines=lines(outcome), private=True)
