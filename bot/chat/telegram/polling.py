"""Fetches updates by long polling, for ever, whatever Telegram or the network does.

Telegram holds a poll for 25 s while there is nothing new. After any failure the poller waits 1 s, then 2, 4 … up to
60 s, or as long as a 429 asks, connects anew, and asks who the bot is before it polls again. The library's own updater
ends silently at the first 401 or 404, and its start is not retried; hence this loop.
https://core.telegram.org/bots/api#getupdates
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NoReturn

import structlog
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.chat.telegram.errors import retry_after_of
from bot.chat.telegram.own_identity import UNKNOWN_TOKEN, fetch_identity
from bot.chat.telegram.transport import BotApi
from bot.chat.telegram.update_parser import BotIdentity, Json

log = structlog.get_logger()

ALLOWED_UPDATES = ("message", "callback_query", "inline_query", "my_chat_member")
_NOT_YET = "not connected yet"
_SECOND_POLLER = (
    "another program polls Telegram with the same token: stop it, or give this bot a token of its own (one per bot)"
)
_MAX_DOUBLINGS = 10  # far beyond the longest pause, and keeps the power of two a small number


@dataclass(frozen=True, slots=True)
class PollingTimeouts:
    """How many seconds to wait for what.

    `poll_s`: how long Telegram may hold a poll. `margin_s`: how much later its answer may come, and how much later than
    that the poll counts as stuck. `first_retry_s` to `longest_retry_s`: the pause after failures, doubling.
    `least_poll_s`: how long a poll takes at least that brought nothing new, whoever ended it.
    `conflict_retry_s`: the pause after a second poller showed; it counts as gone when it did not show for
    `conflict_over_s`. `silence_s`: without a completed poll for so long, the bot is in trouble. `shutdown_s`: how long
    answers under way are waited for at the end. `acknowledge_s`: how long a pressed button waits for its answer before
    the press is acknowledged without it; the store is given up after 4 s, Telegram gives up on a press after some ten.
    """

    poll_s: float = 25.0
    margin_s: float = 10.0
    first_retry_s: float = 1.0
    longest_retry_s: float = 60.0
    least_poll_s: float = 1.0
    conflict_retry_s: float = 10.0
    conflict_over_s: float = 60.0
    silence_s: float = 60.0
    shutdown_s: float = 5.0
    acknowledge_s: float = 5.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    clock: Callable[[], float] = time.monotonic


class UpdatePoller:
    """Hands every update to `on_update`, and the bot's identity to `on_connect` whenever it has connected anew."""

    def __init__(
        self,
        connect: Callable[[], BotApi],
        *,
        on_connect: Callable[[BotIdentity], Awaitable[None]],
        on_update: Callable[[Json], Awaitable[None]],
        timeouts: PollingTimeouts,
    ) -> None:
        self._connect = connect
        self._on_connect = on_connect
        self._on_update = on_update
        self._timeouts = timeouts
        self._problem: str | None = _NOT_YET
        self._failures_in_a_row = 0
        self._next_update_id: int | None = None
        self._last_poll_at = timeouts.clock()
        self._last_conflict_at: float | None = None
        self._is_ended_early = False  # said once in a process's life

    async def run(self) -> None:
        """Poll until cancelled; every failure is waited out."""
        while True:
            await self._timeouts.sleep(await self._poll_until_failure())

    def trouble(self) -> str | None:
        """Return why no updates come in, None while a poll was completed, or is under way, within the last minute."""
        if self._is_in_conflict():
            return _SECOND_POLLER
        if self._problem:
            return self._problem
        silence_s = self._timeouts.clock() - self._last_poll_at
        return f"no poll completed for {silence_s:.0f} s" if silence_s > self._timeouts.silence_s else None

    async def _poll_until_failure(self) -> float:
        """Poll until something goes wrong and return the seconds to wait then."""
        # A connection of its own each time: what hangs in the old one is closed with it.
        api = self._connect()
        try:
            await self._poll_for_ever(api)
        except Conflict as error:
            return self._record_conflict(error)
        except (TelegramError, TimeoutError) as error:
            return self._record_failure(error)
        except Exception as error:
            log.exception("telegram polling failed")
            return self._record_failure(error)
        finally:
            await api.close_connections()

    async def _poll_for_ever(self, api: BotApi) -> NoReturn:
        identity = await fetch_identity(api)
        # While a webhook is set, Telegram refuses every poll.
        await api.call("deleteWebhook")
        await self._on_connect(identity)
        # The first poll returns at once: it proves that polling works before anybody is told so.
        poll_s = 0.0
        while True:
            started_at, expected_id = self._timeouts.clock(), self._next_update_id
            updates = await self._poll(api, poll_s)
            self._record_success()
            for update in updates:
                await self._on_update(update)
                # Asking from this id on tells Telegram that the update was received; it is then not sent again.
                self._next_update_id = update["update_id"] + 1
            await _let_answers_leave()
            if poll_s and self._next_update_id == expected_id:
                await self._wait_out(self._timeouts.clock() - started_at)
            poll_s = self._timeouts.poll_s

    async def _wait_out(self, took_s: float) -> None:
        """Wait until a poll that brought nothing new has taken its second.

        Telegram holds such a poll for 25 s. A proxy or a local Bot API server that answers at once would otherwise be
        asked as fast as the network allows: 1,300 times a second on one machine.
        """
        if took_s >= self._timeouts.least_poll_s:
            return
        if not self._is_ended_early:
            log.warning("telegram ends polls at once", seconds=round(took_s, 3))
        self._is_ended_early = True
        await self._timeouts.sleep(self._timeouts.least_poll_s - took_s)

    async def _poll(self, api: BotApi, poll_s: float) -> list[Json]:
        read_timeout_s = poll_s + self._timeouts.margin_s
        # A second timeout around the transport's own, for a connection that hangs without ever timing out.
        async with asyncio.timeout(read_timeout_s + self._timeouts.margin_s):
            updates: list[Json] = await api.call(
                "getUpdates",
                read_timeout_s=read_timeout_s,
                offset=self._next_update_id,
                timeout=int(poll_s),
                allowed_updates=list(ALLOWED_UPDATES),
            )
        return updates

    def _record_success(self) -> None:
        if self._problem:
            log.info("telegram connected", before=self._problem)
        self._problem = None
        self._failures_in_a_row = 0
        self._last_poll_at = self._timeouts.clock()
        if self._last_conflict_at is not None and not self._is_in_conflict():
            self._last_conflict_at = None
            log.info("second telegram poller is gone")

    def _record_failure(self, error: Exception) -> float:
        """Record a failure, log it once until polling works again, and return the seconds to wait."""
        problem = sentence_for(error)
        if self._problem in (None, _NOT_YET):
            log.warning("telegram disconnected", reason=problem)
        elif problem != self._problem:
            log.info("telegram still disconnected", reason=problem)
        self._problem = problem
        self._failures_in_a_row += 1
        if isinstance(error, RetryAfter):
            return retry_after_of(error).total_seconds()
        doublings = min(self._failures_in_a_row - 1, _MAX_DOUBLINGS)
        pause_s = min(self._timeouts.longest_retry_s, self._timeouts.first_retry_s * (1 << doublings))
        return pause_s * random.uniform(0.5, 1.0)  # noqa: S311 — spreads retries, guards nothing

    def _record_conflict(self, error: Conflict) -> float:
        """Record that another program polls with the same token, and return the seconds to wait."""
        if not self._is_in_conflict():
            log.error("second telegram poller", reason=_SECOND_POLLER, telegram=error.message)
        self._last_conflict_at = self._timeouts.clock()
        return self._timeouts.conflict_retry_s

    def _is_in_conflict(self) -> bool:
        """Whether a second poller showed within the last minute: the two take turns, so single polls still succeed."""
        at = self._last_conflict_at
        return at is not None and self._timeouts.clock() - at <= self._timeouts.conflict_over_s


async def _let_answers_leave() -> None:
    """Let quick answers leave before the next poll is written: one turn to make them, one to write them."""
    for _ in range(2):
        await asyncio.sleep(0)


def sentence_for(error: Exception) -> str:
    """Return what operators read in `/status`; it never holds an address, and so never a token."""
    if isinstance(error, InvalidToken):
        return error.message if error.message == UNKNOWN_TOKEN else f"a poll was refused ({error.message})"
    if isinstance(error, TelegramError):
        return f"no connection to Telegram ({error})"
    return "a poll was stuck" if isinstance(error, TimeoutError) else "Telegram sent what cannot be read"
