"""Makes the sources of the bot's own reading on chain from its settings; none of them is set by default."""

from collections.abc import Sequence

from bot.config.settings import Settings
from bot.ports.chain import ChainSource
from bot.ports.sources import Clock
from bot.sources.chain.esplora import EsploraSource
from bot.sources.chain.ethereum import EthereumSource
from bot.sources.http import Http


def chain_sources_by_settings(settings: Settings, http: Http, clock: Clock) -> Sequence[ChainSource]:
    """Return a source for each chain of which an address is set."""
    sources: list[ChainSource] = []
    if settings.esplora_url:
        sources.append(EsploraSource(http, clock, settings.esplora_url.get_secret_value()))
    if settings.eth_rpc_url:
        sources.append(EthereumSource(http, clock, settings.eth_rpc_url.get_secret_value()))
    return sources
