"""Fetching updates for ever, whatever Telegram or the network does.

The library's own updater ends silently at the first 401 or 404, and its start is not retried; hence this loop. After
any failure it starts again with new connections and asks who the bot is before it polls.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NoReturn

import structlog
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.chat.telegram.errors import pause_asked_by
from bot.chat.telegram.transport import BotApi
from bot.chat.telegram.update_parser import BotIdentity, Json

log = structlog.get_logger()

ALLOWED_UPDATES = ("message", "callback_query", "my_chat_member")
_NOT_YET = "not connected yet"
_SECOND_POLLER = (
    "another program polls Telegram with the same token: stop it, or give this bot a token of its own (one per bot)"
)
_UNKNOWN_TOKEN = "Telegram does not know this token: check TELEGRAM_TOKEN"  # noqa: S105 — a sentence, not a token


@dataclass(frozen=True, slots=True)
class PollingTimeouts:
    """How long to wait for what, in seconds.

    `poll`: how long Telegram may hold a poll; `margin`: how much later its answer may come, and how much later than
    that the poll counts as stuck. `retry` to `longest_retry`: the pause after failures, doubling. `conflict`: the pause
    after a second poller showed; the spell is over when none did for `spell`. `silence`: from when on nothing heard is
    trouble. `farewell`: how long answers under way are waited for at the end.
    """

    poll: float = 25.0
    margin: float = 10.0
    retry: float = 1.0
    longest_retry: float = 60.0
    conflict: float = 10.0
    spell: float = 60.0
    silence: float = 60.0
    farewell: float = 5.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    clock: Callable[[], float] = time.monotonic


class UpdatePoller:
    """Polls, hands every update to `receive`, and tells `greet` who the bot is whenever it has connected anew."""

    def __init__(
        self,
        connect: Callable[[], BotApi],
        *,
        greet: Callable[[BotIdentity], Awaitable[None]],
        receive: Callable[[Json], Awaitable[None]],
        patience: PollingTimeouts,
    ) -> None:
        self._connect = connect
        self._greet = greet
        self._receive = receive
        self._patience = patience
        self._problem: str | None = _NOT_YET
        self._failures = 0
        self._offset: int | None = None
        self._heard_at = patience.clock()
        self._conflict_at: float | None = None

    async def run(self) -> None:
        """Poll until cancelled; every failure is waited out."""
        while True:
            await self._patience.sleep(await self._until_failure())

    def trouble(self) -> str | None:
        """Return why no updates come in, None while a poll was completed, or is under way, within the last minute."""
        if self._in_conflict():
            return _SECOND_POLLER
        if self._problem:
            return self._problem
        silence = self._patience.clock() - self._heard_at
        return f"no poll completed for {silence:.0f} s" if silence > self._patience.silence else None

    async def _until_failure(self) -> float:
        """Serve until something goes wrong and return the seconds to wait then."""
        api = self._connect()
        try:
            await self._serve(api)
        except Conflict as error:
            return self._note_conflict(error)
        except (TelegramError, TimeoutError) as error:
            return self._note(error)
        except Exception as error:
            log.exception("polling broke")
            return self._note(error)
        finally:
            await api.close_connections()

    async def _serve(self, api: BotApi) -> NoReturn:
        me = await self._who_am_i(api)
        await api.call("deleteWebhook")
        await self._greet(me)
        # The first poll returns at once: it proves that polling works before anybody is told so.
        hold = 0.0
        while True:
            updates = await self._poll(api, hold)
            self._note_success()
            for update in updates:
                await self._receive(update)
                self._offset = update["update_id"] + 1
            await _others_first()
            hold = self._patience.poll

    async def _who_am_i(self, api: BotApi) -> BotIdentity:
        try:
            found = await api.call("getMe")
        except InvalidToken:
            raise InvalidToken(_UNKNOWN_TOKEN) from None
        return BotIdentity(found["id"], found.get("username", ""))

    async def _poll(self, api: BotApi, hold: float) -> list[Json]:
        patience = hold + self._patience.margin
        async with asyncio.timeout(patience + self._patience.margin):
            found: list[Json] = await api.call(
                "getUpdates",
                patience=patience,
                offset=self._offset,
                timeout=int(hold),
                allowed_updates=list(ALLOWED_UPDATES),
            )
        return found

    def _note_success(self) -> None:
        if self._problem:
            log.info("telegram connected", before=self._problem)
        self._problem = None
        self._failures = 0
        self._heard_at = self._patience.clock()
        if self._conflict_at is not None and not self._in_conflict():
            self._conflict_at = None
            log.info("telegram has one poller again")

    def _note(self, error: Exception) -> float:
        """Remember a failure, log it once per spell, and return the seconds to wait."""
        problem = _spoken(error)
        if self._problem in (None, _NOT_YET):
            log.warning("telegram away", reason=problem)
        elif problem != self._problem:
            log.info("telegram still away", reason=problem)
        self._problem = problem
        self._failures += 1
        if isinstance(error, RetryAfter):
            return pause_asked_by(error).total_seconds()
        pause = min(self._patience.longest_retry, self._patience.retry * (1 << min(self._failures - 1, 10)))
        return pause * random.uniform(0.5, 1.0)  # noqa: S311 — spreads retries, guards nothing

    def _note_conflict(self, error: Conflict) -> float:
        if not self._in_conflict():
            log.error("second poller", reason=_SECOND_POLLER, telegram=error.message)
        self._conflict_at = self._patience.clock()
        return self._patience.conflict

    def _in_conflict(self) -> bool:
        at = self._conflict_at
        return at is not None and self._patience.clock() - at <= self._patience.spell


async def _others_first() -> None:
    """Let quick answers leave before the next poll is written: one turn to make them, one to write them."""
    for _ in range(2):
        await asyncio.sleep(0)


def _spoken(error: Exception) -> str:
    if isinstance(error, InvalidToken):
        return error.message if error.message == _UNKNOWN_TOKEN else f"a poll was refused ({error.message})"
    if isinstance(error, TelegramError):
        return f"no connection to Telegram ({error})"
    return "a poll was stuck" if isinstance(error, TimeoutError) else "Telegram sent what cannot be read"
