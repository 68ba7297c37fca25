"""The chat platforms that have a token, each as far as a worker's role needs it."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Protocol

from bot.commands.dispatcher import CommandDispatcher
from bot.config.settings import Settings
from bot.domain.place import Place, Platform
from bot.domain.worker import Role
from bot.ports.chat import ChatPlatform
from bot.ports.sources import Clock
from bot.service.metrics import Metrics
from bot.storage.store import Store
from bot.workers.platform_connection import PlatformConnection

MakeChats = Callable[[Settings, CommandDispatcher, Store, Clock, Metrics, Role], Sequence[PlatformConnection]]


def chats(  # noqa: PLR0913, PLR0917 — everything the platforms are made of
    settings: Settings, desk: CommandDispatcher, store: Store, clock: Clock, metrics: Metrics, role: Role
) -> Sequence[PlatformConnection]:
    """Return the chat platforms that have a token, each as far as a role needs it.

    Only those are imported: each costs memory and start-up time. On a store that others can reach, who delivers may
    have to do so while another worker listens, and so has a mouth of its own.
    """
    found = []
    error_chat = Place.parse(settings.error_chat) if settings.error_chat else None
    for platform, make in _makers(settings, desk, store, clock, metrics):
        speaks = role.delivers or (role.polls and error_chat is not None and error_chat.platform is platform)
        ear = make(listens=True) if role.answers else None
        mouth = make(listens=False) if speaks and settings.redis_url else None
        if ear or mouth:
            found.append(PlatformConnection(ear, mouth))
    return found


def misdirected(settings: Settings) -> Iterator[str]:
    """Yield every setting that points at a platform the bot is not on, a sentence each."""
    chats = [("ERROR_CHAT", settings.error_chat)] if settings.error_chat else []
    for name, written in (*chats, *(("OWNER_IDS", one) for one in settings.owner_ids)):
        platform = Platform(written.partition(":")[0])
        if not {Platform.TELEGRAM: settings.telegram_token, Platform.DISCORD: settings.discord_token}[platform]:
            yield f"{name} names {written}, but {platform.upper()}_TOKEN is not set."


def _makers(
    settings: Settings, desk: CommandDispatcher, store: Store, clock: Clock, metrics: Metrics
) -> Iterator[tuple[Platform, "_Make"]]:
    if settings.telegram_token:
        from bot.chat.telegram.client import TelegramChat  # noqa: PLC0415 — imported only where it is used

        yield (
            Platform.TELEGRAM,
            partial(
                TelegramChat,
                desk,
                token=settings.telegram_token.get_secret_value(),
                api_url=settings.telegram_api_url,
                paid_broadcast=settings.telegram_paid_broadcast,
                subscriptions=store.subscriptions,
                clock=clock,
                owner_ids=_owners(settings, Platform.TELEGRAM),
                meter=metrics,
            ),
        )
    if settings.discord_token:
        from bot.chat.discord.client import DiscordChat  # noqa: PLC0415 — as above

        yield (
            Platform.DISCORD,
            partial(
                DiscordChat,
                desk,
                token=settings.discord_token.get_secret_value(),
                api_url=settings.discord_api_url,
                gateway_url=settings.discord_gateway_url,
                subscriptions=store.subscriptions,
                clock=clock,
                owner_ids=_owners(settings, Platform.DISCORD),
                meter=metrics,
            ),
        )


class _Make(Protocol):
    """Makes one side of a platform: one that listens and speaks, or one that only speaks."""

    def __call__(self, *, listens: bool) -> ChatPlatform: ...


def _owners(settings: Settings, platform: Platform) -> frozenset[str]:
    prefix = f"{platform}:"
    return frozenset(one.removeprefix(prefix) for one in settings.owner_ids if one.startswith(prefix))
