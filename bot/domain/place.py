"""Where people are: platforms, places in them, and what a place has subscribed to."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from typing_extensions import override

from bot.domain.severity import Sensitivity, Severity


class Platform(StrEnum):
    """A chat platform, or the terminal."""

    DISCORD = "discord"
    TELEGRAM = "telegram"
    TERMINAL = "terminal"


class Obstacle(StrEnum):
    """Why a place cannot be written to: the word that is kept with it; `messages` has the sentence for each."""

    BLOCKED = "blocked"
    DEACTIVATED = "deactivated"
    REMOVED = "removed"
    DELETED = "deleted"
    UNSEEN = "unseen"
    NO_RIGHTS = "no rights"
    TOPIC_CLOSED = "topic closed"
    TOPIC_DELETED = "topic deleted"
    ARCHIVED = "archived"
    REFUSED = "refused"  # for a reason that only the platform's own text tells


EVERY_THREAD = "*"
"""The thread of a place that stands for a whole chat."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """One address that messages go to.

    Discord: `chat` is the id of the channel or thread, `thread` is None. Telegram: `chat` is the chat's id, `thread`
    the `message_thread_id` of a topic (None: the General topic or a chat without topics). Ids are decimal strings.
    """

    platform: Platform
    chat: str
    thread: str | None = None

    @override
    def __str__(self) -> str:
        """Return `platform:chat` or `platform:chat/thread`, the form used in keys and logs."""
        return f"{self.platform}:{self.chat}/{self.thread}" if self.thread else f"{self.platform}:{self.chat}"

    @property
    def whole_chat(self) -> "Place":
        """Return the name for all places of this chat at once: what is wrong with it is wrong with its topics too."""
        return replace(self, thread=EVERY_THREAD)

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Read what `str()` wrote; raise ValueError on anything else."""
        platform, separator, rest = text.partition(":")
        chat, _, thread = rest.partition("/")
        if not separator or not chat:
            raise ValueError(f"not a place: {text!r}")
        return cls(Platform(platform), chat, thread or None)


@dataclass(frozen=True, slots=True)
class Subscription:
    """What one place wants to hear about one exchange (`exchange` None: about all of them).

    `usd` and `share` are the place's own floors on the size of a flow, both positive: USD, and a fraction of clean
    reserves. `mention` is what to ping on opening and escalation: a Discord role id, "here", "everyone" or None.
    """

    place: Place
    exchange: str | None
    min_severity: Severity = Severity.WATCH
    sensitivity: Sensitivity = Sensitivity.NORMAL
    usd: float | None = None
    share: float | None = None
    mention: str | None = None
    created_by: str = ""
    created_at: datetime | None = None
    title: str = ""
