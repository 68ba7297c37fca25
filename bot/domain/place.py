"""Where people are: platforms, the places in them, and what a place has subscribed to."""

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
    """Why a place cannot be written to, as the store has it; `bot/messages/cards/places.py` has the sentences."""

    BLOCKED = "blocked"
    DEACTIVATED = "deactivated"
    REMOVED = "removed"
    DELETED = "deleted"
    UNSEEN = "unseen"
    NO_RIGHTS = "no rights"
    TOPIC_CLOSED = "topic closed"
    TOPIC_DELETED = "topic deleted"
    ARCHIVED = "archived"
    REFUSED = "refused"  # for a reason that only the text of the platform's error says


EVERY_THREAD = "*"
"""Stands for the thread in a place that means a whole chat, topics included; no real thread has this id."""


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
        """Return the place that stands for this chat with all its topics, `telegram:-100/*`.

        Trouble is recorded there when it concerns all of them: a bot that was removed from a group reaches no topic.
        """
        return replace(self, thread=EVERY_THREAD)

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Read what `str()` wrote; raise ValueError for anything else."""
        platform, separator, address = text.partition(":")
        chat, _, thread = address.partition("/")
        if not separator or not chat:
            raise ValueError(f"not a place: {text!r}")
        return cls(Platform(platform), chat, thread or None)


@dataclass(frozen=True, slots=True)
class Subscription:
    """What one place wants to hear about one exchange (`exchange` None: about all of them).

    `usd` and `share` are the place's own thresholds, both positive: a smaller flow, in USD or as a share of reserves
    without own tokens, is not announced there. `mention` is whom to ping when an incident opens or gets worse: the id
    of a Discord role, "here", "everyone" or None. `created_by` is the id of the person who subscribed,
    `title` the name of the chat.

    `follows` has incidents, by number, that the place was told of under another preset than it has now: it hears of
    them by that preset to their end, and by its own of everything else.
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
    follows: tuple[tuple[int, Sensitivity], ...] = ()

    def preset_for(self, number: int) -> Sensitivity:
        """Return the preset by which the place hears of an incident."""
        return dict(self.follows).get(number, self.sensitivity) if self.follows else self.sensitivity


def same_terms(subscription: Subscription, other: Subscription) -> bool:
    """Return whether two subscriptions ask for the same, whoever made them and when."""
    return _terms(subscription) == _terms(other)


def _terms(subscription: Subscription) -> tuple[object, ...]:
    asked = subscription.min_severity, subscription.sensitivity, subscription.usd, subscription.share
    return (subscription.place, subscription.exchange, *asked, subscription.mention)
