"""Links lead to the hosts that the operator has named, and cannot leave the markup of a platform."""

from datetime import UTC, datetime

import pytest

from bot.chat.discord.markup import line_markdown
from bot.chat.telegram.render import render
from bot.messages.links import is_safe_link, safe_link
from bot.messages.model import Message

_HOSTS = {"a.org"}
_NOW = datetime(2026, 9, 29, tzinfo=UTC)


@pytest.mark.parametrize("address", ["https://a.org/1", "https://www.a.org/1?x=1", "https://A.ORG/1"])
def test_a_host_that_is_named_is_linked(address: str) -> None:
    assert safe_link("Title", address, _HOSTS).link == address


@pytest.mark.parametrize(
    "address",
    [
        "http://a.org/1",
        "https://a.org.evil.org/1",
        "https://evil.org/a.org",
        "https://a.org@evil.org/1",
        "https://evil@a.org/1",
        "https://a.org:8443/1",
        "https://a.org:port/1",
        "https://[a.org/1",
        "javascript:alert(1)",
        "https://a.org/" + "x" * 500,
        "",
    ],
)
def test_nothing_else_is(address: str) -> None:
    assert not is_safe_link(address, _HOSTS)
    assert safe_link("Title", address, _HOSTS).link == ""


def test_neither_a_title_nor_an_address_leaves_its_link() -> None:
    span = safe_link("](https://evil.org) <b>", 'https://a.org/1>)"<b>é', _HOSTS)
    assert span.link == "https://a.org/1%3E%29%22%3Cb%3E%C3%A9"
    assert line_markdown((span,)) == (rf"[\]\(https\://evil.org\) \<b\>](<{span.link}>)")
    html = render(Message("News", lines=((span,),)), _NOW).html
    assert f'<a href="{span.link}">](https://evil.org) &lt;b&gt;</a>' in html
