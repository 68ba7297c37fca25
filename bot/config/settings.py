"""The settings of Runwatch: every variable with its type, default and meaning, read once at the start.

The environment wins over `.env`; a secret may also be a file (`REDIS_URL_FILE=/run/secrets/redis`). `.env.example` and
the output of `runwatch check` are made from this table. Whatever is wrong is said at once, a line for each problem:
“POLL_INTERVAL: write a number and a unit, such as 90s, 10m or 1h.”.
"""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

from platformdirs import user_data_path
from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import SettingsConfigDict

from bot.config.address_types import (
    LOGIN_IN_ADDRESS,
    GatewayAddress,
    ProxyAddress,
    RedisAddress,
    SecretAddress,
    WebAddress,
)
from bot.config.env_file import ENCODING, read_env_file, read_secret_file
from bot.config.exchange_addresses import OFF, ExchangeAddresses
from bot.config.exchange_key_settings import KEY_SETTINGS, ExchangeKeySettings
from bot.config.market_addresses import MarketAddresses
from bot.config.setting_types import (
    SECONDS,
    ChatName,
    DiscordToken,
    Exchanges,
    Feeds,
    Hosts,
    Interval,
    KeyPrefix,
    ListeningHost,
    OneWord,
    Owners,
    Port,
    Switch,
    TelegramToken,
    home_of,
    looks_like_secret,
    unquoted,
)
from bot.domain.errors import ConfigurationError, echo
from bot.domain.withdrawal_reading import POLLED_EVERY
from bot.network.proxy_rules import ProxyRules

_OF_CHAINS = ("ESPLORA_URL", "ETH_RPC_URL")
_SECRETS = ("TELEGRAM_TOKEN", "DISCORD_TOKEN", "REDIS_URL", "HEARTBEAT_URL", "PROXY_URL", *_OF_CHAINS, *KEY_SETTINGS)
_OF_THE_ENVIRONMENT = ("SSL_CERT_FILE", "SSL_CERT_DIR")  # OpenSSL's own names, SSL_CTX_set_default_verify_paths(3)
_OF_ALL_PROGRAMS = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")  # are written in lower case as well


def _user_data_dir() -> Path:
    """Return where the system keeps a user's data; an empty path for a user without a home, which `load` refuses."""
    try:
        path = user_data_path("runwatch")
    except RuntimeError:
        return Path()
    return path if path.is_absolute() else Path()


class Settings(ExchangeAddresses, ExchangeKeySettings, MarketAddresses):
    """Everything a self-hoster can set. Every secret may also be given as a file, under its name with `_FILE`."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding=ENCODING, env_ignore_empty=True, extra="ignore", frozen=True
    )

    telegram_token: Annotated[
        TelegramToken | None, Field(description="Token of the Telegram bot, from @BotFather.")
    ] = None
    discord_token: Annotated[
        DiscordToken | None, Field(description="Token of the Discord bot, from the Developer Portal (page Bot).")
    ] = None
    redis_url: Annotated[
        RedisAddress | None,
        Field(
            description="Redis: redis://, rediss://, unix:// or redis+sentinel://. Unset: a private server in DATA_DIR."
        ),
    ] = None
    redis_prefix: Annotated[
        KeyPrefix,
        Field(description="Prefix of every Redis key, e.g. second: so that several bots can share one server."),
    ] = ""
    data_dir: Annotated[
        Path,
        AfterValidator(home_of),
        Field(
            description="Directory of the private Redis server's data (used without REDIS_URL).",
            default_factory=_user_data_dir,
        ),
    ]
    defillama_url: Annotated[WebAddress, Field(description="DefiLlama API base URL: exchange list and reserves.")] = (
        "https://api.llama.fi"
    )
    telegram_api_url: Annotated[
        WebAddress, Field(description="Telegram API base URL; change it for a local Bot API server.")
    ] = "https://api.telegram.org"
    telegram_paid_broadcast: Annotated[
        Switch,
        Field(
            description="true: send up to 950 alerts a second; Telegram charges 0.1 Star for each above 30 a second."
        ),
    ] = False
    discord_api_url: Annotated[WebAddress, Field(description="Discord API base URL, including /v10.")] = (
        "https://discord.com/api/v10"
    )
    discord_gateway_url: Annotated[GatewayAddress, Field(description="Discord gateway URL.")] = (
        "wss://gateway.discord.gg"
    )
    poll_interval: Annotated[
        Interval, Field(description="How often the exchange list is fetched, e.g. 90s, 10m, 1h.")
    ] = timedelta(minutes=10)
    detail_interval: Annotated[
        Interval,
        Field(
            description="How often an exchange's amounts are fetched while money moves; six times as long when calm."
        ),
    ] = timedelta(hours=1)
    exchanges: Annotated[
        Exchanges, Field(description="Exchanges to watch, comma-separated, e.g. binance,okx. Empty: all.")
    ] = ()
    withdrawals: Annotated[
        Switch,
        Field(description="Ask exchanges which withdrawals are closed; without it no alert can become critical."),
    ] = True
    withdrawal_interval: Annotated[
        Interval, Field(description="How often each exchange is asked which withdrawals are closed.")
    ] = POLLED_EVERY
    proofs: Annotated[
        Switch, Field(description="Read the proofs of reserves that exchanges tell in an interface, every six hours.")
    ] = True
    pegs: Annotated[
        Switch, Field(description="Ask what stablecoins cost; without it nothing is told about a coin below its peg.")
    ] = True
    price_gaps: Annotated[
        Switch,
        Field(description="Ask exchanges for prices; without it nothing is told about one whose prices drift apart."),
    ] = True
    market_interval: Annotated[
        Interval, Field(description="How often prices, and supplies of stablecoins, are fetched.")
    ] = timedelta(minutes=5)
    esplora_url: Annotated[
        SecretAddress | None,
        Field(
            description="Esplora server to read Bitcoin wallets from, e.g. https://blockstream.info/api. Unset: off."
        ),
    ] = None
    eth_rpc_url: Annotated[
        SecretAddress | None,
        Field(description="JSON-RPC node to read Ethereum wallets from, e.g. http://localhost:8545. Unset: off."),
    ] = None
    news_feeds: Annotated[
        Feeds,
        Field(description="News feeds, comma-separated: https://www.coindesk.com/arc/outboundfeeds/rss/. Unset: none."),
    ] = ()
    news_interval: Annotated[Interval, Field(description="How often each news feed is read.")] = timedelta(minutes=15)
    http_host: Annotated[ListeningHost, Field(description="Address that /healthz, /readyz and /metrics listen on.")] = (
        "127.0.0.1"
    )
    http_port: Annotated[Port, Field(description="Port for health and metrics (0 = any free one).")] = 8080
    owner_ids: Annotated[
        Owners,
        Field(description="Owners' user ids, who may /hold and see setup problems, e.g. telegram:123,discord:456."),
    ] = ()
    error_chat: Annotated[
        ChatName | None,
        Field(description="Chat that is told of operational problems, e.g. telegram:-100123 or discord:456."),
    ] = None
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        OneWord,
        Field(description="How much is logged: debug, info, warning or error."),
    ] = "info"
    log_format: Annotated[
        Literal["auto", "text", "json"],
        OneWord,
        Field(description="Log format: text, json, or auto (text on a terminal, else json)."),
    ] = "auto"
    heartbeat_url: Annotated[
        SecretAddress | None,
        Field(description="URL called after each good poll while alerts work: a monitor there notices silence."),
    ] = None

    proxy_url: Annotated[
        ProxyAddress | None,
        Field(description="Proxy for everything but Redis, e.g. http://host:3128 or socks5://user:password@host:1080."),
    ] = None
    http_proxy: Annotated[
        ProxyAddress | None, Field(description="Proxy for http:// addresses, unless PROXY_URL is set.")
    ] = None
    https_proxy: Annotated[
        ProxyAddress | None, Field(description="Proxy for https:// addresses, unless PROXY_URL is set.")
    ] = None
    all_proxy: Annotated[ProxyAddress | None, Field(description="Proxy for whichever of the two above is not set.")] = (
        None
    )
    no_proxy: Annotated[
        Hosts,
        Field(description="Reached without a proxy: comma-separated hosts, addresses, networks (10.0.0.0/8), or *."),
    ] = ()

    _unquoted = field_validator("*", mode="before")(unquoted)

    @property
    def market_addresses(self) -> Mapping[str, str | None]:
        """Return the address of everything that has a price, by the name of its setting; None for one that is off."""
        names = {*ExchangeAddresses.model_fields, *MarketAddresses.model_fields}
        return {name: getattr(self, name) for name in names}

    @property
    def proxies(self) -> ProxyRules:
        """Return which proxy an address is reached through."""
        return ProxyRules(
            preferred=self.proxy_url,
            http=self.http_proxy,
            https=self.https_proxy,
            every=self.all_proxy,
            exempt=self.no_proxy,
        )


def load(environment: Mapping[str, str]) -> Settings:
    """Return the settings from the environment, `.env` and secret files; raise ConfigurationError.

    The error's text names every problem, a line each. `environment` is `os.environ`: pydantic reads the variables from
    there by itself, and this function the names that end with `_FILE`.
    """
    env_file = read_env_file(Path(".env"))
    variables = {name: value for layer in (env_file, environment) for name, value in layer.items() if value}
    file_secrets = _secret_files(variables)
    # Of the two ways to write these, most programs prefer the lower case; pydantic would take either.
    lower_case: dict[str, Any] = {name: variables[name] for name in _OF_ALL_PROGRAMS if name in variables}
    try:
        settings = Settings(**file_secrets, **lower_case)
    except ValidationError as error:
        raise ConfigurationError("\n".join(_sentence(problem, file_secrets) for problem in error.errors())) from None
    if incomplete := list(settings.incomplete_keys()):
        raise ConfigurationError("\n".join(incomplete))
    if settings.data_dir == Path() and "data_dir" not in settings.model_fields_set and not settings.redis_url:
        raise ConfigurationError(
            "DATA_DIR: is not set, and this user has no home to keep data in; set it to a directory that stays."
        )
    return settings


def _secret_files(variables: Mapping[str, str]) -> dict[str, Any]:
    """Return the secrets that are given as files, by the names of the fields; raise ConfigurationError."""
    secrets_by_field: dict[str, Any] = {}
    for name in _SECRETS:
        path = variables.get(f"{name}_FILE")
        if not path:
            continue
        if variables.get(name):
            raise ConfigurationError(f"{name} and {name}_FILE are both set; set only one of them.")
        try:
            secrets_by_field[name.lower()] = read_secret_file(Path(path))
        except (OSError, ValueError) as error:
            if looks_like_secret(path):
                raise ConfigurationError(
                    f"{name}_FILE holds what looks like the secret itself, and no path of a file; put it into {name}."
                ) from None
            raise ConfigurationError(
                f"{name}_FILE names {path}, which cannot be read: {type(error).__name__}."
            ) from None
    return secrets_by_field


def _sentence(problem: Mapping[str, Any], file_secrets: Collection[str]) -> str:
    """Return what is wrong with a setting, under the name that it was set by."""
    name = str(problem["loc"][0])
    variable = f"{name}_file" if name in file_secrets else name
    return f"{variable.upper()}: {str(problem['msg']).removeprefix('Value error, ')}."


def secrets(settings: Settings) -> list[str]:
    """Return the secrets that are set, to be masked in everything that is printed.

    The password in an address counts as a secret of its own: an error of the Redis client may show it alone.
    """
    values = [value.get_secret_value() for _, value in settings if isinstance(value, SecretStr)]
    addresses = [*values, *(value for _, value in settings if isinstance(value, str))]
    return [*values, *(password for address in addresses for password in _passwords(address))]


def _passwords(address: str) -> tuple[str, ...]:
    """Return the password in an address, percent-encoded as it stands there, and decoded; none where there is none."""
    try:
        password = urlsplit(address).password
    except ValueError:
        return ()
    return (password, unquote(password)) if password else ()


def misspelt() -> Iterator[str]:
    """Yield a sentence for each name in `.env` that is none of a setting and nearly one, or only counts elsewhere."""
    known = [form for name in Settings.model_fields for form in (name.upper(), f"{name.upper()}_FILE")]
    for name in read_env_file(Path(".env")):
        if name.upper() not in known and (meant := get_close_matches(name.upper(), known, n=1, cutoff=0.85)):
            yield f".env sets {echo(name)}, which is no setting; is {meant[0]} meant?"
        elif name in _OF_THE_ENVIRONMENT and name not in os.environ:
            yield (
                f".env sets {name}, which the libraries read from the environment only: start with "
                f"`{name}=… make run` (Docker Compose passes it on from .env by itself)."
            )


def effective(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield every variable with the value in force, for `runwatch check`; secrets that are set are masked."""
    for name in _names():
        value = getattr(settings, name)
        yield name.upper(), "•••" if isinstance(value, SecretStr) else LOGIN_IN_ADDRESS.sub("•••@", _shown(name, value))


def example() -> str:
    """Return the text of `.env.example`: every variable with its meaning and its default, all commented out."""
    own = (_example_lines(name, Settings.model_fields[name]) for name in _own_names())
    keys = (f"# {name}=\n" for name in KEY_SETTINGS)
    addresses = (f"# {name.upper()}={_written(_OF_EXCHANGES[name].default)}\n" for name in _OF_EXCHANGES)
    return "\n".join((_EXAMPLE_HEAD, *own, f"{_KEYS_HEAD}{''.join(keys)}", f"{_EXCHANGES_HEAD}{''.join(addresses)}"))


_EXAMPLE_HEAD = """\
# Settings of Runwatch. Copy this file to .env and set at least one token; everything else may stay as it is.
# Every secret may also be given as a file: NAME_FILE=/run/secrets/name instead of NAME=value.
"""

_KEYS_HEAD = """\
# Read-only API keys of exchanges, optional: see “Read-only keys” in docs/operating.md.
"""
_EXCHANGES_HEAD = """\
# Base URLs of the exchanges' own APIs, asked which withdrawals are closed, for proofs of reserves, and three of them
# (Binance, Coinbase, Kraken) what stablecoins cost. A path in the URL is put before theirs. off: that one is not asked.
# Base URLs of the exchanges' own APIs, asked which withdrawals are closed, and many of them for their prices. A path in
# the URL is put before theirs. off: that one is not asked.
"""
_OF_EXCHANGES = ExchangeAddresses.model_fields


def _own_names() -> Sequence[str]:
    """Return the names of all settings but exchanges' keys and addresses, of which there are many."""
    of_exchanges = {*ExchangeKeySettings.model_fields, *_OF_EXCHANGES}
    return [name for name in Settings.model_fields if name not in of_exchanges]


def _names() -> Sequence[str]:
    """Return the names of all settings, exchanges' keys and addresses after the others."""
    return [*_own_names(), *ExchangeKeySettings.model_fields, *_OF_EXCHANGES]


def _shown(name: str, value: object) -> str:
    return OFF if value is None and name in {*_OF_EXCHANGES, *MarketAddresses.model_fields} else _written(value)


def _example_lines(name: str, field: FieldInfo) -> str:
    default = field.get_default() if field.default_factory is None else ""
    secret = f" Or {name.upper()}_FILE." if name.upper() in _SECRETS else ""
    return f"# {field.description}{secret}\n# {name.upper()}={_written(default)}\n"


def _written(value: object) -> str:
    """Return a value as it is written in `.env`: `true`, `10m`, `okx,kraken`."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        unit = next((unit for unit in ("h", "m") if seconds % SECONDS[unit] == 0), "s")
        return f"{seconds / SECONDS[unit]:g}{unit}"
    return ",".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
