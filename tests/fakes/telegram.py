"""A fake Telegram Bot API on a loopback port, as strict as the real one.

    async with FakeTelegram() as telegram:
        ann = telegram.user("Ann")
        group = telegram.group("Traders", admins=(ann,))
        ...  # a bot polls telegram.url with telegram.token
        telegram.say(group, ann, "/reserves binance")
        answer = await telegram.wait_for_message(group)

People act through `say`, `press`, `channel_post`, `block`, `add_bot`, `remove_bot`, `migrate` (telegram_people); what
the bot did is in `sent`, `commands`, `answered`, `calls` and `requests`; `fail`, `lose_reply`, `delay`
(telegram_faults) and `rates` (telegram_rates) make it misbehave. `clock` says what time its answers name, else that of
this machine.
"""

import asyncio
import json
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from typing import Any, Self

from aiohttp import BodyPartReader, web

from bot.ports.sources import Clock
from tests.clocks import http_date
from tests.fakes.telegram_faults import TelegramFaults
from tests.fakes.telegram_markup import Refused
from tests.fakes.telegram_methods import Methods, Parameters
from tests.fakes.telegram_photos import UPLOAD
from tests.fakes.telegram_rates import Rates
from tests.fakes.telegram_world import Chat, Sent, User
from tests.waiting import LIMIT, until

__all__ = ["TOKEN", "Chat", "FakeTelegram", "Rates", "Sent", "User"]

_MAX_REQUEST_BYTES = 50 << 20  # https://core.telegram.org/bots/api#sending-files
TOKEN = "4242:loopback-only"  # noqa: S105 — no real bot has it


class FakeTelegram(Methods, TelegramFaults):
    """The server, the world behind it, and what the bot did to it."""

    def __init__(self, *, token: str = TOKEN, username: str = "RunwatchBot") -> None:
        Methods.__init__(self, User(int(token.partition(":")[0]), "Runwatch", is_bot=True, username=username))
        TelegramFaults.__init__(self)
        self.token = token
        self.url = ""
        self.clock: Clock | None = None
        self.loses_files = False
        self.calls: Counter[str] = Counter()
        # Benchmarks send a hundred thousand messages; only the newest requests are kept.
        self.requests: deque[tuple[str, dict[str, str]]] = deque(maxlen=1000)
        self._seen: set[tuple[int, int]] = set()
        self._served = asyncio.Event()
        self._runner: web.ServerRunner | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def port(self) -> int:
        """Return the port of the present or the last life of the server."""
        return int(self.url.rpartition(":")[2])

    async def start(self, port: int = 0) -> None:
        """Listen on the loopback interface; port 0 takes a free one, `self.port` brings a stopped server back."""
        self._runner = web.ServerRunner(
            web.Server(self._serve, request_factory=_request, access_log=None), shutdown_timeout=0.1
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Close the port and every connection; what happened before stays recorded."""
        self.clear_faults()
        if self._runner:
            await self._runner.cleanup()

    async def wait_for_message(
        self, chat: Chat, *, containing: str = "", thread: int | None = None, limit: float = LIMIT
    ) -> Sent:
        """Return the oldest message to a chat not yet waited for, as soon as there is one."""
        unseen: list[Sent] = []

        def unseen_messages() -> bool:
            unseen[:] = [
                message
                for message in self.sent
                if self._is_unseen(message, chat, thread) and containing in message.text
            ]
            return bool(unseen)

        def missing() -> str:
            texts = [message.text for message in self.messages_in(chat)]
            return f"a message to {chat.id} with {containing!r} in it; these came, some of them waited for: {texts}"

        await self.until(unseen_messages, missing, limit=limit)
        # Each message is returned once, so that two waits in a row get two answers.
        self._seen.add((unseen[0].chat.id, unseen[0].id))
        return unseen[0]

    async def until(
        self, condition: Callable[[], object], missing: str | Callable[[], str], *, limit: float = LIMIT
    ) -> None:
        """Wait as `tests.waiting.until` does; the condition is checked again at every request and reply."""
        await until(condition, missing, changed=self._served, limit=limit)

    def messages_in(self, chat: Chat) -> list[Sent]:
        """Return everything the bot wrote in a chat, oldest first."""
        return [sent for sent in self.sent if sent.chat is chat]

    def _is_unseen(self, message: Sent, chat: Chat, thread: int | None) -> bool:
        here = message.chat is chat and (thread is None or message.thread == thread)
        return here and (chat.id, message.id) not in self._seen

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path.startswith("/file/"):
            if self.loses_files and request.transport:
                request.transport.abort()
            return self._file(request.path)
        _, token, name = [*request.path.split("/", 2), "", ""][:3]
        method = name.lower()
        given = await self._parameters(request)
        self.calls[method] += 1
        self.requests.append((method, given))
        self._served.set()
        fault = self.next_fault(method, given)
        try:
            if fault and fault.release:
                await fault.release.wait()
            if fault and fault.refusal:
                raise fault.refusal
            response = _answer(200, {"ok": True, "result": await self._method(token, method)(given)})
        except Refused as refusal:
            response = _refusal(refusal, fault.body if fault else None)
        finally:
            self._served.set()
        # The request was carried out: a lost reply hides a message that arrived.
        if fault and fault.loses_reply and request.transport:
            request.transport.abort()
        if self.clock:
            response.headers["Date"] = http_date(self.clock.now())
        return response

    def _file(self, path: str) -> web.Response:
        """Return a file by the path that getFile has named: https://core.telegram.org/bots/api#getfile."""
        self.calls["file"] += 1
        content = self.files.content_at(path.removeprefix(f"/file/bot{self.token}/"))
        return web.Response(status=404) if content is None else web.Response(body=content)

    def _method(self, token: str, method: str) -> Callable[[Parameters], Awaitable[object]]:
        # Telegram answers 404 to what looks like no token at all, and 401 to a token of nobody.
        if not token.startswith("bot") or ":" not in token:
            raise Refused(404, "Not Found")
        if token != f"bot{self.token}":
            raise Refused(401, "Unauthorized")
        # Method names are not case-sensitive at Telegram either, so they are looked up in lower case.
        function = getattr(Methods, method, None)
        if not asyncio.iscoroutinefunction(function) or method.startswith("_"):
            raise Refused(404, "Not Found: method not found")
        return function.__get__(self)  # type: ignore[no-any-return]  # methods are found by name

    async def _parameters(self, request: web.BaseRequest) -> dict[str, str]:
        """Return the parameters, for each file that was uploaded the name of its upload."""
        if request.content_type != "multipart/form-data":
            return await _parameters(request)
        given = dict(request.query)
        async for part in await request.multipart():
            assert isinstance(part, BodyPartReader)
            assert part.name
            if part.filename is None:
                given[part.name] = await part.text()
            else:
                given[part.name] = f"{UPLOAD}{next(self.ids)}"
                self.uploads[given[part.name]] = bytes(await part.read())
                self.upload_names[given[part.name]] = part.filename
        return given


def _request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
    """Return a request whose body may be as large as Telegram takes: aiohttp's own limit is 1 MB."""
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=_MAX_REQUEST_BYTES)


async def _parameters(request: web.BaseRequest) -> dict[str, str]:
    """Return the parameters, JSON values as JSON text, wherever and however they were sent."""
    given = dict(request.query)
    if request.content_type == "application/x-www-form-urlencoded":
        form = await request.post()
        return given | {name: str(text) for name, text in form.items()}
    if request.content_type == "application/json":
        body = await request.json()
        return given | {name: text if isinstance(text, str) else json.dumps(text) for name, text in body.items()}
    return given


def _refusal(refusal: Refused, body: bytes | None) -> web.Response:
    if body is not None:
        return web.Response(status=refusal.status, body=body, content_type="text/html")
    answer: dict[str, object] = {"ok": False, "error_code": refusal.status, "description": refusal.description}
    return _answer(
        refusal.status, answer | ({"parameters": refusal.parameters} if refusal.parameters is not None else {})
    )


def _answer(status: int, content: dict[str, object]) -> web.Response:
    return web.Response(status=status, body=json.dumps(content).encode(), content_type="application/json")
