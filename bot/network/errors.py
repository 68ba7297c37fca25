"""Why no connection could be made, as a sentence for the person who runs the bot.

Example: "the name api.llama.fi cannot be looked up (no internet, or a wrong address?)".
"""

import os
import ssl

import aiohttp
from aiohttp.client_reqrep import ConnectionKey
from typing_extensions import override
from yarl import URL

from bot.network.proxy_rules import without_login


class ProxyFailed(aiohttp.ClientProxyConnectionError):
    """No connection could be made through a proxy, so nothing was sent.

    Its text is a sentence such as "the proxy http://10.0.0.2:3128 does not answer: Connection refused"; it names the
    proxy without its login. To whoever catches errors of aiohttp it is one of a connection that could not be made.
    """

    def __init__(self, key: ConnectionKey, proxy: URL, what: str) -> None:
        super().__init__(key._replace(proxy=None), OSError(None, what))  # the key's own has the login
        self._sentence = f"the proxy {without_login(proxy)} {what}"

    @override
    def __str__(self) -> str:
        return self._sentence


def why_unconnected(error: Exception, host: str) -> str:
    """Return why a connection to a host was not made, or broke; never a part of an address but the host's name."""
    if isinstance(error, ProxyFailed):
        return str(error)
    if isinstance(error, TimeoutError):
        return f"{host} does not answer in time"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return (
            f"{host} shows a certificate that is not trusted here ({_certificate_fault(error)}): set the clock if it "
            "is wrong, or name the certificate of a proxy that opens what is encrypted in SSL_CERT_FILE"
        )
    if isinstance(error, aiohttp.ClientConnectorError):
        return _why_no_connection(error, host)
    return f"the connection to {host} broke ({type(error).__name__})"


def _why_no_connection(error: aiohttp.ClientConnectorError, host: str) -> str:
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"the name {host} cannot be looked up (no internet, or a mistyped address?)"
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        return f"{host} does not speak TLS as expected ({error.strerror or type(error).__name__})"
    return f"{host} cannot be reached: {reason_of(error.os_error)}"


def reason_of(error: OSError) -> str:
    """Return what the system says of a failure: "Connection refused"."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or type(error).__name__


def _certificate_fault(error: aiohttp.ClientConnectorCertificateError) -> str:
    fault = error.certificate_error
    return fault.verify_message if isinstance(fault, ssl.SSLCertVerificationError) else type(fault).__name__
