"""Which proxy an address is reached through.

Example: with `PROXY_URL=socks5://10.0.0.2:1080` and `NO_PROXY=10.0.0.0/8`, `https://api.telegram.org` is reached
through the proxy, and a Bot API server at `http://10.0.0.3:8081` directly. NO_PROXY is read as curl and Go read it:
https://curl.se/docs/manpage.html#NOPROXY.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from yarl import URL

_SCHEME_OF_WEBSOCKETS = {"ws": "http", "wss": "https"}  # a websocket begins as a request of HTTP
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class ProxyRules:
    """The proxies of the settings, each None where there is none: `http`, `https`, `every` for both.

    `preferred` comes before all of them. `exempt` are the entries of NO_PROXY: a host's name, which stands for the
    names below it too, an address or a network, each with or without a port, or `*` for everything.
    """

    preferred: str | None = None
    http: str | None = None
    https: str | None = None
    every: str | None = None
    exempt: Sequence[str] = ()

    @property
    def is_empty(self) -> bool:
        """Whether everything is reached directly."""
        return not (self.preferred or self.http or self.https or self.every)

    def proxy_for(self, url: URL) -> URL | None:
        """Return the address of the proxy that a URL is reached through; None: it is reached directly."""
        scheme = _SCHEME_OF_WEBSOCKETS.get(url.scheme, url.scheme)
        proxy = self.preferred or (self.https if scheme == "https" else self.http) or self.every
        port = url.explicit_port or _DEFAULT_PORTS.get(scheme)
        if not proxy or any(_is_exempt((url.host or "").lower(), port, entry) for entry in self.exempt):
            return None
        return URL(proxy)


NO_PROXIES = ProxyRules()


def without_login(proxy: URL) -> str:
    """Return a proxy's address as it may be shown: `http://10.0.0.2:3128`."""
    return str(proxy.origin())


def _is_exempt(host: str, port: int | None, entry: str) -> bool:
    if entry == "*":
        return True
    entry = entry.rpartition("://")[2].removesuffix("/")  # what was meant is clear, and nobody would notice
    name, colon, entry_port = entry.lower().rpartition(":")
    # The colons of a bare IPv6 address, as in ::1, are no ports.
    has_port = bool(colon) and entry_port.isdecimal() and (":" not in name or name.endswith("]"))
    if has_port and int(entry_port) != port:
        return False
    name = (name if has_port else entry.lower()).strip("[]")
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(name, strict=False)
    except ValueError:  # one of the two is a name
        name = name.removeprefix("*").removeprefix(".")
        return bool(name) and (host == name or host.endswith(f".{name}"))
