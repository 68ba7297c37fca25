"""Words for places that no alert can reach any more: why, and what brings them back.

A place (channel, group, topic, thread or private chat) is disabled when the platform refuses it for good, for example
because the bot was removed. People read "paused". Used by `/status`, `/subscriptions` and the notices to whoever
subscribed the place.
"""

from collections.abc import Mapping, Sequence

from bot.domain.place import Obstacle
from bot.messages.model import Message, Tone, line, lines

ClosedPlace = tuple[str, str]
"""The name of a place that is disabled, and why."""

_MAX_NAMED = 10
"""Places that a notice names. A removed server may have hundreds of channels; all of them would be a wall of text."""
_OBSTACLE_WORDS = {
    Obstacle.BLOCKED: "the bot was blocked",
    Obstacle.DEACTIVATED: "the account was deleted",
    Obstacle.REMOVED: "the bot was removed",
    Obstacle.DELETED: "it was deleted",
    Obstacle.UNSEEN: "the bot cannot see it any more",
    Obstacle.NO_RIGHTS: "the bot lacks the right to write there",
    Obstacle.TOPIC_CLOSED: "the topic was closed",
    Obstacle.TOPIC_DELETED: "the topic was deleted",
    Obstacle.ARCHIVED: "the thread is archived, and only moderators may open it",
}


def why_closed(obstacle: Obstacle, reason: str) -> str:
    """Return why a place is disabled; for an obstacle without words of ours it is `reason`, the platform's own text."""
    return _OBSTACLE_WORDS.get(obstacle, reason)


def closed_card(places: Sequence[ClosedPlace]) -> Message:
    """Return the notice to a person that places which they subscribed are disabled; ten are named, the rest counted."""
    unnamed_count = len(places) - _MAX_NAMED
    return Message(
        title="Alerts paused",
        tone=Tone.TROUBLE,
        lines=lines(
            "Alerts no longer arrive in:",
            *[line(f"• {name}: {why}") for name, why in places[:_MAX_NAMED]],
            f"… and {unnamed_count} more." if unnamed_count > 0 else None,
            "Subscriptions there are kept for 30 days. Alerts resume once the bot may post there again or somebody "
            "uses a command there; the bot also checks once a day.",
        ),
    )


def closed_words(counts: Mapping[Obstacle, int]) -> str | None:
    """Return how many places are disabled, and why: `3 (2 removed, 1 no rights)`; None when there are none."""
    if not counts:
        return None
    # The name decides between equal counts, so that the same counts always read the same.
    most_frequent_first = sorted(counts.items(), key=lambda counted: (-counted[1], counted[0]))
    reasons = ", ".join(f"{count} {obstacle}" for obstacle, count in most_frequent_first)
    return f"{sum(counts.values())} ({reasons})"
