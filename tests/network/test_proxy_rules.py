import pytest
from yarl import URL

from bot.network.proxy_rules import NO_PROXIES, ProxyRules, without_login

RULES = ProxyRules(http="http://plain:1", https="http://secure:2")


def proxy_of(rules: ProxyRules, url: str) -> str | None:
    proxy = rules.proxy_for(URL(url))
    return str(proxy) if proxy else None


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://api.llama.fi/cexs", "http://plain:1"),
        ("https://api.llama.fi/cexs", "http://secure:2"),
        ("ws://gateway.discord.gg", "http://plain:1"),
        ("wss://gateway.discord.gg/?v=10", "http://secure:2"),
    ],
)
def test_each_scheme_has_its_proxy_and_a_websocket_that_of_what_it_begins_as(url: str, proxy: str) -> None:
    assert proxy_of(RULES, url) == proxy


def test_all_proxy_stands_in_for_those_that_are_not_set() -> None:
    rules = ProxyRules(https="http://secure:2", every="socks5://all:3")
    assert proxy_of(rules, "http://a.example") == "socks5://all:3"
    assert proxy_of(rules, "wss://a.example") == "http://secure:2"


def test_the_bots_own_setting_comes_before_those_of_all_programs() -> None:
    rules = ProxyRules(preferred="socks5://own:4", http="http://plain:1", https="http://secure:2")
    assert {proxy_of(rules, "http://a.example"), proxy_of(rules, "https://a.example")} == {"socks5://own:4"}


def test_without_proxies_everything_is_reached_directly() -> None:
    assert NO_PROXIES.is_empty
    assert proxy_of(NO_PROXIES, "https://a.example") is None
    assert proxy_of(ProxyRules(https="http://secure:2"), "http://a.example") is None


@pytest.mark.parametrize(
    ("entry", "exempt", "proxied"),
    [
        ("*", ["https://anything.example", "http://10.1.2.3", "http://[::1]:8081"], []),
        ("llama.fi", ["https://llama.fi", "https://api.llama.fi", "https://API.Llama.fi"], ["https://notllama.fi"]),
        (".llama.fi", ["https://llama.fi", "https://api.llama.fi"], ["https://llama.fi.example"]),
        ("*.llama.fi", ["https://api.llama.fi"], ["https://allama.fi"]),
        ("localhost", ["http://localhost:8081"], ["http://127.0.0.1:8081"]),
        ("127.0.0.1", ["http://127.0.0.1:8081", "ws://127.0.0.1"], ["http://127.0.0.2", "http://localhost"]),
        ("10.0.0.0/8", ["http://10.9.8.7:8081"], ["http://11.0.0.1", "http://ten.example"]),
        ("10.1.2.3/8", ["http://10.9.8.7"], ["http://11.0.0.1"]),
        ("::1", ["http://[::1]:8081"], ["http://[::2]"]),
        ("[::1]:8081", ["http://[::1]:8081"], ["http://[::1]:8082"]),
        ("fd00::/8", ["http://[fd12::1]"], ["http://[fe80::1]", "http://127.0.0.1"]),
        ("bot-api:8081", ["http://bot-api:8081"], ["http://bot-api", "http://bot-api:8082"]),
        ("llama.fi:443", ["https://api.llama.fi", "wss://llama.fi"], ["http://api.llama.fi"]),
        ("http://10.0.0.5:8081/", ["http://10.0.0.5:8081"], ["http://10.0.0.5", "http://10.0.0.6:8081"]),
        ("https://llama.fi", ["https://api.llama.fi"], ["https://notllama.fi"]),
        ("", [], ["https://api.llama.fi"]),
        (".", [], ["https://api.llama.fi"]),
        ("999.0.0.0/8", [], ["https://api.llama.fi", "http://10.0.0.1"]),
    ],
)
def test_an_entry_of_no_proxy_names_what_is_reached_directly(entry: str, exempt: list[str], proxied: list[str]) -> None:
    rules = ProxyRules(every="http://all:3", exempt=("nobody.example", entry))
    assert [url for url in exempt if proxy_of(rules, url)] == []
    assert [url for url in proxied if not proxy_of(rules, url)] == []


def test_a_proxy_is_shown_without_its_login() -> None:
    assert without_login(URL("socks5://ann:secret@10.0.0.2:1080")) == "socks5://10.0.0.2:1080"
    assert without_login(URL("http://proxy")) == "http://proxy"
