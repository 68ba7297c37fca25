"""The REST side of the fake Discord: what it answers, and what it refuses with which code.

Codes: https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
"""

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import BodyPartReader, web

from tests.fakes import discord_world as world
from tests.fakes.as_read import as_read
from tests.fakes.discord_faults import Failure, Rates, Refusal
from tests.fakes.discord_gateway import FakeGateway
from tests.fakes.discord_limits import (
    MAX_UPLOAD_BYTES,
    attachment_problems,
    command_problems,
    error_body,
    message_problems,
)
from tests.fakes.discord_world import Channel, Json, User, World, snowflake
from tests.waiting import LIMIT

# https://docs.discord.com/developers/resources/message#message-object-message-flags
EPHEMERAL = 1 << 6
PUBLISHED = 1 << 0
_EDITABLE_FLAGS = 1 << 2  # an edit may suppress embeds, and change no other flag
ANSWERED_WITHIN = LIMIT
"""Seconds for the first answer to an interaction.

Discord waits three, which a busy machine may need by itself.
https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-callback
"""
_MAX_CHOICES, _CHOICE_CHARACTERS = 25, 100  # https://docs.discord.com/developers/interactions/application-commands
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


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
    pressed: Json | None = None

    @property
    def message(self) -> Json:
        """The last message of the answer."""
        return self.messages[-1]

    @property
    def embed(self) -> Json:
        """The embed of the last message."""
        embed: Json = content_as_read(self.message["embeds"][0])
        return embed

    @property
    def ephemeral(self) -> bool:
        """Whether only the asker sees the last message."""
        return bool(self.message["flags"] & EPHEMERAL)

    @property
    def text(self) -> str:
        """All words of the last message, for looking something up in them."""
        return json.dumps(content_as_read([self.message["content"], self.message["embeds"]]), ensure_ascii=False)


def content_as_read(content: Any) -> Any:
    """Return a part of a message with its texts as people read them."""
    return json.loads(as_read(json.dumps(content, ensure_ascii=False)))


class FakeRest:
    """Answers requests as Discord's API v10 does, and keeps what it was given."""

    def __init__(
        self, state: World, gateway: FakeGateway, token: str, *, rates: bool, notify: Callable[[], None]
    ) -> None:
        self.world = state
        self.gateway = gateway
        self.token = token
        self.commands: list[Json] = []
        self.command_puts = 0
        self.requests: list[tuple[str, str]] = []
        self.rate_limited = 0
        self.messages: dict[str, list[Json]] = defaultdict(list)
        self.interactions: dict[str, Answer] = {}
        self.failures: list[Failure] = []
        self.attached: dict[str, bytes] = {}
        self.forgets_attachments = False
        self.delays: list[tuple[re.Pattern[str], asyncio.Event]] = []
        self._by_nonce: dict[tuple[str, str], Json] = {}
        self._rates = Rates() if rates else None
        self._notify = notify

    def app(self) -> web.Application:
        """Return the web application, the gateway included."""
        app = web.Application(middlewares=[self._guard], client_max_size=4 * MAX_UPLOAD_BYTES)
        app.router.add_get("/gateway", self.gateway.serve)
        app.router.add_get("/attachments/{id}/{name}", self._attachment)
        for method, path, handler in self._routes():
            app.router.add_route(method, f"/api/v10{path}", handler)
        return app

    async def _body(self, request: web.Request, *, of_callback: bool = False) -> Json:
        """Return the body of a message, in JSON or in parts with files; each file is kept with its attachment.

        https://docs.discord.com/developers/reference#uploading-files
        """
        if request.content_type != "multipart/form-data":
            body: Json = await request.json()
            return body
        body, files = {}, {}
        async for part in await request.multipart():
            assert isinstance(part, BodyPartReader)
            if part.name == "payload_json":
                body = json.loads(await part.text())
            else:
                files[str(part.name)] = (part.filename or "", bytes(await part.read()))
        message = body["data"] if of_callback else body
        if sum(len(content) for _, content in files.values()) > MAX_UPLOAD_BYTES:
            raise Refusal(413, 40005, "Request entity too large")
        self._refuse(attachment_problems(message, files))
        named = {entry["id"]: entry for entry in message.get("attachments") or []}
        for field_name, (filename, content) in files.items():
            attachment_id = int(field_name.removeprefix("files[").removesuffix("]"))
            named[attachment_id] = {"filename": filename, **named.get(attachment_id, {}), "content": content}
        message["attachments"] = list(named.values())
        return body

    def _routes(self) -> list[tuple[str, str, Handler]]:
        hook, channel = "/webhooks/{application}/{token}", "/channels/{channel}"
        return [
            ("GET", "/users/@me", self._me),
            ("GET", "/gateway/bot", self._gateway),
            ("GET", "/oauth2/applications/@me", self._application),
            ("GET", "/applications/@me", self._application),
            ("GET", "/applications/{application}/commands", self._get_commands),
            ("PUT", "/applications/{application}/commands", self._put_commands),
            ("POST", "/interactions/{id}/{token}/callback", self._callback),
            ("POST", hook, self._follow_up),
            ("PATCH", hook + "/messages/{message}", self._edit_answer),
            ("DELETE", hook + "/messages/{message}", self._delete_answer),
            ("POST", "/users/@me/channels", self._open_private),
            ("GET", channel, self._get_channel),
            ("PATCH", channel, self._patch_channel),
            ("POST", channel + "/messages", self._post_message),
            ("GET", channel + "/messages/{message}", self._get_message),
            ("PATCH", channel + "/messages/{message}", self._patch_message),
            ("POST", channel + "/messages/{message}/crosspost", self._publish_message),
        ]

    def attach(self, name: str, content: bytes) -> dict[str, Json]:
        """Keep a file that somebody attaches, and return it as an interaction describes it, by its id."""
        id_ = snowflake()
        self.attached[id_] = content
        url = f"{self.gateway.url.replace('ws:', 'http:').removesuffix('/gateway')}/attachments/{id_}/{name}"
        described = {"id": id_, "filename": name, "size": len(content), "url": url, "proxy_url": url, "ephemeral": True}
        return {id_: described}

    async def _attachment(self, request: web.Request) -> web.Response:
        """Return an attached file, which anybody who has its address may fetch."""
        content = None if self.forgets_attachments else self.attached.get(request.match_info["id"])
        return web.Response(status=404) if content is None else web.Response(body=content)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        path = request.path.removeprefix("/api/v10")
        if path == "/gateway" or path.startswith("/attachments/"):
            return await handler(request)
        self.requests.append((request.method, path))
        for pattern, release in self.delays:
            if pattern.search(path):
                await release.wait()
        failure = self._failure(request.method, path)
        if failure and not failure.accepted:
            return self._failed(request, failure)
        # The request is carried out, although its answer may be lost: so a lost reply hides a message that arrived.
        response = await self._served(request, handler)
        self._notify()
        return self._failed(request, failure) if failure else response

    async def _served(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        # Interactions are answered by the token they brought along, and count towards no rate limit of the bot.
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
        for failure in self.failures:
            if failure.times > 0 and failure.method == method and failure.path.search(path):
                failure.times -= 1
                return failure
        return None

    def _failed(self, request: web.Request, failure: Failure) -> web.StreamResponse:
        if failure.cut:
            if request.transport:
                request.transport.abort()  # a reset, not an orderly end
            return web.Response()
        body = {"code": failure.code, "message": failure.message} if failure.body is None else failure.body
        if isinstance(body, str):
            return web.Response(text=body, status=failure.status, headers=failure.headers, content_type="text/html")
        return _json(body, failure.status, failure.headers)

    async def _me(self, _: web.Request) -> web.Response:
        return _json(self.world.bot.json())

    async def _gateway(self, request: web.Request) -> web.Response:
        return _json(self.gateway.gateway_bot_json())

    async def _application(self, _: web.Request) -> web.Response:
        return _json({
            "id": self.world.bot.id, "name": "Runwatch", "description": "", "icon": None, "bot_public": True,
            "bot_require_code_grant": False, "owner": User("owner").json(), "verify_key": "0" * 64, "flags": 0,
            "team": None, "rpc_origins": [], "summary": "",
        })  # fmt: skip

    async def _get_commands(self, request: web.Request) -> web.Response:
        # https://docs.discord.com/developers/interactions/application-commands#get-global-application-commands
        is_full = request.query.get("with_localizations") == "true"
        return _json(self.commands if is_full else [_without_localizations(command) for command in self.commands])

    async def _put_commands(self, request: web.Request) -> web.Response:
        commands = await request.json()
        self._refuse(command_problems(commands))
        # https://docs.discord.com/developers/interactions/application-commands#entry-point-commands
        kept_ids = {command.get("id") for command in commands}
        if any(command["type"] == 4 and command["id"] not in kept_ids for command in self.commands):
            raise Refusal(400, 50240, "You cannot remove this app's Entry Point command in a bulk update operation.")
        self.command_puts += 1
        self.commands = [self._stored_command(command) for command in commands]
        return _json(self.commands)

    def _stored_command(self, command: Json) -> Json:
        """Return a command as Discord gives it back: with fields of its own, without those that say nothing."""
        options = [{key: value for key, value in option.items() if value not in (False, None, [], {})}
                   for option in command.get("options") or []]  # fmt: skip
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
        answer = self.interactions.get(request.match_info["token"])
        if answer is None or asyncio.get_running_loop().time() - answer.at > ANSWERED_WITHIN:
            raise Refusal(404, 10062, "Unknown interaction")
        if answer.responded:
            raise Refusal(400, 40060, "Interaction has already been acknowledged.")
        body = await self._body(request, of_callback=True)
        kind, data = body["type"], body.get("data") or {}
        # A command (2) is answered or deferred, a button (3) may change its message as well, typing (4) gets choices.
        if kind not in {2: (4, 5), 3: (4, 5, 6, 7), 4: (8,)}[answer.kind]:
            self._refuse([("type", "BASE_TYPE_CHOICES", "Not an answer to this kind of interaction.")])
        if kind == 8:
            self._refuse(_choice_problems(data["choices"]))
            answer.choices = data["choices"]
        elif kind == 5:
            answer.announced = "ephemeral" if data.get("flags", 0) & EPHEMERAL else "public"
        elif kind == 4:
            self._refuse(message_problems(data, new=True))
            answer.original = message_json(self.world.bot, answer.channel, data)
            answer.messages.append(answer.original)
        elif kind in {6, 7}:
            self._change_pressed(answer, data, at_once=kind == 7)
        answer.responded = True
        return _json({
            "interaction": {"id": answer.id, "type": answer.kind, "response_message_id": answer.id},
            **({"resource": {"type": 4, "message": answer.original}} if kind == 4 else {}),
        })  # fmt: skip

    async def _follow_up(self, request: web.Request) -> web.Response:
        answer = self._by_token(request)
        body = await self._body(request)
        self._refuse(message_problems(body, new=True))
        # The first message after "thinking…" is as hidden as that was, whatever its own flags say.
        if answer.announced and answer.original is None:
            body["flags"] = EPHEMERAL if answer.announced == "ephemeral" else 0
        message = message_json(self.world.bot, answer.channel, body)
        answer.original = answer.original or message
        answer.messages.append(message)
        return _json(message)

    async def _edit_answer(self, request: web.Request) -> web.Response:
        answer = self._by_token(request)
        body = await self._body(request)
        self._refuse(message_problems(body, new=False))
        if answer.original is None:
            flags = EPHEMERAL if answer.announced == "ephemeral" else 0
            answer.original = message_json(self.world.bot, answer.channel, body | {"flags": flags})
            answer.messages.append(answer.original)
        else:
            _change(answer.original, body)
            if answer.original not in answer.messages:  # it is the message whose button was pressed
                answer.messages.append(answer.original)
        return _json(answer.original)

    async def _delete_answer(self, request: web.Request) -> web.Response:
        answer = self._by_token(request)
        if answer.original is not None:
            answer.messages.remove(answer.original)
        answer.announced = answer.original = None
        return web.Response(status=204)

    def _change_pressed(self, answer: Answer, data: Json, *, at_once: bool) -> None:
        """Change the message with the button that was pressed, or promise to."""
        answer.original = answer.pressed
        if at_once:
            self._refuse(message_problems(data, new=False))
            _change(self._original(answer), data)
            answer.messages.append(self._original(answer))

    def _original(self, answer: Answer) -> Json:
        if answer.original is None:
            raise Refusal(404, 10008, "Unknown Message")
        return answer.original

    def _by_token(self, request: web.Request) -> Answer:
        answer = self.interactions.get(request.match_info["token"])
        if answer is None or not answer.responded:
            raise Refusal(404, 10015, "Unknown Webhook")
        return answer

    async def _open_private(self, request: web.Request) -> web.Response:
        user_id = (await request.json())["recipient_id"]
        channels = [
            channel
            for channel in self.world.direct.values()
            if channel.recipient and channel.recipient.id == str(user_id)
        ]
        if not channels:
            raise Refusal(400, 50033, "Invalid Recipient(s)")
        return _json(channels[0].json(self.world.bot))

    async def _get_channel(self, request: web.Request) -> web.Response:
        return _json(self._writable(request, writing=False).json(self.world.bot))

    async def _patch_channel(self, request: web.Request) -> web.Response:
        channel, body = self._writable(request), await request.json()
        if channel.is_thread and "archived" in body:
            # A locked thread is opened by moderators only, and the bot is none.
            if channel.locked:
                raise Refusal(403, 50013, "Missing Permissions")
            channel.archived = body["archived"]
            await self.gateway.dispatch("THREAD_UPDATE", channel.json(self.world.bot))
        return _json(channel.json(self.world.bot))

    async def _post_message(self, request: web.Request) -> web.Response:
        channel, body = self._writable(request), await self._body(request)
        self._refuse(message_problems(body, new=True))
        if body.get("embeds"):
            self._needs(channel, world.EMBED_LINKS)
        if body.get("attachments"):
            self._needs(channel, world.ATTACH_FILES)
        if body.get("message_reference"):
            self._check_reference(channel, body["message_reference"])
        if channel.archived and channel.locked:
            raise Refusal(400, 50083, "Thread is archived")
        channel.archived = False  # a message opens an archived thread
        key = (channel.id, str(body.get("nonce")))
        # The message that was made of the first is answered, and no second one is made.
        # https://docs.discord.com/developers/resources/message#create-message
        if body.get("enforce_nonce") and key in self._by_nonce:
            return _json(self._by_nonce[key])
        message = message_json(self.world.bot, channel, body)
        self.messages[channel.id].append(message)
        if body.get("nonce"):
            self._by_nonce[key] = message
        return _json(message)

    async def _get_message(self, request: web.Request) -> web.Response:
        return _json(self._message(self._writable(request, writing=False), request.match_info["message"]))

    async def _patch_message(self, request: web.Request) -> web.Response:
        channel, body = self._writable(request, writing=False), await self._body(request)
        if body.get("attachments"):
            self._needs(channel, world.ATTACH_FILES)
        message = self._message(channel, request.match_info["message"])
        problems = message_problems(body, new=False)
        if body.get("flags", 0) & ~_EDITABLE_FLAGS:
            problems.append(("flags", "MESSAGE_FLAGS_INVALID", "These flags cannot be changed."))
        self._refuse(problems)
        # Unlike a new message, an edit opens no archived thread.
        if channel.archived:
            raise Refusal(400, 50083, "Thread is archived")
        _change(message, body)
        return _json(message)

    async def _publish_message(self, request: web.Request) -> web.Response:
        # https://docs.discord.com/developers/resources/message#crosspost-message
        channel = self._writable(request)
        if channel.type != world.ANNOUNCEMENTS:
            raise Refusal(400, 50024, "Cannot execute action on this channel type")
        message = self._message(channel, request.match_info["message"])
        if message["flags"] & PUBLISHED:
            raise Refusal(400, 40033, "This message has already been crossposted.")
        message["flags"] |= PUBLISHED
        return _json(message)

    def _check_reference(self, channel: Channel, reference: Json) -> None:
        self._needs(channel, world.READ_MESSAGE_HISTORY, code=160002)
        exists = any(message["id"] == reference["message_id"] for message in self.messages[channel.id])
        if not exists and reference.get("fail_if_not_exists", True):
            self._refuse([("message_reference", "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message")])

    def _message(self, channel: Channel, message_id: str) -> Json:
        for message in self.messages[channel.id]:
            if message["id"] == message_id:
                return message
        raise Refusal(404, 10008, "Unknown Message")

    def _writable(self, request: web.Request, *, writing: bool = True) -> Channel:
        channel = self.world.find(request.match_info["channel"])
        if channel is None:
            raise Refusal(404, 10003, "Unknown Channel")
        # Two codes for two things: what the bot does not see (50001), and what it may not do there (50013).
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


def message_json(bot: User, channel: Channel, body: Json) -> Json:
    """Return a new message in Discord's form, with what the client asked for beside it."""
    return {
        "id": snowflake(), "type": 0, "channel_id": channel.id, "author": bot.json(),
        "content": body.get("content") or "", "embeds": body.get("embeds") or [],
        "attachments": _stored_attachments(body),
        "components": body.get("components") or [], "flags": body.get("flags", 0), "pinned": False, "tts": False,
        "timestamp": datetime.now(UTC).isoformat(), "edited_timestamp": None, "mention_everyone": False,
        "mentions": [], "mention_roles": [], "nonce": body.get("nonce"), "edits": 0,
        "allowed_mentions": body.get("allowed_mentions"),
        **({"message_reference": body["message_reference"] | {"channel_id": channel.id}}
           if body.get("message_reference") else {}),
    }  # fmt: skip


def _without_localizations(definition: Json) -> Json:
    """Return a command, or an option of one, as it is given to who does not ask for the texts in all languages."""
    shown = {name: value for name, value in definition.items() if not name.endswith("_localizations")}
    options = [_without_localizations(option) for option in definition.get("options") or []]
    return shown | ({"options": options} if options else {})


def _stored_attachments(body: Json) -> list[Json]:
    """Return the files of a message as Discord keeps them, behind a link each."""
    return [
        {
            "id": snowflake(), "filename": attachment["filename"], "size": len(attachment["content"]),
            "description": attachment.get("description"), "url": f"https://cdn.discordapp.com/{snowflake()}",
            "proxy_url": f"https://media.discordapp.net/{snowflake()}", "png": attachment["content"].hex(),
        }
        for attachment in body.get("attachments") or []
    ]  # fmt: skip


def _json(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return an answer with exactly `application/json`: the client takes a body with a charset for text."""
    response = web.Response(body=json.dumps(body).encode(), status=status, headers=headers)
    response.headers["Content-Type"] = "application/json"
    return response


def _change(message: Json, body: Json) -> None:
    if "attachments" in body:
        message["attachments"] = _stored_attachments(body)
    for part in ("content", "embeds", "components"):
        if part in body:
            message[part] = body[part] or ("" if part == "content" else [])
    message["edits"] += 1
    message["edited_timestamp"] = datetime.now(UTC).isoformat()


def _choice_problems(choices: list[Json]) -> list[tuple[str, str, str]]:
    if len(choices) > _MAX_CHOICES:
        return [("data.choices", "BASE_TYPE_BAD_LENGTH", "Must be 25 or fewer in length.")]
    return [
        (f"data.choices.{index}", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
        for index, choice in enumerate(choices)
        if not all(1 <= len(choice[part]) <= _CHOICE_CHARACTERS for part in ("name", "value"))
    ]
