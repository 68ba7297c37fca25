"""The addresses of exchanges' own interfaces: a setting for each, with the vendor's address as its default.

Example: `GATE_URL=http://127.0.0.1:8182/gate` asks a stand-in, with Gate's paths behind it, and `BINANCE_WEB_URL=off`
leaves Binance's web page alone. An empty value would not do: it counts as not set, like that of any other setting.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings

from bot.config.address_types import WebAddress

OFF = "off"


def _address_or_off(value: object) -> object:
    """Return None for the word that switches an interface off."""
    return None if isinstance(value, str) and value.strip().lower() == OFF else value


ExchangeAddress = Annotated[WebAddress | None, BeforeValidator(_address_or_off)]
"""Scheme and host, with or without a path in front of the exchange's own; None: the interface is not asked."""


def _of(exchange: str, address: str) -> Any:
    return Field(address, description=f"{exchange}'s own interface.")


class ExchangeAddresses(BaseSettings):
    """Where each exchange is asked about withdrawals. Status pages, web pages and proofs have their own addresses."""

    binance_url: ExchangeAddress = _of("Binance", "https://api.binance.com")
    binance_proofs_url: ExchangeAddress = _of("Binance", "https://www.binance.com")
    binance_web_url: ExchangeAddress = _of("Binance", "https://www.binance.com")
    bingx_url: ExchangeAddress = _of("BingX", "https://open-api.bingx.com")
    bitfinex_url: ExchangeAddress = _of("Bitfinex", "https://api-pub.bitfinex.com")
    bitget_url: ExchangeAddress = _of("Bitget", "https://api.bitget.com")
    bithumb_url: ExchangeAddress = _of("Bithumb", "https://api.bithumb.com")
    bitmart_url: ExchangeAddress = _of("BitMart", "https://api-cloud.bitmart.com")
    bitmex_proofs_url: ExchangeAddress = _of("BitMEX", "https://s3-eu-west-1.amazonaws.com")
    bitstamp_url: ExchangeAddress = _of("Bitstamp", "https://www.bitstamp.net")
    bitvavo_url: ExchangeAddress = _of("Bitvavo", "https://api.bitvavo.com")
    bybit_url: ExchangeAddress = _of("Bybit", "https://api.bybit.com")
    cexio_url: ExchangeAddress = _of("CEX.IO", "https://trade.cex.io")
    coinbase_url: ExchangeAddress = _of("Coinbase", "https://api.exchange.coinbase.com")
    coinbase_exchange_status_url: ExchangeAddress = _of("Coinbase", "https://status.exchange.coinbase.com")
    coinbase_status_url: ExchangeAddress = _of("Coinbase", "https://status.coinbase.com")
    coinex_url: ExchangeAddress = _of("CoinEx", "https://api.coinex.com")
    coinone_url: ExchangeAddress = _of("Coinone", "https://api.coinone.co.kr")
    cryptocom_url: ExchangeAddress = _of("Crypto.com", "https://api.crypto.com")
    deribit_url: ExchangeAddress = _of("Deribit", "https://www.deribit.com")
    digifinex_url: ExchangeAddress = _of("DigiFinex", "https://openapi.digifinex.com")
    gate_url: ExchangeAddress = _of("Gate", "https://api.gateio.ws")
    hashkey_url: ExchangeAddress = _of("HashKey Global", "https://api-glb.hashkey.com")
    hitbtc_url: ExchangeAddress = _of("HitBTC", "https://api.hitbtc.com")
    htx_url: ExchangeAddress = _of("HTX", "https://api.huobi.pro")
    kraken_url: ExchangeAddress = _of("Kraken", "https://api.kraken.com")
    kraken_status_url: ExchangeAddress = _of("Kraken", "https://status.kraken.com")
    kucoin_url: ExchangeAddress = _of("KuCoin", "https://api.kucoin.com")
    lbank_url: ExchangeAddress = _of("LBank", "https://api.lbank.info")
    mexc_url: ExchangeAddress = _of("MEXC", "https://api.mexc.com")
    okx_url: ExchangeAddress = _of("OKX", "https://www.okx.com")
    poloniex_url: ExchangeAddress = _of("Poloniex", "https://api.poloniex.com")
    upbit_url: ExchangeAddress = _of("Upbit", "https://ccx.upbit.com")
    whitebit_url: ExchangeAddress = _of("WhiteBIT", "https://whitebit.com")
    woo_url: ExchangeAddress = _of("WOO X", "https://api.woox.io")

    @property
    def exchange_addresses(self) -> Mapping[str, str | None]:
        """Return the address by the name of its setting (`gate_url`), None for one that is off."""
        return {name: getattr(self, name) for name in ExchangeAddresses.model_fields}
