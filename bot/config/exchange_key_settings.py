"""The settings of keys that an operator made at exchanges, each of two parts or, at OKX, of three.

Example: OKX_API_KEY without OKX_API_SECRET is a mistake, and said before anything starts: "OKX_API_KEY is set without
OKX_API_SECRET and OKX_API_PASSPHRASE; set all of them, or none.". Each part may also be a file.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from bot.config.checked_text import check_no_spaces, checked_text
from bot.domain.exchange_key import ExchangeKey

_EXCHANGES = ("binance", "bingx", "bybit", "cryptocom", "mexc", "okx")
_PARTS = ("api_key", "api_secret", "api_passphrase")

KeyPart = Annotated[SecretStr | None, checked_text(check_no_spaces)]
"""A key, its secret or its passphrase: without blanks and line breaks, which a copy may have caught."""


class ExchangeKeySettings(BaseSettings):
    """Keys that can only read: with one, an exchange tells which of its networks are open."""

    binance_api_key: KeyPart = None
    binance_api_secret: KeyPart = None
    bingx_api_key: KeyPart = None
    bingx_api_secret: KeyPart = None
    bybit_api_key: KeyPart = None
    bybit_api_secret: KeyPart = None
    cryptocom_api_key: KeyPart = None
    cryptocom_api_secret: KeyPart = None
    mexc_api_key: KeyPart = None
    mexc_api_secret: KeyPart = None
    okx_api_key: KeyPart = None
    okx_api_secret: KeyPart = None
    okx_api_passphrase: KeyPart = None

    @property
    def exchange_keys(self) -> Mapping[str, ExchangeKey]:
        """Return the keys that are set, by what their settings begin with: "okx"."""
        parts_by_exchange = {exchange: list(self._parts(exchange).values()) for exchange in _EXCHANGES}
        return {
            exchange: ExchangeKey(*(part.get_secret_value() for part in parts if part))
            for exchange, parts in parts_by_exchange.items()
            if all(parts)
        }

    def incomplete_keys(self) -> Iterator[str]:
        """Yield a sentence for each key of which only some parts are set."""
        for exchange in _EXCHANGES:
            parts = self._parts(exchange)
            given = [name.upper() for name, part in parts.items() if part]
            lacking = [name.upper() for name, part in parts.items() if not part]
            if given and lacking:
                verb = "is" if len(given) == 1 else "are"
                yield f"{' and '.join(given)} {verb} set without {' and '.join(lacking)}; set all of them, or none."

    def _parts(self, exchange: str) -> Mapping[str, SecretStr | None]:
        names = [name for name in (f"{exchange}_{part}" for part in _PARTS) if name in ExchangeKeySettings.model_fields]
        return {name: getattr(self, name) for name in names}


KEY_SETTINGS = tuple(name.upper() for name in ExchangeKeySettings.model_fields)
"""The names of all parts of all keys, as they are set."""
