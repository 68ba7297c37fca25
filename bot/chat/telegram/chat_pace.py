"""When the next answer may go to a Telegram chat: at once, but for a chat in which Telegram has asked for a pause.

Forty people ask in one group within a second. Telegram takes 20 messages a minute there and answers the rest with 429.
From then on the group gets at most 18 answers a minute for a day: two are left for an alert, which a 429 would hold up
for most of a minute, and for the sentence that more was asked than can be answered. In the minute after a 429 a chat
gets one answer a second. https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, field

_PER_MINUTE_IN_GROUP = 18
_GAP_S = 1.0  # between answers to one chat, in the minute after a 429
_MINUTE_S = 60.0
_GROUP_LIMITED_S = 86_400.0  # for how long a group keeps to its 18 a minute after a 429
_MAX_LIMITED_GROUPS = 10_000  # bounds the memory
# Of the 200 updates that are handled at a time: a flood in one chat must not keep everybody else waiting.
_MAX_WAITING = 5


@dataclass(slots=True)
class _Chat:
    turns: deque[float] = field(default_factory=lambda: deque(maxlen=_PER_MINUTE_IN_GROUP))
    paused_until: float = float("-inf")
    notice_at: float = float("-inf")

    def next_turn(self, now: float) -> float:
        """Return when the next message may be sent, by the pause of the last 429."""
        is_slowed = self.turns and now < self.paused_until + _MINUTE_S
        return max(now, self.turns[-1] + _GAP_S if is_slowed else now, self.paused_until)

    def is_idle(self, now: float) -> bool:
        """Return whether the last minute knows nothing of this chat."""
        last_turn = self.turns[-1] if self.turns else float("-inf")
        return max(last_turn, self.paused_until, self.notice_at) < now - _MINUTE_S


class ChatPace:
    """Gives each answer its turn in its chat. `now` is always a monotonic time in seconds."""

    def __init__(self) -> None:
        self._chats: OrderedDict[str, _Chat] = OrderedDict()
        self._group_limited_at: OrderedDict[str, float] = OrderedDict()

    def reserve(self, chat_id: str, now: float, longest_wait_s: float) -> float | None:
        """Reserve the next turn and return the seconds until then; None, and no turn, when that is too long."""
        chat = self._chat(chat_id, now)
        turn = chat.next_turn(now)
        if self._is_limited_group(chat_id, now) and len(chat.turns) == _PER_MINUTE_IN_GROUP:
            turn = max(turn, chat.turns[0] + _MINUTE_S)
        if turn - now > longest_wait_s or sum(reserved > now for reserved in chat.turns) >= _MAX_WAITING:
            return None
        chat.turns.append(turn)
        return turn - now

    def reserve_notice(self, chat_id: str, now: float) -> float | None:
        """Return the seconds until a chat may be told that it asks too much; None when it was told a minute ago."""
        chat = self._chat(chat_id, now)
        if now - chat.notice_at < _MINUTE_S:
            return None
        chat.notice_at = now
        return chat.next_turn(now) - now

    def pause(self, chat_id: str, now: float, until: float) -> None:
        """Record that Telegram asked to leave a chat alone until a moment."""
        chat = self._chat(chat_id, now)
        chat.paused_until = max(chat.paused_until, until)
        if chat_id.startswith("-"):  # groups and channels; people have positive ids
            self._group_limited_at[chat_id] = now
            self._group_limited_at.move_to_end(chat_id)
            if len(self._group_limited_at) > _MAX_LIMITED_GROUPS:
                self._group_limited_at.popitem(last=False)

    def pause_left_s(self, chat_id: str, now: float) -> float:
        """Return the seconds for which a chat is still to be left alone."""
        return max(0.0, self._chats[chat_id].paused_until - now) if chat_id in self._chats else 0.0

    def _is_limited_group(self, chat_id: str, now: float) -> bool:
        return now - self._group_limited_at.get(chat_id, float("-inf")) < _GROUP_LIMITED_S

    def _chat(self, chat_id: str, now: float) -> _Chat:
        """Return what is known of a chat, and forget those that were idle for a minute."""
        chat = self._chats.setdefault(chat_id, _Chat())
        self._chats.move_to_end(chat_id)
        while (oldest := next(iter(self._chats))) != chat_id and self._chats[oldest].is_idle(now):
            del self._chats[oldest]
        return chat
