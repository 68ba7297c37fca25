"""Messages about delivery itself: an older alert that a newer one continues, a closed topic, a stopped platform."""

from dataclasses import replace
from datetime import datetime

from bot.domain.place import Obstacle
from bot.domain.severity import Severity
from bot.language.translation import tr, written_in
from bot.messages.model import Message, Tone, lines, moment
from bot.messages.severity_words import severity_word
from bot.messages.translated_lines import tr_line


def followed_card(message: Message, severity: Severity, at: datetime) -> Message:
    """Return what an alert is edited to once a newer one of its incident was posted as a reply to it, at a time.

    It keeps its text, which says what was known then, and gains one line in its own language: `Updated: it got worse
    (severe, 14:00 UTC). See the reply below.`
    """
    with written_in(message.language):
        pointer = tr_line(
            "**Updated: it got worse** ({severity}, {time}). See the reply below.",
            severity=severity_word(severity),
            time=moment(at),
        )
    return replace(message, lines=(pointer, *message.lines))


def topic_notice(obstacle: Obstacle) -> Message:
    """Return the notice in a group's General topic that alerts to another topic of the group are paused.

    `obstacle` says why: a topic that was closed can be reopened, one that was deleted cannot.
    """
    if obstacle is Obstacle.TOPIC_DELETED:
        why = tr("A topic of this group that gets alerts was deleted: nothing can be posted there.")
        remedy = tr("Use /subscribe in another topic to get alerts there.")
    else:
        why = tr("A topic of this group that gets alerts was closed: nothing can be posted there.")
        remedy = tr("Alerts resume when it is reopened, or when somebody uses a command in it.")
    return Message(title=tr("Alerts to a topic are paused"), tone=Tone.TROUBLE, lines=lines(why, remedy), silent=True)
