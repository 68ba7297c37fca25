"""Messages about delivery itself: an older alert that a newer one continues, a closed topic, a stopped platform."""

from datetime import timedelta

from bot.domain.place import Obstacle, Platform
from bot.messages.model import Message, Tone, line, lines
from bot.messages.number_format import span


def followed_card(message: Message) -> Message:
    """Return what the previous alert is edited to once a newer alert of its incident was posted as a reply to it.

    The last part of the title is its severity, which is out of date by then: `INC-7 · Binance · elevated outflow`
    becomes `INC-7 · Binance · continued below`.
    """
    subject = message.title.rpartition(" · ")[0] or message.title
    pointer = line("The story goes on in the newer message that answers this one.")
    return Message(
        f"{subject} · continued below", message.tone, (pointer,), footer=message.footer, actions=message.actions
    )


def topic_notice(obstacle: Obstacle) -> Message:
    """Return the notice in a group's General topic that alerts to another topic of the group are paused.

    `obstacle` says why: a topic that was closed can be reopened, one that was deleted cannot.
    """
    is_deleted = obstacle is Obstacle.TOPIC_DELETED
    return Message(
        title="Alerts to a topic are paused",
        tone=Tone.TROUBLE,
        lines=lines(
            f"A topic of this group that alerts go to was {'deleted' if is_deleted else 'closed'}, so they cannot be "
            "posted there.",
            "Use /subscribe in another topic to hear of what follows."
            if is_deleted
            else "They go on when it is reopened, or when a command is used in it.",
        ),
        silent=True,
    )


def stopped_card(platform: Platform, reason: str, pause: timedelta) -> Message:
    """Return the notice to the operator that sending to a platform is stopped because it refused too many messages.

    `pause` is the time until it is tried again.
    """
    return Message(
        title=f"Messages to {platform.title()} are stopped",
        tone=Tone.TROUBLE,
        lines=lines(
            f"Reason: {reason}. To go on could shut the bot out, or disable places that are fine.",
            f"Everything stays queued; it is tried again in {span(pause)}. /status shows how it goes.",
        ),
    )
