"""Messages about delivery itself: an older alert that a newer one continues, a closed topic, a stopped platform."""

from dataclasses import replace
from datetime import datetime

from bot.domain.place import Obstacle
from bot.domain.severity import Severity
from bot.messages.model import Message, Tone, bold, line, lines, moment


def followed_card(message: Message, severity: Severity, at: datetime) -> Message:
    """Return what an alert is edited to once a newer one of its incident was posted as a reply to it, at a time.

    It keeps its text, which says what was known then, and gains one line: `Updated: it got worse (severe, 14:00 UTC).
    See the reply below.`
    """
    pointer = line(bold("Updated: it got worse"), f" ({severity}, ", moment(at), "). See the reply below.")
    return replace(message, lines=(pointer, *message.lines))


def topic_notice(obstacle: Obstacle) -> Message:
    """Return the notice in a group's General topic that alerts to another topic of the group are paused.

    `obstacle` says why: a topic that was closed can be reopened, one that was deleted cannot.
    """
    is_deleted = obstacle is Obstacle.TOPIC_DELETED
    return Message(
        title="Alerts to a topic are paused",
        tone=Tone.TROUBLE,
        lines=lines(
            f"A topic of this group that gets alerts was {'deleted' if is_deleted else 'closed'}: nothing can be "
            "posted there.",
            "Use /subscribe in another topic to get alerts there."
            if is_deleted
            else "Alerts resume when it is reopened, or when somebody uses a command in it.",
        ),
        silent=True,
    )
