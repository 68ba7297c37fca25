"""The types of settings that are addresses: of services, of Redis, and of a proxy.

Example: `REDIS_URL=redis://:pa/ss@redis:6379` is refused, as everything behind the slash would be read as the number of
a database, and "pa" as the port: the sentence says to write the slash as %2F. No sentence repeats a part of an address,
which may be a part of its password.
"""

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr

from bot.config.checked_text import check_no_spaces, checked_text, is_host

LOGIN_IN_ADDRESS = re.compile(r"(?<=://)[^/\s]+@")
"""The user and password in an address, with the @ behind them: never shown and never logged."""

_PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")
_REDIS_SCHEMES = ("redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel")
_COUNTS = frozenset(("db", "max_connections", "health_check_interval"))
_SECONDS = frozenset(("socket_timeout", "socket_connect_timeout", "timeout"))
_REDIS_OPTIONS = _COUNTS | _SECONDS | {"client_name", "username", "password", "socket_keepalive"}
_TLS_OPTIONS = frozenset(
    (
        *("ssl_cert_reqs", "ssl_check_hostname", "ssl_ca_certs", "ssl_ca_path"),
        *("ssl_certfile", "ssl_keyfile", "ssl_password", "ssl_ciphers"),
    )
)
_COUNT, _NUMBER = re.compile(r"[0-9]{1,9}"), re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?")
_UNIX_ADDRESS = re.compile(r"unix://(?:[^/?#]*@)?/[^?#]+(?:\?[^#]*)?")
_FILE_OPTIONS = frozenset(("ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile"))
_CERTIFICATE_CHECKS = ("none", "optional", "required")


def _address(*schemes: str) -> BeforeValidator:
    return checked_text(lambda address: _check_address(address, schemes))


def _check_proxy_address(address: str) -> None:
    _check_login_is_escaped(address)
    _check_address(address, _PROXY_SCHEMES)


def _check_address(address: str, schemes: tuple[str, ...]) -> None:
    check_no_spaces(address)
    _check_scheme(address, schemes)
    if not _has_host(address):
        _check_login_is_escaped(address)
        prefixes = [f"{scheme}://" for scheme in schemes]
        raise ValueError(f"names no host that can be asked; write it like {prefixes[-1]}host or {prefixes[0]}host:8080")


def _check_scheme(address: str, schemes: tuple[str, ...]) -> None:
    if not address.startswith(tuple(f"{scheme}://" for scheme in schemes)):
        *others, last = (f"{scheme}://" for scheme in schemes)
        raise ValueError(f"must begin with {', '.join(others)} or {last}")


def _check_login_is_escaped(address: str) -> None:
    """Refuse a login with signs that have a meaning in addresses: what is behind them would be read as something else.

    An @ in a password does no harm: whoever reads an address takes the last one for the end of the login.
    """
    rest = address.partition("://")[2]
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    login = authority.rpartition("@")[0]
    if "@" in rest[len(authority) :] or re.search(r"[\[\]]", login):
        raise ValueError(
            "holds a user or a password with signs that mean something else in an address; write / as %2F, ? as %3F, "
            "# as %23, % as %25, [ as %5B and ] as %5D"
        )


def _has_host(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return is_host(parts.hostname or "") and parts.port != 0
    except ValueError:  # brackets without an IPv6 address in them, or a port that is none
        return False


def _check_redis_address(address: str) -> None:
    check_no_spaces(address)
    _check_scheme(address, _REDIS_SCHEMES)
    scheme = address.partition("://")[0]
    if scheme != "unix":  # whose path may have an @ in it
        _check_login_is_escaped(address)
    if scheme.endswith("+sentinel"):
        return  # several hosts are no address as the standard has it; the client reads it
    if scheme == "unix" and not _UNIX_ADDRESS.fullmatch(address):
        raise ValueError("names no path of a socket; write it like unix:///run/redis/redis.sock")
    if scheme != "unix" and not _has_host(address):
        raise ValueError("names no host and port that can be asked; write it like redis://redis:6379/0")
    parts = urlsplit(address)
    if scheme != "unix" and not re.fullmatch(r"/?[0-9]*/?", parts.path):
        raise ValueError("has a database that is no number; write it like redis://redis:6379/0")
    if parts.fragment:
        raise ValueError("holds a #, which means nothing here; in a password write it as %23")
    _check_redis_options(parts.query, has_tls=scheme == "rediss")


def _check_redis_options(query: str, *, has_tls: bool) -> None:
    """Refuse what the client does not know: it would fail at every command instead."""
    for name, values in parse_qs(query, keep_blank_values=True).items():
        if name in _TLS_OPTIONS and not has_tls:
            raise ValueError(f"has the option {name}, which is for rediss:// only")
        if name not in _REDIS_OPTIONS | _TLS_OPTIONS:
            shown = f"“{name}”" if re.fullmatch(r"[a-z_]{1,20}", name) else "behind the ?"  # it may hold anything
            raise ValueError(
                f"has an option {shown} that is not known; there are {', '.join(sorted(_REDIS_OPTIONS))}, and with "
                f"rediss:// {', '.join(sorted(_TLS_OPTIONS))}"
            )
        if name in _COUNTS | _SECONDS and not (_COUNT if name in _COUNTS else _NUMBER).fullmatch(values[0]):
            raise ValueError(f"has the option {name} with a value that is no {'whole ' * (name in _COUNTS)}number")
        if name in _FILE_OPTIONS and not Path(values[0]).exists():
            raise ValueError(f"has the option {name}, which names nothing that is there")
        if name == "ssl_cert_reqs" and values[0] not in _CERTIFICATE_CHECKS:
            raise ValueError(f"has the option ssl_cert_reqs, which must be one of {', '.join(_CERTIFICATE_CHECKS)}")


def _whole_proxy_address(address: object) -> object:
    """Return a proxy's address as other programs read it too: `proxy:3128` is of HTTP, `socks://` the newest SOCKS."""
    if not isinstance(address, str):
        return address
    address = address if "://" in address else f"http://{address}"
    return address.removesuffix("/").replace("socks://", "socks5://", 1)


def _without_slash(address: str) -> str:
    return address.rstrip("/")


SecretAddress = Annotated[SecretStr, _address("http", "https")]
"""A whole address that is called as it is written, and is a secret, as it holds a key."""
WebAddress = Annotated[str, _address("http", "https"), AfterValidator(_without_slash)]
"""Scheme and host of a service, with or without a path; our paths are appended to it."""
GatewayAddress = Annotated[str, _address("ws", "wss"), AfterValidator(_without_slash)]
RedisAddress = Annotated[SecretStr, checked_text(_check_redis_address)]
ProxyAddress = Annotated[str, checked_text(_check_proxy_address), BeforeValidator(_whole_proxy_address)]
"""Where a proxy listens; its login is masked wherever the address is shown."""
