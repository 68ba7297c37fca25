"""Settings: every variable, its type, its default; read once."""

from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

from dotenv import dotenv_values
from platformdirs import user_data_path
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.config.types import (
    LOGIN_IN_ADDRESS,
    SECONDS,
    ChatName,
    DiscordToken,
    Exchanges,
    GatewayAddress,
    Interval,
    Owners,
    Secret,
    SecretAddress,
    TelegramToken,
    WebAddress,
    home_of,
    unquoted,
)
from bot.domain.errors import ConfigurationError

_ENCODING = "utf-8-sig"  # as some editors write it, with a mark in front
_SECRETS = ("TELEGRAM_TOKEN", "DISCORD_TOKEN", "REDIS_URL", "HEARTBEAT_URL")


class Settings(BaseSettings):
    """Everything a self-hoster can set. Every secret may also be given as a file, under its name with `_FILE`."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding=_ENCODING, env_ignore_empty=True, extra="ignore", frozen=True
    )

    telegram_token: Annotated[TelegramToken | None, Field(description="From @BotFather.")] = None
    discord_token: Annotated[DiscordToken | None, Field(description="From the Discord Developer Portal, page Bot.")] = (
        None
    )
    redis_url: Annotated[
        Secret | None,
        Field(description="redis://, rediss://, unix:// or redis+sentinel://; unset: a private server under DATA_DIR."),
    ] = None
    data_dir: Annotated[
        Path,
        AfterValidator(home_of),
        Field(
            description="Where the private server keeps its data.", default_factory=partial(user_data_path, "runwatch")
        ),
    ]
    defillama_url: Annotated[WebAddress, Field(description="Where lists and reserves come from.")] = (
        "https://api.llama.fi"
    )
    telegram_api_url: Annotated[WebAddress, Field(description="Also for a local Bot API server.")] = (
        "https://api.telegram.org"
    )
    telegram_paid_broadcast: Annotated[
        bool,
        Field(description="true: up to 950 alerts a second; Telegram charges 0.1 Star for each above 30 a second."),
    ] = False
    discord_api_url: Annotated[WebAddress, Field(description="With version.")] = "https://discord.com/api/v10"
    discord_gateway_url: Annotated[GatewayAddress, Field(description="Discord's gateway.")] = "wss://gateway.discord.gg"
    poll_interval: Annotated[Interval, Field(description="How often the list is fetched: 90s, 10m, 1h.")] = timedelta(
        minutes=10
    )
    detail_interval: Annotated[
        Interval,
        Field(description="How often an exchange's amounts are fetched while it moves; six times that when calm."),
    ] = timedelta(hours=1)
    exchanges: Annotated[Exchanges, Field(description="Only these, comma-separated; empty: all known.")] = ()
    http_host: Annotated[str, Field(description="Where /healthz, /readyz and /metrics listen.")] = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=65535, description="0: any free port.")] = 8080
    owner_ids: Annotated[Owners, Field(description="telegram:123, discord:456.")] = ()
    error_chat: Annotated[
        ChatName | None,
        Field(description="Where operational problems go: telegram:-100123 or discord:456."),
    ] = None
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        BeforeValidator(str.lower),
        Field(description="How much is logged."),
    ] = "info"
    log_format: Annotated[
        Literal["auto", "text", "json"],
        BeforeValidator(str.lower),
        Field(description="auto: text on a terminal, else json."),
    ] = "auto"
    heartbeat_url: Annotated[
        SecretAddress | None, Field(description="Called after each good poll, so that silence is noticed.")
    ] = None

    _unquoted = field_validator("*", mode="before")(unquoted)


def load(environment: Mapping[str, str]) -> Settings:
    """Return the settings from the environment, `.env` and secret files; raise ConfigurationError.

    Its text names every problem, a line each.

    `environment` is `os.environ`, which pydantic reads by itself; it is looked through here for `…_FILE` names only.
    """
    try:
        written = dotenv_values(".env", encoding=_ENCODING)
    except UnicodeDecodeError:
        raise ConfigurationError(".env is not UTF-8 text; save it as UTF-8.") from None
    given = {name: value for known in (written, environment) for name, value in known.items() if value}
    filed = _secret_files(given)
    try:
        return Settings(**filed)
    except ValidationError as error:
        raise ConfigurationError("\n".join(_sentence(error, filed) for error in error.errors())) from None


def _secret_files(environment: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in _SECRETS:
        path = environment.get(f"{name}_FILE")
        if not path:
            continue
        if environment.get(name):
            raise ConfigurationError(f"{name} and {name}_FILE are both set; set only one of them.")
        try:
            found[name.lower()] = Path(path).read_text(encoding=_ENCODING).strip()
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"{name}_FILE names {path}, which cannot be read: {type(error).__name__}."
            ) from None
    return found


def _sentence(problem: Mapping[str, Any], filed: Collection[str]) -> str:
    """Return what is wrong with a setting, under the name that it was set by."""
    name = str(problem["loc"][0])
    form = f"{name}_file" if name in filed else name
    return f"{form.upper()}: {str(problem['msg']).removeprefix('Value error, ')}."


def secrets(settings: Settings) -> list[str]:
    """Return the secrets that are set, for keeping them out of everything that is printed.

    The password of an address is one of its own: whoever complains of it may show it without the address.
    """
    whole = [value.get_secret_value() for _, value in settings if isinstance(value, SecretStr)]
    return [*whole, *(word for one in whole for word in _passwords(one))]


def _passwords(address: str) -> tuple[str, ...]:
    """Return the password in an address as it is written there and as it is meant; nothing where there is none."""
    try:
        password = urlsplit(address).password
    except ValueError:
        return ()
    return (password, unquote(password)) if password else ()


def effective(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield every variable with the value in force; secrets that are set are masked."""
    for name, value in settings:
        yield name.upper(), "•••" if isinstance(value, SecretStr) else LOGIN_IN_ADDRESS.sub("•••@", _written(value))


def example() -> str:
    """Return the text of `.env.example`: every variable with its meaning and its default, all commented out."""
    return "\n".join((_HEAD, *(_example_of(name, field) for name, field in Settings.model_fields.items())))


_HEAD = """\
# Settings of Runwatch. Copy this file to .env and set at least one token; everything else may stay as it is.
# Every secret may also be given as a file: NAME_FILE=/run/secrets/name instead of NAME=value.
"""


def _example_of(name: str, field: FieldInfo) -> str:
    default = field.get_default() if field.default_factory is None else ""
    secret = f" Or {name.upper()}_FILE." if name.upper() in _SECRETS else ""
    return f"# {field.description}{secret}\n# {name.upper()}={_written(default)}\n"


def _written(default: object) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, timedelta):
        seconds = default.total_seconds()
        unit = next((one for one in ("h", "m") if seconds % SECONDS[one] == 0), "s")
        return f"{seconds / SECONDS[unit]:g}{unit}"
    return ",".join(default) if isinstance(default, tuple) else "" if default is None else str(default)
