"""Makes the source of stablecoins' prices of a program from its settings."""

from bot.config.settings import Settings
from bot.ports.pegs import PegSource
from bot.ports.sources import Clock
from bot.sources.http import Http
from bot.sources.market.prices import StablecoinPrices


def prices_by_settings(settings: Settings, http: Http, clock: Clock) -> PegSource | None:
    """Return the source of prices, None with PEGS=false."""
    if not settings.pegs:
        return None
    return StablecoinPrices(
        http,
        clock,
        supplies_url=settings.stablecoins_url,
        prices_url=settings.coins_url,
        addresses=settings.exchange_addresses,
    )
