"""Notices questions that repeat in one place within seconds, so that many people's one question has one answer.

A rumour goes round, and twelve people of a group type `/reserves binance` within ten seconds: the first is answered,
and everybody reads it there. On Discord, which wants an answer to everybody, the others are answered for themselves.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Generic, TypeVar

from bot.commands.declaration import Access, Command
from bot.commands.dispatcher import CommandContext
from bot.domain.place import Place

Key = TypeVar("Key", bound=Hashable)

REPEATED_WITHIN_S = 10.0
"""How long after a question the same one counts as answered; its answer is then still on the screen."""
_MAX_REMEMBERED = 10_000  # bounds the memory: the oldest are asked anew


class RecentKeys(Generic[Key]):
    """Remembers keys for so many seconds by a monotonic clock."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._seen_at: OrderedDict[Key, float] = OrderedDict()

    def was_seen(self, key: Key) -> bool:
        """Return whether a key was seen within the last seconds; one that was not is seen from now on."""
        now = self._clock()
        while self._seen_at:
            oldest, at = next(iter(self._seen_at.items()))
            if now - at < self._seconds and len(self._seen_at) < _MAX_REMEMBERED:
                break
            del self._seen_at[oldest]
        if key in self._seen_at:
            return True
        self._seen_at[key] = now
        return False

    def forget(self, key: Key) -> None:
        """Forget a key, as if it had never been seen."""
        self._seen_at.pop(key, None)

    def forget_where(self, condition: Callable[[Key], bool]) -> None:
        """Forget every key of which a condition is true."""
        for key in [key for key in self._seen_at if condition(key)]:
            del self._seen_at[key]


_Question = tuple[Place, str, str]
"""Where it was asked, the command, and its arguments."""


class RepeatedQuestions:
    """Tells which questions repeat. Only what anybody may ask, and what answers everybody alike, counts as repeated."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._recent: RecentKeys[_Question] = RecentKeys(REPEATED_WITHIN_S, clock)

    def is_repeated(self, context: CommandContext, command: Command, arguments: str | Mapping[str, str]) -> bool:
        """Return whether the same was asked here within the last ten seconds; if not, remember that it is now."""
        if command.access is not Access.MEMBER or (command.about_place and not command.linkable):
            # What moderators change may change the answers: `/subscriptions` is asked anew after `/subscribe`, and
            # after `/privacy`, which may have deleted everything.
            self._recent.forget_where(lambda key: key[0] == context.place)
            return False
        key = _key(context, command, arguments)
        return key is not None and self._recent.was_seen(key)

    def forget(self, context: CommandContext, command: Command, arguments: str | Mapping[str, str]) -> None:
        """Forget a question that was not answered for everybody: whoever asks it next is answered."""
        if key := _key(context, command, arguments):
            self._recent.forget(key)


def _key(context: CommandContext, command: Command, arguments: str | Mapping[str, str]) -> _Question | None:
    """Return what questions have in common that are the same; None for one that is its asker's own.

    The owner's `/status` says more than others' does, and `/drill` begins something for whoever asks. What is
    said of a file is said of that file alone, and the next one may be another.
    """
    is_for_all = command.access is Access.MEMBER and command.linkable
    if context.private or context.caller.is_owner or context.document or not is_for_all:
        return None
    words = arguments if isinstance(arguments, str) else " ".join(f"{name}:{arguments[name]}" for name in arguments)
    return context.place, command.name, " ".join(words.lower().split())
