"""A fake Discord on a loopback port: its REST interface (v10) and its gateway, as strict as the real ones.

    async with FakeDiscord() as discord:
        guild = discord.guild("Traders")
        channel = discord.channel(guild)              # see also `thread`, `user`, `dm`
        …point the real client at discord.api_url and discord.gateway_url…
        await discord.connected()
        answer = await discord.slash("reserves", {"exchange": "binance"}, channel=channel)
        assert answer.embed["title"] == "…"

What the client sends is in `messages(channel)`, `commands`, `requests`; `until(…)` waits for it. `fail(…)` makes REST
calls fail, `gateway` has the switches of the websocket (drop, send_opcode, refusals, invalid_sessions,
answers_heartbeats, shards: how many the bot must open). `clock` says what time its answers name, else that of this
machine.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from bot.ports.sources import Clock
from tests.clocks import http_date
from tests.fakes import discord_world as world
from tests.fakes.discord_faults import Failure
from tests.fakes.discord_gateway import FakeGateway
from tests.fakes.discord_rest import Answer, FakeRest, content_as_read, message_json
from tests.fakes.discord_world import Channel, Guild, Json, User, World, snowflake
from tests.waiting import LIMIT, until

# Three parts, as in a real token; searched for in every log by the tests.
TOKEN = "MTA4.fake-token.never-shown"  # noqa: S105 — opens nothing but this


class FakeDiscord:
    """Discord on a loopback port. `rates` enforces 50 requests a second and 5 messages per channel in 5 seconds."""

    # 41.25 s is what Discord's gateway asks for.
    def __init__(self, *, token: str = TOKEN, heartbeat_interval: float = 41.25, rates: bool = False) -> None:
        self.token = token
        self.world = World()
        self.gateway = FakeGateway(self.world, token, heartbeat_interval, self._notify)
        self.rest = FakeRest(self.world, self.gateway, token, rates=rates, notify=self._notify)
        self.api_url = self.gateway_url = ""
        self.clock: Clock | None = None
        self._changed = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        # Port 0: tests run side by side, each with a free port of its own.
        app = self.rest.app()
        app.on_response_prepare.append(self._date)
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

    async def _date(self, _: web.Request, response: web.StreamResponse) -> None:
        if self.clock:
            response.headers["Date"] = http_date(self.clock.now())

    @property
    def commands(self) -> list[Json]:
        """The published commands, as Discord would give them back."""
        return self.rest.commands

    @property
    def command_puts(self) -> int:
        """How often the commands were published."""
        return self.rest.command_puts

    @property
    def requests(self) -> list[tuple[str, str]]:
        """Every REST call so far: method, and path behind /api/v10."""
        return self.rest.requests

    @property
    def rate_limited(self) -> int:
        """How many calls came too fast."""
        return self.rest.rate_limited

    def guild(self, name: str = "Server", *, rights: int = world.MEMBER_RIGHTS, bot: int = world.BOT_RIGHTS) -> Guild:
        """Make a server with the bot in it, before anybody is connected."""
        guild = Guild(name, self.world.bot, rights, bot)
        self.world.guilds[guild.id] = guild
        return guild

    def channel(self, guild: Guild, name: str = "alerts", *, type: int = world.TEXT, deny: int = 0) -> Channel:  # noqa: A002 — Discord's word for it
        """Make a channel; `deny` is taken from the bot there."""
        channel = Channel(name, guild, type, deny=deny)
        guild.channels.append(channel)
        return channel

    def thread(self, channel: Channel, name: str = "a thread", *, archived: bool = False) -> Channel:
        """Make a thread in a channel."""
        thread = Channel(name, channel.guild, world.THREAD, parent=channel, archived=archived)
        if channel.guild:
            channel.guild.channels.append(thread)
        return thread

    def enable_activity(self) -> Json:
        """Make the Entry Point command that an application gets with its Activity, and return it."""
        launch: Json = {
            "id": snowflake(), "application_id": self.world.bot.id, "version": snowflake(), "type": 4, "handler": 2,
            "name": "launch", "description": "", "contexts": [0, 1, 2], "integration_types": [0, 1], "nsfw": False,
            "default_member_permissions": None,
        }  # fmt: skip
        self.rest.commands.append(launch)
        return launch

    def user(self, name: str = "somebody") -> User:
        """Make a person."""
        return User(name)

    def dm(self, user: User) -> Channel:
        """Make the private channel between a person and the bot."""
        channel = Channel("", type=world.DIRECT, recipient=user)
        self.world.direct[channel.id] = channel
        return channel

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
        file: tuple[str, bytes] | None = None,
    ) -> Answer:
        """Use a slash command as Discord's client would let it be used, and return the answer once it is there.

        `file` is the name and the content of what is attached to its option `file`.
        """
        definition = self._definition(name, channel)
        attachments = self.rest.attach(*file) if file else {}
        values = self._option_values(definition, dict(options or {}) | {"file": id_ for id_ in attachments})  # noqa: B035 — one at most
        data = {"id": definition["id"], "name": name, "type": 1, "options": values}
        if attachments:
            data["resolved"] = {"attachments": attachments}
        answer = await self._interact(2, data, channel, user, permissions, app_permissions)
        return await self._answered(answer) if wait else answer

    async def autocomplete(  # noqa: PLR0913 — what is typed where, by whom
        self,
        name: str,
        option: str,
        typed: str,
        *,
        channel: Channel,
        user: User | None = None,
        given: Mapping[str, str] | None = None,
    ) -> list[Json]:
        """Type into an option, beside those `given`, and return the choices offered."""
        definition = self._definition(name, channel)
        # An option without autocomplete is not asked for while it is typed.
        declared = next(known for known in definition["options"] if known["name"] == option)
        assert declared.get("autocomplete"), f"/{name} {option} has no autocomplete"
        others = [{"name": key, "type": 3, "value": value} for key, value in (given or {}).items()]
        data = {"id": definition["id"], "name": name, "type": 1,
                "options": [*others, {"name": option, "type": 3, "value": typed, "focused": True}]}  # fmt: skip
        answer = await self._interact(4, data, channel, user, world.MEMBER_RIGHTS, None)
        await self.until(lambda: answer.choices is not None, "the choices for what was typed")
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
        pressed = message or message_json(self.world.bot, channel, {"content": "an older message"})
        answer = await self._interact(3, data, channel, user, permissions, None, message=pressed)
        return await self._answered(answer) if wait else answer

    def messages(self, channel: Channel) -> list[Json]:
        """Return the messages in a channel as people read them now, oldest first; no-break spaces are blanks."""
        return [content_as_read(message) for message in self.rest.messages[channel.id]]

    async def connected(self) -> None:
        """Wait until a session of every shard is identified."""
        await self.until(lambda: self.gateway.is_full, "a session of every shard with the gateway")

    async def until(self, condition: Callable[[], object], missing: str, *, limit: float = LIMIT) -> None:
        """Wait as `tests.waiting.until` does; the condition is checked again whenever the client did anything."""
        await until(condition, missing, changed=self._changed, limit=limit)

    def fail(self, method: str, path: str, status: int = 500, **how: Any) -> Failure:
        """Make matching calls fail (see Failure); `path` is a regular expression for the part behind /api/v10."""
        failure = Failure(method, re.compile(path), status, **how)
        self.rest.failures.append(failure)
        return failure

    def delay(self, path: str) -> asyncio.Event:
        """Answer no matching call until the event is set."""
        release = asyncio.Event()
        self.rest.delays.append((re.compile(path), release))
        return release

    def _definition(self, name: str, channel: Channel) -> Json:
        definition = next((command for command in self.rest.commands if command["name"] == name), None)
        assert definition is not None, f"/{name} is not registered"
        context = _context(channel)
        assert context in (definition["contexts"] or (0, 1, 2)), f"/{name} is not shown here"
        return definition

    def _option_values(self, definition: Json, options: dict[str, str]) -> list[Json]:
        """Return options as Discord sends them; what its client would not let a person type fails the test."""
        values = []
        for declared in definition.get("options") or []:
            value = options.pop(declared["name"], None)
            assert value is not None or not declared.get("required"), f"{declared['name']} is required"
            allowed = [choice["value"] for choice in declared.get("choices") or []]
            assert value is None or not allowed or value in allowed, f"{value} is no choice"
            if value is not None:
                values.append({"name": declared["name"], "type": declared["type"], "value": value})
        assert not options, f"unknown options {options}"
        return values

    async def _interact(  # noqa: PLR0913, PLR0917 — the parts of one interaction
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
        guild = channel.guild
        # Nobody can use a command of a bot whose shard is not connected.
        await self.until(
            lambda: self.gateway.is_listened_to(guild.id if guild else "0"),
            "a session that gets the events of the server",
        )
        person = user or channel.recipient or User("somebody")
        answer = Answer(snowflake(), f"interaction-{snowflake()}", kind, channel, asyncio.get_running_loop().time())
        self.rest.interactions[answer.token] = answer
        payload: Json = {
            "id": answer.id, "application_id": self.world.bot.id, "type": kind, "token": answer.token, "version": 1,
            "data": data, "channel": channel.json(self.world.bot), "channel_id": channel.id, "locale": person.locale,
            "entitlements": [], "attachment_size_limit": 10_485_760, "context": _context(channel),
        }  # fmt: skip
        if guild:
            # Where the bot is no member it is used as a person's own app, which may still embed links.
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
            payload["message"] = answer.pressed = message
        await self.gateway.dispatch("INTERACTION_CREATE", payload)
        return answer

    async def _answered(self, answer: Answer) -> Answer:
        await self.until(lambda: bool(answer.messages), "the answer on Discord")
        return answer

    def _notify(self) -> None:
        self._changed.set()


def _context(channel: Channel) -> int:
    # https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object
    if channel.guild:
        return 0
    return 1 if channel.type == world.DIRECT else 2


def _guild_of(channel: Channel) -> Guild:
    assert channel.guild is not None
    return channel.guild
