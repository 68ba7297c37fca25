"""About the delivery itself: a message that was followed, a topic that hears nothing, a fan-out that was stopped."""

from datetime import timedelta

from bot.domain.place import Obstacle, Platform
from bot.messages.model import Message, Tone, line, lines
from bot.messages.numbers import span


def followed_card(message: Message) -> Message:
    """Return what an older message becomes when a newer one, which answers it, has taken over its story."""
    about = message.title.rpartition(" · ")[0] or message.title
    here = line("The story goes on in the newer message that answers this one.")
    return Message(f"{about} · continued below", message.tone, (here,), footer=message.footer, actions=message.actions)


def topic_notice(obstacle: Obstacle) -> Message:
    """Return what a group is told in its General topic when another topic hears nothing any more."""
    deleted = obstacle is Obstacle.TOPIC_DELETED
    return Message(
        title="Alerts to a topic are paused",
        tone=Tone.TROUBLE,
        lines=lines(
            f"A topic of this group that alerts go to was {'deleted' if deleted else 'closed'}, so they cannot be "
            "posted there.",
            "Use /subscribe in another topic to hear of what follows."
            if deleted
            else "They go on when it is reopened, or when a command is used in it.",
        ),
        silent=True,
    )


def stopped_card(platform: Platform, reason: str, pause: timedelta) -> Message:
    """Return what the operator is told when a platform refuses too much."""
    return Message(
        title=f"Messages to {platform.title()} are stopped",
        tone=Tone.TROUBLE,
        lines=lines(
            f"Reason: {reason}. To go on could shut the bot out, or disable places that are fine.",
            f"Everything stays queued; it is tried again in {span(pause)}. /status shows how it goes.",
        ),
    )
