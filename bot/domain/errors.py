"""Every error this program raises on purpose; the class says what to do next.

RunwatchError
├── AskerError             tell the asker, in these words
│   ├── UnknownExchange    … and name the nearest ones
│   ├── BadArgument        … and show how the command is used
│   └── NotPermitted       … the caller may not do this here
├── ConfigurationError     refuse to start, exit code 2
│   └── StoreOutdated      … an older program wrote the data; the service moves it forward when it starts
├── StorageError           the store cannot be reached or must not be used; answer from memory, try again
│   ├── LeaseLost          another worker does this now: leave it to that one
│   └── LoginRefused       … the password was changed while the bot runs: wait until it is right again
├── BackupError            a backup cannot be written, read or restored; nothing was changed unless the text says so
├── DrawingFailed          a picture was not drawn: send the text without it, with this sentence
├── SourceError            an upstream did not deliver a reading; remember the reason, never call it calm
└── DeliveryError          a message did not reach its place
    ├── RetryLater         send it again after a while
    ├── ChatMoved          the place has a new address: re-key it, send again
    ├── Unreachable        the place cannot be written to; `obstacle` says why
    │   ├── ChatGone       … disable it, never retry
    │   ├── NotAllowed     … disable it when it keeps failing
    │   └── TopicClosed    … pause this topic only
    └── BadMessage         our own fault: send it once more as plain text, count it

Adapters raise these in place of their vendor's errors: a 403 of Telegram "bot was kicked from the group" becomes
`ChatGone("…", Obstacle.REMOVED)`, a connection to Redis that is refused becomes a `StorageError`.
"""

from datetime import timedelta
from enum import StrEnum

from bot.domain.place import Obstacle, Place
from bot.language.name_lists import alternatives, sentences
from bot.language.translation import tr

_ECHO_MAX_CHARS = 40  # no name of an exchange is longer; a pasted page must not come back in the answer


def echo(typed: str) -> str:
    """Return what somebody typed as it is shown to them again: of a long text the first 40 characters and "…"."""
    return typed if len(typed) <= _ECHO_MAX_CHARS else f"{typed[:_ECHO_MAX_CHARS]}…"


class RunwatchError(Exception):
    """The root of the tree; the text of every error is a sentence for people."""


class AskerError(RunwatchError):
    """A mistake that the person who asked can correct; they get its text as the answer, in their language."""


class UnknownExchange(AskerError):
    """No exchange has this name; `nearest` are the ids of those with similar ones."""

    def __init__(self, name: str, nearest: tuple[str, ...] = ()) -> None:
        hint = (
            tr("Did you mean {names}?", names=alternatives(nearest))
            if nearest
            else tr("/exchanges lists the known ones.")
        )
        super().__init__(sentences(tr("No exchange is known as “{name}”.", name=echo(name)), hint))
        self.name = name
        self.nearest = nearest


class BadArgument(AskerError):
    """An argument of a command cannot be read, such as `soon` for a number of days."""


class NotPermitted(AskerError):
    """The caller lacks the rights for this in this place."""


class ConfigurationError(RunwatchError):
    """A setting is missing or contradicts another."""


class StoreOutdated(ConfigurationError):
    """The data has the layout of an older program, and whoever opens the store here may not migrate it."""


class StorageError(RunwatchError):
    """The store is away, out of memory, or newer than this program."""


class LeaseLost(StorageError):
    """Another worker has acquired this one's lease meanwhile; nothing of what this one wanted to write was written."""


class BackupError(RunwatchError):
    """A backup cannot be written, read or restored; the text says why, and what to do."""


class DrawingFailed(RunwatchError):
    """A picture could not be drawn, or not in time; people read its text below the answer that has no picture now."""


class LoginRefused(StorageError):
    """The store does not accept the user or the password; one that did so before may do so again."""


class SourceFault(StrEnum):
    """Why an upstream delivered no reading: the word in the log, the metric and `/status`."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    RATE_LIMITED = "rate limited"
    BLOCKED = "blocked"  # 401, 402, 403 and 451: paid plan, geography or a wall against bots
    UNKNOWN_SLUG = "unknown slug"
    SERVER_ERROR = "server error"
    TOO_LARGE = "too large"
    CUT_SHORT = "cut short"
    NOT_JSON = "not JSON"
    BAD_SHAPE = "bad shape"
    EMPTY = "empty"
    # The source contradicts itself; the body is refused, although it can be read.
    WRONG_EXCHANGE = "wrong exchange"  # it is of another one than was asked for
    TOTAL_DISAGREES = "total disagrees"  # its newest total is not the one of the list of exchanges
    VALUES_DISAGREE = "values disagree"  # its assets do not add up to its own totals
    LIST_SHRANK = "list shrank"  # more than a third of the exchanges are gone from the list at once
    # Of a key that the operator made at an exchange; the detail says what to do.
    KEY_REFUSED = "key refused"  # by the bot: it can do more than read, and is not used
    KEY_NOT_ACCEPTED = "key not accepted"  # by the exchange: wrong, expired, not for this address, or the clock is off
    CRASHED = "crashed"  # the bot itself failed on the answer: a fault of the program, which the log describes

    @property
    def is_refusal(self) -> bool:
        """Return whether the source did answer, and its answer was refused because it contradicts itself."""
        return self in {
            SourceFault.WRONG_EXCHANGE,
            SourceFault.TOTAL_DISAGREES,
            SourceFault.VALUES_DISAGREE,
            SourceFault.LIST_SHRANK,
        }


class SourceError(RunwatchError):
    """An upstream did not deliver a reading.

    `detail` says more, "after 60 s"; `retry_after` is the pause that the upstream asked for (None: it did not).
    """

    def __init__(self, fault: SourceFault, detail: str = "", *, retry_after: timedelta | None = None) -> None:
        super().__init__(f"{fault}: {detail}" if detail else str(fault))
        self.fault = fault
        self.detail = detail
        self.retry_after = retry_after


class DeliveryError(RunwatchError):
    """A message did not reach its place."""


class RetryLater(DeliveryError):
    """The platform is busy or away; the same message may succeed later.

    `after` is how long to pause, `whole_bot` whether every place has to pause and not this one alone. `ambiguous` says
    that the message may have arrived all the same, because only the reply was lost. `rate_limited` says that it was a
    429, which is not counted as a failed attempt.
    """

    def __init__(
        self,
        reason: str,
        *,
        after: timedelta,
        whole_bot: bool = False,
        ambiguous: bool = False,
        rate_limited: bool = False,
    ) -> None:
        super().__init__(reason)
        self.after = after
        self.whole_bot = whole_bot
        self.ambiguous = ambiguous
        self.rate_limited = rate_limited


class ChatMoved(DeliveryError):
    """The chat has a new address: a Telegram group gets another id when it becomes a supergroup."""

    def __init__(self, moved_to: Place) -> None:
        super().__init__(f"the chat moved to {moved_to}")
        self.moved_to = moved_to


class Unreachable(DeliveryError):
    """The place cannot be written to, for the reason that `obstacle` names.

    `foreseen` says that the adapter knew it without a request, for instance from the rights that Discord announced.
    """

    def __init__(self, reason: str, obstacle: Obstacle = Obstacle.REFUSED, *, foreseen: bool = False) -> None:
        super().__init__(reason)
        self.obstacle = obstacle
        self.foreseen = foreseen


class ChatGone(Unreachable):
    """The bot was blocked or removed, or the chat was deleted."""


class NotAllowed(Unreachable):
    """The bot is there but may not write."""


class TopicClosed(Unreachable):
    """The topic was closed or deleted while the rest of the chat is fine."""


class BadMessage(DeliveryError):
    """The platform refused the message itself."""
