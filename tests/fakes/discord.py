"""A local stand-in of Discord: its REST interface (v10) and its gateway, as strict as the real ones.

    async with FakeDiscord(token="...") as discord:
        guild = discord.guild("Traders")
        channel = await guild_channel(...)            # see `channel`, `thread`, `user`, `dm`
        …point the real client at discord.api_url and discord.gateway_url…
        await discord.connected()
        answer = await discord.slash("reserves", {"exchange": "binance"}, channel=channel)
        assert answer.embed["title"] == "…"

What the client sends is in `messages(channel)`, `commands`, `requests`; `until(…)` waits for it. `fail(…)` makes REST
calls fail, `gateway` holds the hooks of the websocket (drop, tell, refusals, invalid_sessions, answers_heartbeats).
"""

import asyncio
import json
import re
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.fakes import discord_world as world
from tests.fakes.discord_gateway import FakeGateway
from tests.fakes.discord_limits import command_problems, error_body, message_problems
from tests.fakes.discord_world import Channel, Guild, Json, User, World, snowflake

_EPHEMERAL = 1 << 6
_VIA = {"Via": "1.1 google"}


class Refusal(Exception):
    """An error answer of the API."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.body = status, {"code": code, "message": message}


@dataclass
class Failure:
    """How REST calls shall fail; `times` counts down. `cut` closes the line instead of answering.

    With `accepted` the request is carried out all the same, so that only its answer is lost.
    """

    method: str
    path: re.Pattern[str]
    status: int = 500
    code: int = 0
    message: str = "made to fail"
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int = 1
    cut: bool = False
    accepted: bool = False


@dataclass
class Answer:
    """What an interaction was answered with; a deferral shows in `announced` ("ephemeral", "public" or None)."""

    id: str
    token: str
    kind: int
    channel: Channel
    at: float
    responded: bool = False
    announced: str | None = None
    choices: list[Json] | None = None
    messages: list[Json] = field(default_factory=list)
    original: Json | None = None

    @property
    def message(self) -> Json:
        """The last message of the answer."""
        return self.messages[-1]

    @property
    def embed(self) -> Json:
        """The embed of the last message."""
        embed: Json = self.message["embeds"][0]
        return embed

    @property
    def ephemeral(self) -> bool:
        """Whether only the asker sees the last message."""
        return bool(self.message["flags"] & _EPHEMERAL)

    @property
    def text(self) -> str:
        """All words of the last message, for looking something up in them."""
        return json.dumps([self.message["content"], self.message["embeds"]], ensure_ascii=False)


class FakeDiscord:
    """Discord on a loopback port. `rates` enforces 50 requests a second and 5 messages per channel in 5 seconds."""

    def __init__(self, *, token: str = "fake-token", heartbeat_interval: float = 41.25, rates: bool = False) -> None:
        self.token = token
        self.world = World()
        self.gateway = FakeGateway(self.world, token, heartbeat_interval, self._notify)
        self.commands: list[Json] = []
        self.command_puts = 0
        self.requests: list[tuple[str, str]] = []
        self.rate_limited = 0
        self.api_url = self.gateway_url = ""
        self._messages: dict[str, list[Json]] = defaultdict(list)
        self._by_nonce: dict[tuple[str, str], Json] = {}
        self._interactions: dict[str, Answer] = {}
        self._failures: list[Failure] = []
        self._rates = _Rates() if rates else None
        self._changed = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/gateway", self.gateway.serve)
        for method, path, handler in self._routes():
            app.router.add_route(method, f"/api/v10{path}", handler)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.api_url = f"http://127.0.0.1:{port}/api/v10"
        self.gateway_url = self.gateway.url = f"ws://127.0.0.1:{port}/gateway"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.gateway.close()
        if self._runner:
            await self._runner.cleanup()

    # ── the world ────────────────────────────────────────────────────────────────────────────────────────────────

    def guild(self, name: str = "Server", *, rights: int = world.MEMBER_RIGHTS, bot: int = world.BOT_RIGHTS) -> Guild:
        """Make a server with the bot in it, before anybody is connected."""
        made = Guild(name, self.world.bot, rights, bot)
        self.world.guilds[made.id] = made
        return made

    def channel(self, guild: Guild, name: str = "alerts", *, type: int = world.TEXT, deny: int = 0) -> Channel:  # noqa: A002 — Discord's word for it
        """Make a channel; `deny` is taken from the bot there."""
        made = Channel(name, guild, type, deny=deny)
        guild.channels.append(made)
        return made

    def thread(self, channel: Channel, name: str = "a thread", *, archived: bool = False) -> Channel:
        """Make a thread in a channel."""
        made = Channel(name, channel.guild, world.THREAD, parent=channel, archived=archived)
        if channel.guild:
            channel.guild.channels.append(made)
        return made

    def user(self, name: str = "somebody") -> User:
        """Make a person."""
        return User(name)

    def dm(self, user: User) -> Channel:
        """Make the private channel between a person and the bot."""
        made = Channel("", type=world.DIRECT, recipient=user)
        self.world.direct[made.id] = made
        return made

    async def join(self, guild: Guild) -> None:
        """Add the bot to a server while it is connected."""
        guild.has_bot = True
        self.world.guilds[guild.id] = guild
        await self.gateway.dispatch("GUILD_CREATE", guild.json())

    async def leave(self, guild: Guild) -> None:
        """Remove the bot from a server."""
        guild.has_bot = False
        await self.gateway.dispatch("GUILD_DELETE", {"id": guild.id})

    async def delete_channel(self, channel: Channel) -> None:
        """Delete a channel or thread."""
        guild = _guild_of(channel)
        guild.channels.remove(channel)
        event = "THREAD_DELETE" if channel.is_thread else "CHANNEL_DELETE"
        await self.gateway.dispatch(event, channel.json(self.world.bot))

    async def overwrite(self, channel: Channel, *, allow: int = 0, deny: int = 0) -> None:
        """Set what the bot is allowed and denied in a channel."""
        channel.allow, channel.deny = allow, deny
        await self.gateway.dispatch("CHANNEL_UPDATE", channel.json(self.world.bot))

    async def set_bot_rights(self, guild: Guild, permissions: int) -> None:
        """Change the permissions of the bot's role."""
        guild.bot_role.permissions = permissions
        await self.gateway.dispatch("GUILD_ROLE_UPDATE", {"guild_id": guild.id, "role": guild.bot_role.json()})

    async def archive(self, thread: Channel, *, archived: bool = True, locked: bool = False) -> None:
        """Archive a thread, or open it again."""
        thread.archived, thread.locked = archived, locked
        await self.gateway.dispatch("THREAD_UPDATE", thread.json(self.world.bot))

    # ── what people do ───────────────────────────────────────────────────────────────────────────────────────────

    async def slash(  # noqa: PLR0913 — everything that may differ between two uses of a command
        self,
        name: str,
        options: Mapping[str, str] | None = None,
        *,
        channel: Channel,
        user: User | None = None,
        permissions: int = world.MEMBER_RIGHTS,
        app_permissions: int | None = None,
        wait: bool = True,
    ) -> Answer:
        """Use a slash command as Discord's client would let it be used, and return the answer once it is there."""
        definition = self._definition(name, channel)
        given = self._given(definition, dict(options or {}))
        data = {"id": definition["id"], "name": name, "type": 1, "options": given}
        answer = await self._interact(2, data, channel, user, permissions, app_permissions)
        return await self._answered(answer) if wait else answer

    async def autocomplete(
        self, name: str, option: str, typed: str, *, channel: Channel, user: User | None = None
    ) -> list[Json]:
        """Type into an option and return the choices offered."""
        definition = self._definition(name, channel)
        declared = next(one for one in definition["options"] if one["name"] == option)
        assert declared.get("autocomplete"), f"/{name} {option} has no autocomplete"
        data = {"id": definition["id"], "name": name, "type": 1,
                "options": [{"name": option, "type": declared["type"], "value": typed, "focused": True}]}  # fmt: skip
        answer = await self._interact(4, data, channel, user, world.MEMBER_RIGHTS, None)
        await self.until(lambda: answer.choices is not None)
        return answer.choices or []

    async def press(  # noqa: PLR0913 — as for `slash`
        self,
        custom_id: str,
        *,
        channel: Channel,
        message: Json | None = None,
        user: User | None = None,
        permissions: int = world.MEMBER_RIGHTS,
        wait: bool = True,
    ) -> Answer:
        """Press a button of a message (any earlier one when none is given) and return the answer."""
        data = {"custom_id": custom_id, "component_type": 2}
        pressed = message or self._message_json(channel, {"content": "an older message"})
        answer = await self._interact(3, data, channel, user, permissions, None, message=pressed)
        return await self._answered(answer) if wait else answer

    def messages(self, channel: Channel) -> list[Json]:
        """Return the messages in a channel as they are now, oldest first."""
        return self._messages[channel.id]

    # ── waiting and failing ──────────────────────────────────────────────────────────────────────────────────────

    async def connected(self) -> None:
        """Wait until a session is identified."""
        await self.until(lambda: self.gateway.session is not None)

    async def until(self, condition: Callable[[], bool], *, seconds: float = 10.0) -> None:
        """Wait until something is so; looks again whenever the client did anything."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    def fail(self, method: str, path: str, status: int = 500, **how: Any) -> Failure:
        """Make matching calls fail (see Failure); `path` is a regular expression for the part behind /api/v10."""
        failure = Failure(method, re.compile(path), status, **how)
        self._failures.append(failure)
        return failure

    def fail_429(self, path: str, retry_after: float, *, everywhere: bool = False, via: bool = True) -> Failure:
        """Make one POST end with 429; without `via` it comes from the wall in front of the API."""
        body = {"message": "You are being rate limited.", "retry_after": retry_after, "global": everywhere, "code": 0}
        headers = (_VIA if via else {}) | {"Retry-After": str(max(1, round(retry_after)))}
        return self.fail("POST", path, 429, body=body if via else "<html>banned</html>", headers=headers)

    # ── REST ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _routes(self) -> list[tuple[str, str, Callable[[web.Request], Awaitable[web.StreamResponse]]]]:
        hook, channel = "/webhooks/{application}/{token}", "/channels/{channel}"
        return [
            ("GET", "/users/@me", self._me),
            ("GET", "/oauth2/applications/@me", self._application),
            ("GET", "/applications/@me", self._application),
            ("GET", "/applications/{application}/commands", self._get_commands),
            ("PUT", "/applications/{application}/commands", self._put_commands),
            ("POST", "/interactions/{id}/{token}/callback", self._callback),
            ("POST", hook, self._follow_up),
            ("PATCH", hook + "/messages/{message}", self._edit_answer),
            ("DELETE", hook + "/messages/{message}", self._delete_answer),
            ("GET", channel, self._get_channel),
            ("PATCH", channel, self._patch_channel),
            ("POST", channel + "/messages", self._post_message),
            ("GET", channel + "/messages/{message}", self._get_message),
            ("PATCH", channel + "/messages/{message}", self._patch_message),
        ]

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        path = request.path.removeprefix("/api/v10")
        if path == "/gateway":
            return await handler(request)
        self.requests.append((request.method, path))
        failure = self._failure(request.method, path)
        if failure and not failure.accepted:
            return self._failed(request, failure)
        response = await self._served(request, handler)
        self._notify()
        return self._failed(request, failure) if failure else response

    async def _served(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        by_token = request.path.startswith(("/api/v10/interactions/", "/api/v10/webhooks/"))
        if not by_token and request.headers.get("Authorization") != f"Bot {self.token}":
            return _json({"message": "401: Unauthorized", "code": 0}, 401)
        headers: Mapping[str, str] = {}
        if self._rates and not by_token:
            limited, headers = self._rates.check(request)
            if limited is not None:
                self.rate_limited += 1
                return _json(limited, 429, headers)
        try:
            response = await handler(request)
        except Refusal as refusal:
            return _json(refusal.body, refusal.status, headers)
        except web.HTTPNotFound:
            return _json({"message": "404: Not Found", "code": 0}, 404)
        response.headers.update(headers)
        return response

    def _failure(self, method: str, path: str) -> Failure | None:
        for failure in self._failures:
            if failure.times > 0 and failure.method == method and failure.path.search(path):
                failure.times -= 1
                return failure
        return None

    def _failed(self, request: web.Request, failure: Failure) -> web.StreamResponse:
        if failure.cut:
            if request.transport:
                request.transport.abort()
            return web.Response()
        body = {"code": failure.code, "message": failure.message} if failure.body is None else failure.body
        if isinstance(body, str):
            return web.Response(text=body, status=failure.status, headers=failure.headers, content_type="text/html")
        return _json(body, failure.status, failure.headers)

    async def _me(self, _: web.Request) -> web.Response:
        return _json(self.world.bot.json())

    async def _application(self, _: web.Request) -> web.Response:
        return _json({
            "id": self.world.bot.id, "name": "Runwatch", "description": "", "icon": None, "bot_public": True,
            "bot_require_code_grant": False, "owner": User("owner").json(), "verify_key": "0" * 64, "flags": 0,
            "team": None, "rpc_origins": [], "summary": "",
        })  # fmt: skip

    async def _get_commands(self, _: web.Request) -> web.Response:
        return _json(self.commands)

    async def _put_commands(self, request: web.Request) -> web.Response:
        given = await request.json()
        self._refuse(command_problems(given))
        self.command_puts += 1
        self.commands = [self._stored(one) for one in given]
        return _json(self.commands)

    def _stored(self, command: Json) -> Json:
        """Return a command as Discord gives it back: with fields of its own, without those that say nothing."""
        options = [{key: value for key, value in one.items() if value not in (False, None, [], {})}
                   for one in command.get("options") or []]  # fmt: skip
        stored = {
            "id": snowflake(), "application_id": self.world.bot.id, "version": snowflake(), "type": 1,
            "default_member_permissions": None, "dm_permission": True, "nsfw": False, "contexts": None,
            "integration_types": [0], "name_localizations": None, "description_localizations": None,
        }  # fmt: skip
        stored |= {key: value for key, value in command.items() if value is not None and key != "options"}
        if stored["default_member_permissions"] is not None:
            stored["default_member_permissions"] = str(stored["default_member_permissions"])
        return stored | ({"options": options} if options else {})

    async def _callback(self, request: web.Request) -> web.Response:
        answer = self._interactions.get(request.match_info["token"])
        if answer is None or asyncio.get_running_loop().time() - answer.at > 3:
            raise Refusal(404, 10062, "Unknown interaction")
        if answer.responded:
            raise Refusal(400, 40060, "Interaction has already been acknowledged.")
        body = await request.json()
        kind, data = body["type"], body.get("data") or {}
        if kind not in {2: (4, 5), 3: (4, 5, 6, 7), 4: (8,)}[answer.kind]:
            self._refuse([("type", "BASE_TYPE_CHOICES", "Not an answer to this kind of interaction.")])
        if kind == 8:
            self._refuse(_choice_problems(data["choices"]))
            answer.choices = data["choices"]
        elif kind == 5:
            answer.announced = "ephemeral" if data.get("flags", 0) & _EPHEMERAL else "public"
        elif kind == 4:
            self._refuse(message_problems(data, new=True))
            answer.original = self._message_json(answer.channel, data)
            answer.messages.append(answer.original)
        answer.responded = True
        return _json({
            "interaction": {"id": answer.id, "type": answer.kind, "response_message_id": answer.id},
            **({"resource": {"type": 4, "message": answer.original}} if kind == 4 else {}),
        })  # fmt: skip

    async def _follow_up(self, request: web.Request) -> web.Response:
        answer = self._by_token(request)
        body = await request.json()
        self._refuse(message_problems(body, new=True))
        if answer.announced and answer.original is None:
            body["flags"] = _EPHEMERAL if answer.announced == "ephemeral" else 0
        made = self._message_json(answer.channel, body)
        answer.original = answer.original or made
        answer.messages.append(made)
        return _json(made)

    async def _edit_answer(self, request: web.Request) -> web.Response:
        answer = self._by_token(request)
        body = await request.json()
        self._refuse(message_problems(body, new=False))
        if answer.original is None:
            flags = _EPHEMERAL if answer.announced == "ephemeral" else 0
            answer.original = self._message_json(answer.channel, body | {"flags": flags})
            answer.messages.append(answer.original)
        else:
            _change(answer.original, body)
        return _json(answer.original)

    async def _delete_answer(self, request: web.Request) -> web.Response:
        answer = self._by_token(request)
        if answer.original is not None:
            answer.messages.remove(answer.original)
        answer.announced = answer.original = None
        return web.Response(status=204)

    def _by_token(self, request: web.Request) -> Answer:
        answer = self._interactions.get(request.match_info["token"])
        if answer is None or not answer.responded:
            raise Refusal(404, 10015, "Unknown Webhook")
        return answer

    async def _get_channel(self, request: web.Request) -> web.Response:
        return _json(self._writable(request, writing=False).json(self.world.bot))

    async def _patch_channel(self, request: web.Request) -> web.Response:
        channel, body = self._writable(request), await request.json()
        if channel.is_thread and "archived" in body:
            if channel.locked:
                raise Refusal(403, 50013, "Missing Permissions")
            channel.archived = body["archived"]
            await self.gateway.dispatch("THREAD_UPDATE", channel.json(self.world.bot))
        return _json(channel.json(self.world.bot))

    async def _post_message(self, request: web.Request) -> web.Response:
        channel, body = self._writable(request), await request.json()
        self._refuse(message_problems(body, new=True))
        if body.get("embeds"):
            self._needs(channel, world.EMBED_LINKS)
        if body.get("message_reference"):
            self._check_reference(channel, body["message_reference"])
        if channel.archived and channel.locked:
            raise Refusal(400, 50083, "Thread is archived")
        channel.archived = False
        key = (channel.id, str(body.get("nonce")))
        if body.get("enforce_nonce") and key in self._by_nonce:
            return _json(self._by_nonce[key])
        made = self._message_json(channel, body)
        self._messages[channel.id].append(made)
        if body.get("nonce"):
            self._by_nonce[key] = made
        return _json(made)

    async def _get_message(self, request: web.Request) -> web.Response:
        return _json(self._message(self._writable(request, writing=False), request.match_info["message"]))

    async def _patch_message(self, request: web.Request) -> web.Response:
        channel, body = self._writable(request, writing=False), await request.json()
        message = self._message(channel, request.match_info["message"])
        self._refuse(message_problems(body, new=False))
        if channel.archived:
            raise Refusal(400, 50083, "Thread is archived")
        _change(message, body)
        return _json(message)

    def _check_reference(self, channel: Channel, reference: Json) -> None:
        self._needs(channel, world.READ_MESSAGE_HISTORY, code=160002)
        known = any(one["id"] == reference["message_id"] for one in self._messages[channel.id])
        if not known and reference.get("fail_if_not_exists", True):
            self._refuse([("message_reference", "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message")])

    def _message(self, channel: Channel, message_id: str) -> Json:
        for message in self._messages[channel.id]:
            if message["id"] == message_id:
                return message
        raise Refusal(404, 10008, "Unknown Message")

    def _writable(self, request: web.Request, *, writing: bool = True) -> Channel:
        channel = self.world.find(request.match_info["channel"])
        if channel is None:
            raise Refusal(404, 10003, "Unknown Channel")
        self._needs(channel, world.VIEW_CHANNEL, code=50001)
        if writing:
            self._needs(channel, world.SEND_MESSAGES_IN_THREADS if channel.is_thread else world.SEND_MESSAGES)
        if channel.type in {world.CATEGORY, world.FORUM}:
            raise Refusal(400, 50008, "Cannot send messages in a non-text channel")
        return channel

    def _needs(self, channel: Channel, permission: int, *, code: int = 50013) -> None:
        if channel.guild and not channel.guild.has_bot:
            raise Refusal(403, 50001, "Missing Access")
        if channel.guild and not channel.guild.bot_permissions(channel) & permission:
            raise Refusal(403, code, "Missing Access" if code == 50001 else "Missing Permissions")

    def _refuse(self, problems: list[tuple[str, str, str]]) -> None:
        if problems:
            refusal = Refusal(400, 50035, "Invalid Form Body")
            refusal.body = error_body(problems)
            raise refusal

    # ── interactions ─────────────────────────────────────────────────────────────────────────────────────────────

    def _definition(self, name: str, channel: Channel) -> Json:
        definition = next((one for one in self.commands if one["name"] == name), None)
        assert definition is not None, f"/{name} is not registered"
        context = _context(channel)
        assert context in (definition["contexts"] or (0, 1, 2)), f"/{name} is not shown here"
        return definition

    def _given(self, definition: Json, options: dict[str, str]) -> list[Json]:
        given = []
        for declared in definition.get("options") or []:
            value = options.pop(declared["name"], None)
            assert value is not None or not declared.get("required"), f"{declared['name']} is required"
            allowed = [one["value"] for one in declared.get("choices") or []]
            assert value is None or not allowed or value in allowed, f"{value} is no choice"
            if value is not None:
                given.append({"name": declared["name"], "type": declared["type"], "value": value})
        assert not options, f"unknown options {options}"
        return given

    async def _interact(  # noqa: PLR0913 — the parts of one interaction
        self,
        kind: int,
        data: Json,
        channel: Channel,
        user: User | None,
        permissions: int,
        app_permissions: int | None,
        *,
        message: Json | None = None,
    ) -> Answer:
        await self.connected()
        person = user or channel.recipient or User("somebody")
        answer = Answer(snowflake(), f"interaction-{snowflake()}", kind, channel, asyncio.get_running_loop().time())
        self._interactions[answer.token] = answer
        payload: Json = {
            "id": answer.id, "application_id": self.world.bot.id, "type": kind, "token": answer.token, "version": 1,
            "data": data, "channel": channel.json(self.world.bot), "channel_id": channel.id, "locale": "en-US",
            "entitlements": [], "attachment_size_limit": 10_485_760, "context": _context(channel),
        }  # fmt: skip
        guild = channel.guild
        if guild:
            granted = guild.bot_permissions(channel) if guild.has_bot else world.EMBED_LINKS
            payload |= {
                "guild_id": guild.id, "guild": {"id": guild.id, "locale": "en-US", "features": []},
                "guild_locale": "en-US", "member": guild.member(person) | {"permissions": str(permissions)},
                "authorizing_integration_owners": {"0": guild.id} if guild.has_bot else {"1": person.id},
                "app_permissions": str(granted if app_permissions is None else app_permissions),
            }  # fmt: skip
        else:
            payload |= {"user": person.json(), "authorizing_integration_owners": {"1": person.id},
                        "app_permissions": str(world.BOT_RIGHTS)}  # fmt: skip
        if message:
            payload["message"] = message
        await self.gateway.dispatch("INTERACTION_CREATE", payload)
        return answer

    async def _answered(self, answer: Answer) -> Answer:
        await self.until(lambda: bool(answer.messages))
        return answer

    def _message_json(self, channel: Channel, body: Json) -> Json:
        """Return a new message in Discord's form, with what the client asked for beside it."""
        return {
            "id": snowflake(), "type": 0, "channel_id": channel.id, "author": self.world.bot.json(),
            "content": body.get("content") or "", "embeds": body.get("embeds") or [], "attachments": [],
            "components": body.get("components") or [], "flags": body.get("flags", 0), "pinned": False, "tts": False,
            "timestamp": datetime.now(UTC).isoformat(), "edited_timestamp": None, "mention_everyone": False,
            "mentions": [], "mention_roles": [], "nonce": body.get("nonce"), "edits": 0,
            "allowed_mentions": body.get("allowed_mentions"),
            **({"message_reference": body["message_reference"] | {"channel_id": channel.id}}
               if body.get("message_reference") else {}),
        }  # fmt: skip

    def _notify(self) -> None:
        self._changed.set()


class _Rates:
    """Discord's limits, with the headers that announce them."""

    def __init__(self) -> None:
        self._all: deque[float] = deque()
        self._channels: dict[str, deque[float]] = defaultdict(deque)

    def check(self, request: web.Request) -> tuple[Json | None, Mapping[str, str]]:
        """Return the body of a 429 or None, and the headers to answer with."""
        now = asyncio.get_running_loop().time()
        wait = _full(self._all, now, 50, 1.0)
        if wait:
            body = {"message": "You are being rate limited.", "retry_after": wait, "global": True}
            return body, _VIA | {"Retry-After": "1", "X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"}
        channel = request.match_info.get("channel")
        if channel is None or request.method not in {"POST", "PATCH"}:
            self._all.append(now)
            return None, _VIA
        times = self._channels[f"{request.method}:{channel}"]
        wait = _full(times, now, 5, 5.0)
        headers = _VIA | {"X-RateLimit-Bucket": request.method, "X-RateLimit-Limit": "5"}
        if wait:
            headers |= {"Retry-After": "1", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": f"{wait:.3f}"}
            return {"message": "You are being rate limited.", "retry_after": wait, "global": False}, headers
        self._all.append(now)
        times.append(now)
        left = times[0] + 5.0 - now
        return None, headers | {"X-RateLimit-Remaining": str(5 - len(times)), "X-RateLimit-Reset-After": f"{left:.3f}"}


def _full(times: deque[float], now: float, most: int, seconds: float) -> float:
    """Return how long a window stays full, 0 when there is room."""
    while times and times[0] <= now - seconds:
        times.popleft()
    return times[0] + seconds - now if len(times) >= most else 0.0


def _json(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Answer with exactly `application/json`: the client takes a body with a charset for text."""
    response = web.Response(body=json.dumps(body).encode(), status=status, headers=headers)
    response.headers["Content-Type"] = "application/json"
    return response


def _change(message: Json, body: Json) -> None:
    for part in ("content", "embeds", "components"):
        if part in body:
            message[part] = body[part] or ("" if part == "content" else [])
    message["edits"] += 1
    message["edited_timestamp"] = datetime.now(UTC).isoformat()


def _choice_problems(choices: list[Json]) -> list[tuple[str, str, str]]:
    if len(choices) > 25:
        return [("data.choices", "BASE_TYPE_BAD_LENGTH", "Must be 25 or fewer in length.")]
    return [
        (f"data.choices.{index}", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
        for index, one in enumerate(choices)
        if not (1 <= len(one["name"]) <= 100 and 1 <= len(one["value"]) <= 100)
    ]


def _context(channel: Channel) -> int:
    if channel.guild:
        return 0
    return 1 if channel.type == world.DIRECT else 2


def _guild_of(channel: Channel) -> Guild:
    assert channel.guild is not None
    return channel.guild
