"""Connects to the chat platforms that have a token, each as far as a worker's role needs it.

With TELEGRAM_TOKEN and REDIS_URL set, `--role courier` gets a Telegram sender, `--role gateway` a listener, and
`--role all` both, so that it can deliver while another worker listens.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Protocol

from bot.commands.dispatcher import CommandDispatcher
from bot.config.settings import Settings
from bot.domain.place import Place, Platform
from bot.domain.worker import Role
from bot.ports.chat import ChatPlatform
from bot.ports.pictures import PictureDrawer
from bot.ports.sources import Clock
from bot.service.metrics import Metrics
from bot.storage.store import Store
from bot.without_rich import rich_absent
from bot.workers.corrected_clock import timed_requests
from bot.workers.identity_check import IdentityCheck
from bot.workers.platform_connection import PlatformConnection

MakeChats = Callable[
    [Settings, CommandDispatcher, Store, Clock, Metrics, Role, PictureDrawer], Sequence[PlatformConnection]
]


def platform_connections(  # noqa: PLR0913, PLR0917 — everything the platforms are made of
    settings: Settings,
    dispatcher: CommandDispatcher,
    store: Store,
    clock: Clock,
    metrics: Metrics,
    role: Role,
    pictures: PictureDrawer | None = None,
) -> Sequence[PlatformConnection]:
    """Return a connection to each chat platform that has a token and that a role needs.

    Only the libraries of those are imported: each costs memory and start-up time. `pictures` draws for all of them.
    """
    connections = []
    error_chat = Place.parse(settings.error_chat) if settings.error_chat else None
    for platform, make_side in _platform_sides(settings, dispatcher, store, clock, metrics, pictures):
        # A worker that polls has to write to the operator when a source breaks, even if it delivers nothing else.
        sends = role.delivers or (role.polls and error_chat is not None and error_chat.platform is platform)
        listener = make_side(listens=True) if role.answers else None
        # On a private server this is the only worker, which always listens and can send through its listener.
        sender = make_side(listens=False) if sends and settings.redis_url else None
        if listener or sender:
            identity = IdentityCheck(platform, store.owner)
            connections.append(PlatformConnection(listener, sender, identity=identity))
    return connections


def tokens(settings: Settings) -> Mapping[Platform, str]:
    """Return the token of every platform that has one."""
    secrets = {Platform.TELEGRAM: settings.telegram_token, Platform.DISCORD: settings.discord_token}
    return {platform: secret.get_secret_value() for platform, secret in secrets.items() if secret}


def misdirected(settings: Settings) -> Iterator[str]:
    """Yield every setting that points at a platform the bot is not on, a sentence each."""
    error_chat = [("ERROR_CHAT", settings.error_chat)] if settings.error_chat else []
    tokens = {Platform.TELEGRAM: settings.telegram_token, Platform.DISCORD: settings.discord_token}
    for name, address in (*error_chat, *(("OWNER_IDS", owner_id) for owner_id in settings.owner_ids)):
        platform = Platform(address.partition(":")[0])
        if not tokens[platform]:
            yield f"{name} names {address}, but {platform.upper()}_TOKEN is not set."


def _platform_sides(  # noqa: PLR0913, PLR0917 — as above
    settings: Settings,
    dispatcher: CommandDispatcher,
    store: Store,
    clock: Clock,
    metrics: Metrics,
    pictures: PictureDrawer | None,
) -> Iterator[tuple[Platform, "_MakeSide"]]:
    if settings.telegram_token:
        with rich_absent():
            from bot.chat.telegram.client import TelegramPlatform  # noqa: PLC0415 — imported only where it is used

        yield (
            Platform.TELEGRAM,
            partial(
                TelegramPlatform,
                dispatcher,
                token=settings.telegram_token.get_secret_value(),
                api_url=settings.telegram_api_url,
                proxies=settings.proxies,
                paid_broadcast=settings.telegram_paid_broadcast,
                send_budget=store.send_budget,
                subscriptions=store.subscriptions,
                clock=clock,
                owner_ids=_owners(settings, Platform.TELEGRAM),
                meter=metrics,
                on_request=timed_requests(clock, "Telegram", settings.telegram_api_url),
                pictures=pictures,
            ),
        )
    if settings.discord_token:
        from bot.chat.discord.client import DiscordPlatform  # noqa: PLC0415 — as above

        yield (
            Platform.DISCORD,
            partial(
                DiscordPlatform,
                dispatcher,
                token=settings.discord_token.get_secret_value(),
                api_url=settings.discord_api_url,
                gateway_url=settings.discord_gateway_url,
                proxies=settings.proxies,
                subscriptions=store.subscriptions,
                clock=clock,
                owner_ids=_owners(settings, Platform.DISCORD),
                meter=metrics,
                on_request=timed_requests(clock, "Discord", settings.discord_api_url),
                pictures=pictures,
            ),
        )


class _MakeSide(Protocol):
    """Makes one side of a platform: one that listens and can send too, or one that only sends."""

    def __call__(self, *, listens: bool) -> ChatPlatform: ...


def _owners(settings: Settings, platform: Platform) -> frozenset[str]:
    prefix = f"{platform}:"
    return frozenset(owner_id.removeprefix(prefix) for owner_id in settings.owner_ids if owner_id.startswith(prefix))
