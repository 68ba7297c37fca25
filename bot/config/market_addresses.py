"""Where stablecoins' prices and supplies are asked for, beside the exchanges' own interfaces; each can be off."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

from bot.config.exchange_addresses import ExchangeAddress


class MarketAddresses(BaseSettings):
    """DefiLlama's two hosts for them. `off`: that one is not asked."""

    stablecoins_url: Annotated[
        ExchangeAddress, Field(description="DefiLlama base URL for the supplies of stablecoins. off: not asked.")
    ] = "https://stablecoins.llama.fi"
    coins_url: Annotated[
        ExchangeAddress, Field(description="DefiLlama base URL for the prices of stablecoins. off: not asked.")
    ] = "https://coins.llama.fi"
