"""Words for places that no alert can reach any more: why, and what brings them back.

A place (channel, group, topic, thread or private chat) is disabled when the platform refuses it for good, for example
because the bot was removed. People read "paused". Used by `/status`, `/subscriptions` and the notices to whoever
subscribed the place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.place import Obstacle
from bot.language.name_lists import clauses, labelled, with_note
from bot.language.translation import marked, tr
from bot.messages.cards.common import surplus_line
from bot.messages.model import Message, Tone, line, lines

_MAX_NAMED = 10
"""Places that a notice names. A removed server may have hundreds of channels; all of them would be a wall of text."""
_OBSTACLE_WORDS = {
    # Translators: why nothing can be posted in a place, as in “• Traders: the bot was blocked”.
    Obstacle.BLOCKED: marked("the bot was blocked"),
    Obstacle.DEACTIVATED: marked("the account was deleted"),
    Obstacle.REMOVED: marked("the bot was removed"),
    Obstacle.DELETED: marked("it was deleted"),
    Obstacle.UNSEEN: marked("the bot cannot see it any more"),
    Obstacle.NO_RIGHTS: marked("the bot lacks the right to write there"),
    Obstacle.TOPIC_CLOSED: marked("the topic was closed"),
    Obstacle.TOPIC_DELETED: marked("the topic was deleted"),
    Obstacle.ARCHIVED: marked("the thread is archived, and only moderators may open it"),
}

_OBSTACLE_COUNTS = {
    # Translators: so many chats that have blocked the bot, in a list of why nothing can be posted in places.
    Obstacle.BLOCKED: marked("{count} blocked"),
    Obstacle.DEACTIVATED: marked("{count} deactivated"),
    Obstacle.REMOVED: marked("{count} removed"),
    Obstacle.DELETED: marked("{count} deleted"),
    Obstacle.UNSEEN: marked("{count} unseen"),
    Obstacle.NO_RIGHTS: marked("{count} no rights"),
    Obstacle.TOPIC_CLOSED: marked("{count} topic closed"),
    Obstacle.TOPIC_DELETED: marked("{count} topic deleted"),
    Obstacle.ARCHIVED: marked("{count} archived"),
    Obstacle.REFUSED: marked("{count} refused"),
}


@dataclass(frozen=True, slots=True)
class ClosedPlace:
    """The name of a place that is disabled, and why; `reason` is the platform's own text."""

    name: str
    obstacle: Obstacle
    reason: str = ""


def why_closed(obstacle: Obstacle, reason: str) -> str:
    """Return why a place is disabled; for an obstacle without words of ours it is `reason`, the platform's own text."""
    return tr(_OBSTACLE_WORDS[obstacle]) if obstacle in _OBSTACLE_WORDS else reason


def closed_card(places: Sequence[ClosedPlace]) -> Message:
    """Return the notice to a person that places which they subscribed are disabled; ten are named, the rest counted."""
    return Message(
        title=tr("Alerts paused"),
        tone=Tone.TROUBLE,
        lines=lines(
            tr("Alerts no longer arrive in:"),
            *[
                line(labelled(f"• {place.name}", why_closed(place.obstacle, place.reason)))
                for place in places[:_MAX_NAMED]
            ],
            surplus_line(len(places) - _MAX_NAMED),
            tr(
                "Subscriptions there are kept for 30 days. Alerts resume once the bot may post there again or somebody "
                "uses a command there; the bot also checks once a day."
            ),
        ),
    )


def closed_words(counts: Mapping[Obstacle, int]) -> str | None:
    """Return how many places are disabled, and why: `3 (2 removed, 1 no rights)`; None when there are none."""
    if not counts:
        return None
    # The name decides between equal counts, so that the same counts always read the same.
    most_frequent_first = sorted(counts.items(), key=lambda counted: (-counted[1], counted[0]))
    reasons = clauses(tr(_OBSTACLE_COUNTS[obstacle], count=count) for obstacle, count in most_frequent_first)
    return with_note(f"{sum(counts.values())}", reasons)
