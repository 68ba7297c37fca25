"""Places that alerts cannot reach: why, and what brings them back."""

from collections.abc import Mapping, Sequence

from bot.domain.place import Obstacle
from bot.messages.model import Message, Tone, line, lines

ClosedPlace = tuple[str, str]
"""The name of a place that is switched off, and why."""

_MOST_NAMED = 10
_WHY = {
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
    """Return why a place is switched off; `reason` is what the platform said, for what there are no words for."""
    return _WHY.get(obstacle, reason)


def closed_card(places: Sequence[ClosedPlace]) -> Message:
    """Return word to one person that places they set up are switched off."""
    more = len(places) - _MOST_NAMED
    return Message(
        title="Alerts switched off",
        tone=Tone.TROUBLE,
        lines=lines(
            "Alerts do not arrive any more in:",
            *[line(f"• {name}: {why}") for name, why in places[:_MOST_NAMED]],
            f"… and {more} more." if more > 0 else None,
            "What was subscribed to there is kept for 30 days. It goes on as soon as the bot is let in or may write "
            "again, or anybody there uses a command; once a day the bot looks by itself.",
        ),
    )


def closed_words(counts: Mapping[Obstacle, int]) -> str | None:
    """Return how many places are switched off, and why, in one line; None when there are none."""
    if not counts:
        return None
    largest_first = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    reasons = ", ".join(f"{count} {obstacle}" for obstacle, count in largest_first)
    return f"{sum(counts.values())} ({reasons})"
