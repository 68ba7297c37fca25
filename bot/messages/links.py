"""Links to pages of others: only to hosts that the operator has named, and only addresses that are nothing else.

Example: with a feed of https://www.coindesk.com, `https://coindesk.com/a` is a link, `https://coindesk.com.evil.org/a`
is none, and what could end a link in a platform's markup, such as `>` or `"`, is written as `%3E` and `%22`.
"""

from collections.abc import Collection
from urllib.parse import quote, urlsplit

from bot.messages.model import Span

_LONGEST = 500  # characters; a longer address is one that carries something
_PLAIN = "/:?=&%~+,;@!$-._"  # signs of an address that are none of any platform's markup


def safe_link(text: str, address: str, hosts: Collection[str]) -> Span:
    """Return text that leads to an address where its host is one of `hosts`, with or without `www.`, else plain."""
    return Span(text, link=quote(address, safe=_PLAIN)) if is_safe_link(address, hosts) else Span(text)


def is_safe_link(address: str, hosts: Collection[str]) -> bool:
    """Return whether an address is one of HTTPS on one of the hosts, with neither a login nor a port."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").removeprefix("www.")
        is_plain = parts.port is None and "@" not in parts.netloc and len(address) <= _LONGEST
    except ValueError:
        return False
    return is_plain and parts.scheme == "https" and host in hosts
