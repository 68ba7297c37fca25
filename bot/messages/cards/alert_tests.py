"""The test alert, its edit and its end as places see them, and the answer to whoever asked for it with `/test`.

A test has no INC- number, and says what it is in its first line: nobody must take it for an event.
"""

from collections.abc import Mapping, Sequence

from bot.domain.alert_tests import AlertTestMention, AlertTestOutcome, AlertTestResult
from bot.domain.mute import Mute
from bot.domain.place import Obstacle
from bot.language.name_lists import enumerated
from bot.language.translation import marked, tr
from bot.messages.cards.mutes import mute_line
from bot.messages.cards.places import why_closed
from bot.messages.model import Action, Message, Tone, lines
from bot.messages.number_format import decimal
from bot.messages.translated_lines import tr_line

_NOTHING_HAPPENED = marked("This is a test of the alerts. Nothing has happened at any exchange.")
_REMEDIES = {
    Obstacle.NO_RIGHTS: marked("Give the bot the right to write here."),
    Obstacle.UNSEEN: marked("Let the bot see this channel and write in it."),
    Obstacle.REMOVED: marked("Add the bot again."),
    Obstacle.BLOCKED: marked("Unblock the bot."),
    Obstacle.TOPIC_CLOSED: marked("Reopen the topic, or subscribe in another one."),
    Obstacle.TOPIC_DELETED: marked("Subscribe in another topic."),
    Obstacle.ARCHIVED: marked("Open the thread again, or subscribe in the channel."),
}
_OTHER_REMEDY = marked("Put that right.")
_STATES = {
    # Translators: what became of a test alert, in the title of the answer: “Test alert · arrived”.
    AlertTestOutcome.ARRIVED: marked("arrived"),
    AlertTestOutcome.WAITING: marked("not there yet"),
    AlertTestOutcome.REFUSED: marked("refused"),
    AlertTestOutcome.NOT_SENT: marked("not sent"),
    AlertTestOutcome.NOBODY_DELIVERS: marked("not sent"),
    # Translators: what became of a test alert: too many were asked for.
    AlertTestOutcome.TOO_SOON: marked("one a minute"),
}


_MENTIONS = {
    AlertTestMention.NONE: "",
    AlertTestMention.LEFT_OUT: marked("It mentioned nobody. /test ping tries the mention of the subscription as well."),
    AlertTestMention.USED: marked("It mentioned whom the subscription here mentions."),
}


def alert_test_card() -> Message:
    """Return the test alert."""
    return Message(
        title=tr("TEST · no real event"),
        tone=Tone.INFO,
        lines=lines(
            tr(_NOTHING_HAPPENED),
            tr("A real alert says here what leaves which exchange, how much of its reserves that is, and as of when."),
        ),
    )


def alert_test_update_card() -> Message:
    """Return what the test alert is edited to."""
    return Message(
        title=tr("TEST · no real event · updated"),
        tone=Tone.GOOD,
        lines=lines(tr(_NOTHING_HAPPENED), tr("This message was edited, as an alert is when its figures move.")),
        silent=True,
    )


def alert_test_end_card() -> Message:
    """Return the reply that ends a test."""
    return Message(
        title=tr("TEST · over"),
        tone=Tone.GOOD,
        lines=lines(tr("The end of an incident is told like this, in a reply to its message.")),
        silent=True,
    )


def alert_test_result_card(  # noqa: PLR0913 — what stands between a place and real alerts
    result: AlertTestResult,
    *,
    mutes: Sequence[Mute],
    names: Mapping[str, str],
    has_subscriptions: bool,
    lacks: Sequence[str] = (),
    mention: AlertTestMention = AlertTestMention.NONE,
    where: str = "",
) -> Message:
    """Return what came of a test, and what else stands between a place and real alerts.

    `lacks` are rights that the bot lacks; `where` names the place, "" for the one where it was asked.
    """
    arrived = result.outcome is AlertTestOutcome.ARRIVED
    is_well = arrived and has_subscriptions and not lacks and not mutes
    state = tr(_STATES[result.outcome])
    return Message(
        title=tr("Test alert in {place} · {state}", place=where, state=state)
        if where
        else tr("Test alert · {state}", state=state),
        tone=Tone.GOOD if is_well else Tone.TROUBLE,
        lines=lines(
            _outcome(result),
            tr(_MENTIONS[mention]) if arrived else None,
            tr("The bot lacks rights here: {rights}.", rights=enumerated(lacks)) if lacks else None,
            None
            if has_subscriptions
            else tr("No real alert would come: nothing is subscribed here. {command}", command="/subscribe binance"),
            *[tr_line("A real alert would not be posted now: {muted}", muted=mute_line(mute, names)) for mute in mutes],
            tr("A test changes no incident and no subscription."),
        ),
        actions=(Action(tr("Test with the mention"), f"test ping {where}".strip()),)
        if arrived and mention is AlertTestMention.LEFT_OUT
        else (),
    )


def _outcome(result: AlertTestResult) -> str:
    match result.outcome:
        case AlertTestOutcome.ARRIVED:
            return tr(
                "It arrived after {seconds} s, by the same route as real alerts. It is edited and ended within "
                "seconds.",
                seconds=decimal(result.seconds, 1),
            )
        case AlertTestOutcome.WAITING:
            return tr(
                "It has not arrived within {seconds} s: others are sent before it, or the platform is slow. /status "
                "says more. If it is not there within two minutes it will not come.",
                seconds=decimal(result.seconds, 0),
            )
        case AlertTestOutcome.REFUSED:
            why = why_closed(result.obstacle or Obstacle.REFUSED, result.reason).removesuffix(".")
            remedy = _REMEDIES.get(result.obstacle or Obstacle.REFUSED, _OTHER_REMEDY)
            # Translators: {remedy} is a whole sentence, such as “Add the bot again.”
            return tr("It did not arrive: {reason}. {remedy} Then try /test again.", reason=why, remedy=tr(remedy))
        case AlertTestOutcome.NOT_SENT:
            return tr("It was dropped before it was sent, or given up. The bot's operator finds why in its log.")
        case AlertTestOutcome.NOBODY_DELIVERS:
            return tr("No worker of this bot delivers messages to this platform right now. /status says more.")
        case _:
            return tr("A place can be tested once a minute. Try again in a minute.")
