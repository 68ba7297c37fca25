"""Where prices are asked for, beside the exchanges' own interfaces; each can be off."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

from bot.config.exchange_addresses import ExchangeAddress


class MarketAddresses(BaseSettings):
    """DefiLlama's two hosts, and those of exchanges that are asked for prices only. `off`: that one is not asked."""

    stablecoins_url: Annotated[
        ExchangeAddress, Field(description="DefiLlama base URL for the supplies of stablecoins. off: not asked.")
    ] = "https://stablecoins.llama.fi"
    coins_url: Annotated[
        ExchangeAddress, Field(description="DefiLlama base URL for the prices of stablecoins. off: not asked.")
    ] = "https://coins.llama.fi"
    gemini_url: Annotated[ExchangeAddress, Field(description="Gemini base URL for its prices. off: not asked.")] = (
        "https://api.gemini.com"
    )
    upbit_market_url: Annotated[
        ExchangeAddress, Field(description="Upbit base URL for its prices. off: not asked.")
    ] = "https://api.upbit.com"
