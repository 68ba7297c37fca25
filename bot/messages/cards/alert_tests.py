"""The test alert, its edit and its end as places see them, and the answer to whoever asked for it with `/test`.

A test has no INC- number, and says what it is in its first line: nobody must take it for an event.
"""

from collections.abc import Mapping, Sequence

from bot.domain.alert_tests import AlertTestMention, AlertTestOutcome, AlertTestResult
from bot.domain.mute import Mute
from bot.domain.place import Obstacle
from bot.messages.cards.mutes import mute_line, there
from bot.messages.cards.places import why_closed
from bot.messages.model import Action, Message, Tone, line, lines

_NOTHING_HAPPENED = "This is a test of the alerts. Nothing has happened at any exchange."
_REMEDIES = {
    Obstacle.NO_RIGHTS: "Give the bot the right to write here.",
    Obstacle.UNSEEN: "Let the bot see this channel and write in it.",
    Obstacle.REMOVED: "Add the bot again.",
    Obstacle.BLOCKED: "Unblock the bot.",
    Obstacle.TOPIC_CLOSED: "Reopen the topic, or subscribe in another one.",
    Obstacle.TOPIC_DELETED: "Subscribe in another topic.",
    Obstacle.ARCHIVED: "Open the thread again, or subscribe in the channel.",
}
_STATES = {
    AlertTestOutcome.ARRIVED: "arrived",
    AlertTestOutcome.WAITING: "not there yet",
    AlertTestOutcome.REFUSED: "refused",
    AlertTestOutcome.NOT_SENT: "not sent",
    AlertTestOutcome.NOBODY_DELIVERS: "not sent",
    AlertTestOutcome.TOO_SOON: "one a minute",
}


_MENTIONS = {
    AlertTestMention.NONE: None,
    AlertTestMention.LEFT_OUT: "It mentioned nobody. /test ping tries the mention of the subscription as well.",
    AlertTestMention.USED: "It mentioned whom the subscription here mentions.",
}


def alert_test_card() -> Message:
    """Return the test alert."""
    return Message(
        title="TEST · no real event",
        tone=Tone.INFO,
        lines=lines(
            _NOTHING_HAPPENED,
            "A real alert says here what leaves which exchange, how much of its reserves that is, and as of when.",
        ),
    )


def alert_test_update_card() -> Message:
    """Return what the test alert is edited to."""
    return Message(
        title="TEST · no real event · updated",
        tone=Tone.GOOD,
        lines=lines(_NOTHING_HAPPENED, "This message was edited, as an alert is when its figures move."),
        silent=True,
    )


def alert_test_end_card() -> Message:
    """Return the reply that ends a test."""
    return Message(
        title="TEST · over",
        tone=Tone.GOOD,
        lines=lines("The end of an incident is told like this, in a reply to its message."),
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
    return Message(
        title=f"Test alert{there(where)} · {_STATES[result.outcome]}",
        tone=Tone.GOOD if is_well else Tone.TROUBLE,
        lines=lines(
            _outcome(result),
            _MENTIONS[mention] if arrived else None,
            f"The bot lacks rights here: {', '.join(lacks)}." if lacks else None,
            None if has_subscriptions else "No real alert would come: nothing is subscribed here. /subscribe binance",
            *[line("A real alert would not be posted now: ", *mute_line(mute, names)) for mute in mutes],
            "A test changes no incident and no subscription.",
        ),
        actions=(Action("Test with the mention", f"test ping {where}".strip()),)
        if arrived and mention is AlertTestMention.LEFT_OUT
        else (),
    )


def _outcome(result: AlertTestResult) -> str:
    match result.outcome:
        case AlertTestOutcome.ARRIVED:
            return (
                f"It arrived after {result.seconds:.1f} s, the way that real alerts take. "
                "It is edited and ended within seconds."
            )
        case AlertTestOutcome.WAITING:
            return (
                f"It has not arrived within {result.seconds:.0f} s: others are sent before it, or the platform is "
                "slow. /status says more. If it is not there within two minutes it will not come."
            )
        case AlertTestOutcome.REFUSED:
            why = why_closed(result.obstacle or Obstacle.REFUSED, result.reason).removesuffix(".")
            remedy = _REMEDIES.get(result.obstacle or Obstacle.REFUSED, "Put that right.")
            return f"It did not arrive: {why}. {remedy} Then try /test again."
        case AlertTestOutcome.NOT_SENT:
            return "It was dropped before it was sent, or given up. The bot's operator finds why in its log."
        case AlertTestOutcome.NOBODY_DELIVERS:
            return "No worker of this bot delivers messages to this platform right now. /status says more."
        case _:
            return "A place can be tested once a minute. Try again in a minute."
