"""Makes the source of prices of a program from its settings."""

from bot.config.settings import Settings
from bot.ports.pegs import PegSource
from bot.ports.sources import Clock
from bot.sources.http import Http
from bot.sources.market.all_prices import AllPrices
from bot.sources.market.prices import StablecoinPrices
from bot.sources.market.venues.registry import Venues


def prices_by_settings(settings: Settings, http: Http, clock: Clock) -> PegSource | None:
    """Return the source of prices, None with PEGS=false and PRICE_GAPS=false."""
    if not (settings.pegs or settings.price_gaps):
        return None
    return AllPrices(
        _stablecoin_prices(settings, http, clock) if settings.pegs else None,
        Venues(http, clock, settings.market_addresses) if settings.price_gaps else None,
    )


def _stablecoin_prices(settings: Settings, http: Http, clock: Clock) -> PegSource:
    return StablecoinPrices(
        http,
        clock,
        supplies_url=settings.stablecoins_url,
        prices_url=settings.coins_url,
        addresses=settings.exchange_addresses,
    )
