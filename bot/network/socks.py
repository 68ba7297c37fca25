"""Connects through a proxy of SOCKS 5, which also looks up the names. https://www.rfc-editor.org/rfc/rfc1928."""

import ssl

import aiohttp
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError, ProxyType
from typing_extensions import override
from yarl import URL

from bot.network.errors import ProxyFailed, reason_of

_DEFAULT_PORT = 1080


class SocksConnector(ProxyConnector):
    """Connects everything through one proxy; raises what aiohttp's own connector would, or ProxyFailed."""

    def __init__(self, proxy: URL, *, limit: int) -> None:
        super().__init__(
            host=proxy.host or "",
            port=proxy.port or _DEFAULT_PORT,
            proxy_type=ProxyType.SOCKS5,
            username=proxy.user,
            password=proxy.password,
            rdns=True,  # where a platform is blocked, the names that are looked up here are often false
            limit=limit,
        )
        self._proxy = proxy

    @override
    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        """Return a free connection or a new one."""
        key = req.connection_key
        try:
            return await super().connect(req, traces, timeout)
        except (TimeoutError, ProxyTimeoutError) as error:
            raise TimeoutError from error
        except ssl.SSLCertVerificationError as error:
            raise aiohttp.ClientConnectorCertificateError(key, error) from error
        except ssl.SSLError as error:
            raise aiohttp.ClientConnectorSSLError(key, error) from error
        except ProxyConnectionError as error:
            raise ProxyFailed(key, self._proxy, _no_answer(error)) from error
        except (ProxyError, OSError, EOFError) as error:
            raise ProxyFailed(key, self._proxy, _refusal(error, key.host)) from error


def _no_answer(error: ProxyConnectionError) -> str:
    connecting = error.__cause__  # of the library below, with the number that the system gave
    if isinstance(connecting, OSError) and connecting.errno and connecting.errno < 0:  # those of looking up names
        return "has a name that cannot be looked up"
    return f"does not answer: {reason_of(connecting) if isinstance(connecting, OSError) else 'no connection'}"


def _refusal(error: Exception, host: str) -> str:
    if "auth" in str(error).lower():  # whether a method, a login or none was refused is said in words only
        return f"refuses the login ({error}): PROXY_URL needs user, colon, password and @ before the host"
    return f"does not connect to {host}: {str(error) or type(error).__name__}"
