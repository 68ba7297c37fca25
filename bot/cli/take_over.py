"""`runwatch take-over`: makes the store that of the bots whose tokens are set, in place of those that had it before.

Who replaces the bot @Old by the bot @New keeps what @Old's places subscribed to and the past of every exchange. But a
place lets in the bot that it was set up with: @New is heard in a place from the time on when it was added there.
"""

from collections.abc import Callable
from contextlib import AsyncExitStack

from bot import __version__
from bot.cli.service_store import open_service_store
from bot.config.settings import Settings
from bot.domain.bot_account import BotAccount
from bot.domain.worker import Role
from bot.ports.sources import Clock
from bot.service.application import Application, SystemClock, require_a_token
from bot.service.metrics import Metrics
from bot.service.platforms import platform_connections
from bot.sources.defillama.source import DefiLlama
from bot.sources.http import Http
from bot.storage.store import Store


async def take_over(settings: Settings, *, confirmed: bool, say: Callable[[str], None]) -> bool:
    """Give the store to the bots whose tokens are set, or say what would be; return whether nothing is left to do.

    Raise RunwatchError when a platform or the store cannot be asked.
    """
    require_a_token(settings)
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        store = await open_service_store(settings, clock)
        stack.push_async_callback(store.close)
        accounts = await _accounts(settings, store, clock)
        strangers = [(account, owner) for account in accounts if (owner := await store.owner.claim(account)) != account]
        for account in accounts:
            if account not in [stranger for stranger, _ in strangers]:
                say(f"The store belongs to {account.label} already.")
        for account, owner in strangers:
            if confirmed:
                await store.owner.take_over(account)
                say(f"The store now belongs to {account.label}.")
            say(await _unreachable(store, account, owner))
        if strangers and not confirmed:
            say("Nothing was changed. To go on: runwatch take-over --yes")
    return confirmed or not strangers


async def _unreachable(store: Store, account: BotAccount, owner: BotAccount) -> str:
    """Return what a bot cannot reach after it took the store over from another one."""
    number, platform = await store.owner.places(account.platform), account.platform.title()
    if not number:
        return f"No {platform} place has subscriptions, so {account.label} need not be added anywhere."
    places = f"1 {platform} place knows" if number == 1 else f"{number:,} {platform} places know"
    return (
        f"{places} only {owner.label}: add {account.label} to the same places and remove the other one. Until then "
        "nothing arrives there, and a place that cannot be reached for 30 days is forgotten. Messages of the other bot "
        "cannot be edited, so open incidents continue in new ones."
    )


async def _accounts(settings: Settings, store: Store, clock: Clock) -> list[BotAccount]:
    metrics = Metrics(clock, __version__)
    async with Http() as http:
        source = DefiLlama(http, clock, url=settings.defillama_url)
        application = Application(settings, store=store, source=source, clock=clock, metrics=metrics)
        connections = platform_connections(settings, application.dispatcher, store, clock, metrics, Role.ALL)
        return [await connection.account() for connection in connections]
