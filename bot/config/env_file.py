"""Reads `.env` and the files of secrets: what cannot be read is named, rather than left out in silence.

Example: a third line `TELEGRAM_TOKEN: 4242:…` gives ".env, line 3: is not read; write NAME=value". Without this the bot
would start without the token, and say that none is set.
"""

from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from bot.domain.errors import ConfigurationError

ENCODING = "utf-8-sig"
"""UTF-8 with or without a byte order mark, which some editors write."""
_LONGEST_SECRET_CHARS = 10_000  # a file that is larger is another one than was meant, or a device without an end


def read_env_file(path: Path) -> Mapping[str, str | None]:
    """Return the lines of `.env` by name, nothing where there is none; raise ConfigurationError."""
    if not path.exists():
        return {}
    if path.is_dir():  # what Docker makes of a file that it was to mount and that was not there
        raise ConfigurationError(f"{path} is a directory; it has to be a file, as .env.example is.")
    try:
        text = path.read_text(encoding=ENCODING)
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not UTF-8 text; save it as UTF-8.") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from None
    for binding in parse_stream(StringIO(text)):
        if binding.error:
            raise ConfigurationError(
                f"{path}, line {binding.original.line}: cannot be read; write NAME=value, and no quotation mark alone."
            )
    return dotenv_values(stream=StringIO(text))


def read_secret_file(path: Path) -> str:
    """Return what a file holds, without the line break at its end; raise OSError or ValueError."""
    with path.open(encoding=ENCODING) as file:
        secret = file.read(_LONGEST_SECRET_CHARS + 1)
    if len(secret) > _LONGEST_SECRET_CHARS:
        raise ValueError("too long for a secret")
    return secret.strip()
