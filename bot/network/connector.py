"""Connects directly or through a proxy, as the rules say for each address.

A proxy of HTTP is asked to CONNECT to what is encrypted, and forwards what is not; to a proxy of SOCKS both are the
same. https://www.rfc-editor.org/rfc/rfc9110#CONNECT
"""

import aiohttp
from aiohttp.connector import Connection, SocketFactoryType
from aiohttp.tracing import Trace
from typing_extensions import override
from yarl import URL

from bot.network.errors import ProxyFailed, reason_of
from bot.network.proxy_rules import ProxyRules
from bot.network.resolver import UnwaitedResolver

_LOGIN_WANTED = 407  # https://www.rfc-editor.org/rfc/rfc9110#status.407


def connector_for(
    rules: ProxyRules, *, limit: int, socket_factory: SocketFactoryType | None = None
) -> aiohttp.TCPConnector:
    """Return a connector of at most `limit` connections, 0 for as many as are wanted.

    `socket_factory` makes its sockets, except those to proxies of SOCKS.
    """
    if rules.is_empty:
        return aiohttp.TCPConnector(limit=limit, resolver=UnwaitedResolver(), socket_factory=socket_factory)
    return RoutingConnector(rules, limit=limit, socket_factory=socket_factory)


class RoutingConnector(aiohttp.TCPConnector):
    """Asks the rules for the proxy of each address.

    What fails on the way through a proxy is a ProxyFailed or a timeout: the request was not sent. aiohttp's own
    `trust_env` does neither know ALL_PROXY nor SOCKS, and asks the environment for a WSS_PROXY that nobody sets.
    """

    def __init__(self, rules: ProxyRules, *, limit: int, socket_factory: SocketFactoryType | None = None) -> None:
        super().__init__(limit=limit, resolver=UnwaitedResolver(), socket_factory=socket_factory)
        self._rules = rules
        self._through_socks: dict[URL, aiohttp.TCPConnector] = {}

    @override
    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        """Return a free connection or a new one."""
        proxy = self._rules.proxy_for(req.url)
        if proxy is None:
            return await super().connect(req, traces, timeout)
        if proxy.scheme.startswith("socks"):
            return await self._socks_connector(proxy).connect(req, traces, timeout)
        req.update_proxy(proxy, None, None)
        try:
            return await super().connect(req, traces, timeout)
        except (aiohttp.ClientConnectorSSLError, aiohttp.ClientConnectorCertificateError, TimeoutError):
            raise  # the destination was reached, and it is its certificate that is refused
        except aiohttp.ClientError as error:
            key = req.connection_key
            raise ProxyFailed(key, proxy, _what_failed(error, key.host)) from error

    @override
    async def close(self, *, abort_ssl: bool = False) -> None:
        """Close every connection, those through SOCKS too."""
        for connector in self._through_socks.values():
            await connector.close(abort_ssl=abort_ssl)
        await super().close(abort_ssl=abort_ssl)

    def _socks_connector(self, proxy: URL) -> aiohttp.TCPConnector:
        if proxy not in self._through_socks:
            from bot.network.socks import SocksConnector  # noqa: PLC0415 — a MB of memory, for those who use it

            self._through_socks[proxy] = SocksConnector(proxy, limit=self.limit)
        return self._through_socks[proxy]


def _what_failed(error: aiohttp.ClientError, host: str) -> str:
    """Return what a proxy did, as the rest of a sentence that begins with its address."""
    if isinstance(error, aiohttp.ClientHttpProxyError):
        if error.status == _LOGIN_WANTED:
            return "refuses the login (HTTP 407): PROXY_URL needs user, colon, password and @ before the host"
        return f"does not connect to {host}: HTTP {error.status} {error.message}"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "has a name that cannot be looked up"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"does not answer: {reason_of(error.os_error)}"
    return f"does not answer as a proxy of HTTP does ({type(error).__name__})"
