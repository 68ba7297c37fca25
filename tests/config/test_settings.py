import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from platformdirs import user_data_path
from pydantic import SecretStr

from bot.config.exchange_addresses import ExchangeAddresses
from bot.config.exchange_key_settings import KEY_SETTINGS
from bot.config.settings import Settings, effective, example, load, misspelt, secrets
from bot.domain.errors import ConfigurationError

ROOT = Path(__file__).parents[2]
DEFAULTS: Mapping[str, object] = {
    "TELEGRAM_TOKEN": None,
    "DISCORD_TOKEN": None,
    "REDIS_URL": None,
    "REDIS_PREFIX": "",
    "DATA_DIR": user_data_path("runwatch"),
    "DEFILLAMA_URL": "https://api.llama.fi",
    "TELEGRAM_API_URL": "https://api.telegram.org",
    "TELEGRAM_PAID_BROADCAST": False,
    "DISCORD_API_URL": "https://discord.com/api/v10",
    "DISCORD_GATEWAY_URL": "wss://gateway.discord.gg",
    "POLL_INTERVAL": timedelta(minutes=10),
    "DETAIL_INTERVAL": timedelta(hours=1),
    "EXCHANGES": (),
    "WITHDRAWALS": True,
    "WITHDRAWAL_INTERVAL": timedelta(minutes=5),
    "PROOFS": True,
    "PEGS": True,
    "PRICE_GAPS": True,
    "MARKET_INTERVAL": timedelta(minutes=5),
    "STABLECOINS_URL": "https://stablecoins.llama.fi",
    "COINS_URL": "https://coins.llama.fi",
    "ESPLORA_URL": None,
    "ETH_RPC_URL": None,
    "GEMINI_URL": "https://api.gemini.com",
    "UPBIT_MARKET_URL": "https://api.upbit.com",
    "NEWS_FEEDS": (),
    "NEWS_INTERVAL": timedelta(minutes=15),
    "HTTP_HOST": "127.0.0.1",
    "HTTP_PORT": 8080,
    "OWNER_IDS": (),
    "ERROR_CHAT": None,
    "LOG_LEVEL": "info",
    "LOG_FORMAT": "auto",
    "HEARTBEAT_URL": None,
    "PROXY_URL": None,
    "HTTP_PROXY": None,
    "HTTPS_PROXY": None,
    "ALL_PROXY": None,
    "NO_PROXY": (),
    **{name.upper(): field.default for name, field in ExchangeAddresses.model_fields.items()},
    **dict.fromkeys(KEY_SETTINGS),
}
EXAMPLES: Mapping[str, tuple[str, object]] = {
    "TELEGRAM_TOKEN": ("4242:loopback-only", "4242:loopback-only"),
    "DISCORD_TOKEN": ("not.a.token", "not.a.token"),
    "REDIS_URL": ("rediss://redis:6379/0", "rediss://redis:6379/0"),
    "REDIS_PREFIX": ("second:", "second:"),
    "DATA_DIR": ("/var/lib/runwatch", Path("/var/lib/runwatch")),
    "DEFILLAMA_URL": ("http://127.0.0.1:8181/", "http://127.0.0.1:8181"),
    "TELEGRAM_API_URL": ("http://localhost:8081", "http://localhost:8081"),
    "TELEGRAM_PAID_BROADCAST": ("true", True),
    "DISCORD_API_URL": ("http://localhost/api/v10/", "http://localhost/api/v10"),
    "DISCORD_GATEWAY_URL": ("ws://localhost:1", "ws://localhost:1"),
    "POLL_INTERVAL": ("90s", timedelta(seconds=90)),
    "DETAIL_INTERVAL": ("2h", timedelta(hours=2)),
    "EXCHANGES": ("Binance, okx,,Kraken-CEX ", ("binance", "okx", "kraken")),
    "WITHDRAWALS": ("no", False),
    "WITHDRAWAL_INTERVAL": ("1m", timedelta(minutes=1)),
    "PROOFS": ("no", False),
    "PEGS": ("0", False),
    "PRICE_GAPS": ("0", False),
    "MARKET_INTERVAL": ("10m", timedelta(minutes=10)),
    "STABLECOINS_URL": ("off", None),
    "GEMINI_URL": ("off", None),
    "UPBIT_MARKET_URL": ("off", None),
    "COINS_URL": ("http://127.0.0.1:8182/coins/", "http://127.0.0.1:8182/coins"),
    "ESPLORA_URL": ("https://esplora.example/api", "https://esplora.example/api"),
    "ETH_RPC_URL": ("https://node.example/a-key", "https://node.example/a-key"),
    "NEWS_FEEDS": ("https://a.org/rss, http://localhost:8/b", ("https://a.org/rss", "http://localhost:8/b")),
    "NEWS_INTERVAL": ("30m", timedelta(minutes=30)),
    "GATE_URL": ("http://127.0.0.1:8182/gate/", "http://127.0.0.1:8182/gate"),
    "BINANCE_WEB_URL": ("off", None),
    "HTTP_HOST": ("::1", "::1"),
    "HTTP_PORT": ("9100", 9100),
    "OWNER_IDS": ("telegram:123,discord:456", ("telegram:123", "discord:456")),
    "ERROR_CHAT": ("telegram:-100123/7", "telegram:-100123/7"),
    "LOG_LEVEL": ("DEBUG", "debug"),
    "LOG_FORMAT": ("json", "json"),
    "HEARTBEAT_URL": ("https://beats.example/1", "https://beats.example/1"),
    "PROXY_URL": ("socks5://ann:pw@10.0.0.2:1080", "socks5://ann:pw@10.0.0.2:1080"),
    "HTTP_PROXY": ("http://10.0.0.2:3128/", "http://10.0.0.2:3128"),
    "HTTPS_PROXY": ("proxy.lan:3128", "http://proxy.lan:3128"),
    "ALL_PROXY": ("socks://10.0.0.2", "socks5://10.0.0.2"),
    "NO_PROXY": ("localhost, .lan;10.0.0.0/8 ::1", ("localhost", ".lan", "10.0.0.0/8", "::1")),
}
SECRETS = ("TELEGRAM_TOKEN", "DISCORD_TOKEN", "REDIS_URL", "HEARTBEAT_URL", "PROXY_URL", "ESPLORA_URL", "ETH_RPC_URL")


class SettingsBench:
    """An empty directory with nothing set, until `load` sets something."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch

    def load(self, env_file: str = "", **variables: str) -> Settings:
        Path(".env").write_text(env_file, encoding="utf-8")
        for name, value in variables.items():
            self._patch.setenv(name, value)
        return load(variables)

    def refusal(self, env_file: str = "", **variables: str) -> str:
        """Return what is said when the settings are refused."""
        with pytest.raises(ConfigurationError) as refused:
            self.load(env_file, **variables)
        return str(refused.value)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SettingsBench:
    monkeypatch.chdir(tmp_path)
    for name in DEFAULTS:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    return SettingsBench(monkeypatch)


def plain(settings: Settings, name: str) -> object:
    value: Any = getattr(settings, name.lower())
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def test_every_variable_has_its_documented_default(here: SettingsBench) -> None:
    settings = here.load()
    assert {name: plain(settings, name) for name, _ in effective(settings)} == DEFAULTS


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_variable_is_read_from_the_environment(here: SettingsBench, name: str) -> None:
    text, value = EXAMPLES[name]
    assert plain(here.load(**{name: text}), name) == value


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_variable_is_read_from_the_env_file(here: SettingsBench, name: str) -> None:
    text, value = EXAMPLES[name]
    assert plain(here.load(f"{name}={text}\n"), name) == value


def test_the_environment_wins_over_the_env_file(here: SettingsBench) -> None:
    assert here.load("POLL_INTERVAL=1h", POLL_INTERVAL="2m").poll_interval == timedelta(minutes=2)


@pytest.mark.parametrize("name", DEFAULTS)
def test_an_empty_line_is_no_setting(here: SettingsBench, name: str) -> None:
    assert plain(here.load(f"{name}=\n"), name) == DEFAULTS[name]
    assert plain(here.load(**{name: ""}), name) == DEFAULTS[name]


@pytest.mark.parametrize("text", ["{ob}", "a b", "runwatch*", "é", "x" * 41])
def test_a_prefix_that_would_change_what_a_key_means_is_refused(here: SettingsBench, text: str) -> None:
    assert here.refusal(REDIS_PREFIX=text) == (
        "REDIS_PREFIX: may hold at most 40 letters, digits and signs of . _ : - only; write it like second:."
    )


def test_what_is_not_ours_is_left_alone(here: SettingsBench) -> None:
    assert here.load("COMPOSE_PROJECT_NAME=watch", POLLING="1h").poll_interval == timedelta(minutes=10)


def secret_file(text: str = "4242:from-a-file\n") -> str:
    path = Path("secret").absolute()
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_may_be_a_file(here: SettingsBench, name: str) -> None:
    text, value = EXAMPLES[name]
    assert plain(here.load(**{f"{name}_FILE": secret_file(f"{text}\n")}), name) == value
    assert plain(here.load(f"{name}_FILE={secret_file(text)}"), name) == value


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_set_twice_is_refused_wherever_the_two_stand(here: SettingsBench, name: str) -> None:
    value, path = f"{name}=secret", f"{name}_FILE={secret_file()}"
    refusals = {
        here.refusal(f"{value}\n{path}"),
        here.refusal(value, **{f"{name}_FILE": secret_file()}),
        here.refusal(path, **{name: "secret"}),
        here.refusal(**{name: "secret", f"{name}_FILE": secret_file()}),
    }
    assert refusals == {f"{name} and {name}_FILE are both set; set only one of them."}


def test_an_empty_variable_hides_no_second_form_of_a_secret(here: SettingsBench) -> None:
    refusal = here.refusal("TELEGRAM_TOKEN=secret", TELEGRAM_TOKEN="", TELEGRAM_TOKEN_FILE=secret_file())
    assert "both set" in refusal


def test_an_empty_form_of_a_secret_is_not_set(here: SettingsBench) -> None:
    assert (
        plain(here.load(TELEGRAM_TOKEN="", TELEGRAM_TOKEN_FILE=secret_file()), "TELEGRAM_TOKEN") == "4242:from-a-file"
    )


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_file_that_is_not_there_is_named(here: SettingsBench, name: str) -> None:
    refusal = here.refusal(**{f"{name}_FILE": "/run/secrets/none"})
    assert refusal == f"{name}_FILE names /run/secrets/none, which cannot be read: FileNotFoundError."


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("secret", ["4242:AAH-never_shown", "MTA4.never.shown", "redis://:never-shown@redis:6379/0"])
def test_a_secret_in_the_place_of_its_file_is_not_shown(here: SettingsBench, name: str, secret: str) -> None:
    assert here.refusal(**{f"{name}_FILE": secret}) == (
        f"{name}_FILE holds what looks like the secret itself, and no path of a file; put it into {name}."
    )


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("90s", timedelta(seconds=90)),
        ("10m", timedelta(minutes=10)),
        ("1h", timedelta(hours=1)),
        ("1.5h", timedelta(minutes=90)),
        (" 2 M ", timedelta(minutes=2)),
        ("1d", timedelta(days=1)),
        ("1s", timedelta(seconds=1)),
    ],
)
def test_an_interval_is_a_number_and_a_unit(here: SettingsBench, text: str, interval: timedelta) -> None:
    assert here.load(POLL_INTERVAL=text).poll_interval == interval


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("POLL_INTERVAL", "600", "POLL_INTERVAL: write a number and a unit, such as 90s, 10m or 1h."),
        ("POLL_INTERVAL", "soon", "POLL_INTERVAL: write a number and a unit, such as 90s, 10m or 1h."),
        ("DETAIL_INTERVAL", "-1h", "DETAIL_INTERVAL: write a number and a unit, such as 90s, 10m or 1h."),
        ("POLL_INTERVAL", "0.5s", "POLL_INTERVAL: must be at least 1s and at most 7d."),
        ("POLL_INTERVAL", "9" * 400 + "d", "POLL_INTERVAL: must be at least 1s and at most 7d."),
        ("DEFILLAMA_URL", "api.llama.fi", "DEFILLAMA_URL: must begin with http:// or https://."),
        ("TELEGRAM_API_URL", "wss://x", "TELEGRAM_API_URL: must begin with http:// or https://."),
        ("HEARTBEAT_URL", "ftp://beats.example", "HEARTBEAT_URL: must begin with http:// or https://."),
        ("DISCORD_GATEWAY_URL", "https://x", "DISCORD_GATEWAY_URL: must begin with ws:// or wss://."),
        ("HTTP_PORT", "65536", "HTTP_PORT: Input should be less than or equal to 65535."),
        ("HTTP_PORT", "-1", "HTTP_PORT: write a number from 0 to 65535; 0 is any free port."),
        ("HTTP_PORT", "http", "HTTP_PORT: write a number from 0 to 65535; 0 is any free port."),
        ("TELEGRAM_PAID_BROADCAST", "perhaps", "TELEGRAM_PAID_BROADCAST: write true or false."),
        (
            "EXCHANGES",
            "okx," + "x" * 99,
            "EXCHANGES: entry 2 is no name: it is too long, or holds an invisible character.",
        ),
        ("DATA_DIR", "~nobody-here/x", "DATA_DIR: begins with the home of nobody here; write the whole path."),
        ("OWNER_IDS", "telegram:1,ann", "OWNER_IDS: entry 2 is no owner: write telegram:123 or discord:456."),
        ("LOG_LEVEL", "loud", "LOG_LEVEL: Input should be 'debug', 'info', 'warning' or 'error'."),
        ("LOG_FORMAT", "xml", "LOG_FORMAT: Input should be 'auto', 'text' or 'json'."),
    ],
)
def test_a_bad_value_is_refused_in_one_sentence(here: SettingsBench, name: str, text: str, sentence: str) -> None:
    assert here.refusal(**{name: text}) == sentence
    assert here.refusal(f"{name}='{text}'") == sentence


TOKENS = ("TELEGRAM_TOKEN", "DISCORD_TOKEN")
WEB_ADDRESSES = ("DEFILLAMA_URL", "TELEGRAM_API_URL", "DISCORD_API_URL", "HEARTBEAT_URL", "ESPLORA_URL", "ETH_RPC_URL")
ADDRESSES = (*WEB_ADDRESSES, "DISCORD_GATEWAY_URL")
QUOTED = "is in quotation marks, which would be taken for a part of it; write it without them."
UNSEEN = "holds a space, a line break or an invisible character; write it without, and a comment on its own line."


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("quoted", ["'{}'", '"{}"', " “{}” ", "'{}", '{}"'])
def test_what_still_has_its_quotation_marks_is_refused_whatever_it_is(
    here: SettingsBench, name: str, quoted: str
) -> None:
    text, _ = EXAMPLES[name]
    assert here.refusal(**{name: quoted.format(text)}) == f"{name}: {QUOTED}"


@pytest.mark.parametrize("name", [*TOKENS, *ADDRESSES, "REDIS_URL"])
def test_what_is_blank_or_holds_what_cannot_be_seen_is_refused(here: SettingsBench, name: str) -> None:
    text, _ = EXAMPLES[name]
    assert here.refusal(**{name: " \n "}) == f"{name}: is blank; write a value, or leave the setting out."
    for written in (f" {text}", f"{text} ", f"{text}\n", f"{text[:9]} {text[9:]}", f"\ufeff{text}", f"{text}\u200b"):
        assert here.refusal(**{name: written}) == f"{name}: {UNSEEN}"


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize("rest", ["", "/path", ":8080", "user@", "[::1", "host:many", "host:65536", "host:0", "?a=b"])
def test_an_address_that_names_no_host_is_refused(here: SettingsBench, name: str, rest: str) -> None:
    scheme = "wss" if name == "DISCORD_GATEWAY_URL" else "https"
    assert here.refusal(**{name: f"{scheme}://{rest}"}).startswith(
        f"{name}: names no host that can be asked; write it like {scheme}://host or "
    )


@pytest.mark.parametrize("name", WEB_ADDRESSES)
@pytest.mark.parametrize("address", ["http://h", "https://127.0.0.1:8081/a", "https://[::1]:80", "http://ann:pw@h.x"])
def test_an_address_may_have_a_port_a_path_and_a_login(here: SettingsBench, name: str, address: str) -> None:
    assert plain(here.load(**{name: address}), name) == address


def test_the_heartbeat_is_called_as_it_is_written(here: SettingsBench) -> None:
    address = "https://beats.example/1/"
    assert plain(here.load(HEARTBEAT_URL=address), "HEARTBEAT_URL") == address


OF_TELEGRAM, OF_DISCORD = "4242:never-shown_anywhere", "MTA4.never-shown.any_where"


@pytest.mark.parametrize(
    "address",
    [
        *(
            "redis://:p@ss@redis:6379/1",
            "redis://redis?socket_timeout=2.5",
            "rediss://bot:p%2Fss@redis/0?ssl_cert_reqs=none",
        ),
        *("redis://[::1]:6379", "unix:///run/redis@1.sock?db=2", "unix://bot:pw@/run/redis.sock"),
        *("redis+sentinel://bot:pw@a:26379,b:26379/watch", "rediss+sentinel://a/watch"),
    ],
)
def test_an_address_of_redis_may_have_all_this(here: SettingsBench, address: str) -> None:
    assert plain(here.load(REDIS_URL=address), "REDIS_URL") == address


IN_A_PASSWORD = (
    "REDIS_URL: holds a user or a password with signs that mean something else in an address; write / as %2F"  # noqa: S105 — a sentence
)


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("redis://:hun/ter2@redis", IN_A_PASSWORD),
        ("redis://:hun#ter2@redis", IN_A_PASSWORD),
        ("redis://:hun?ter2@redis", IN_A_PASSWORD),
        ("redis://:hun[ter2@redis", IN_A_PASSWORD),
        ("redis://ann/hun:ter2@redis", IN_A_PASSWORD),
        ("redis+sentinel://ann:hun/ter2@a:26379/watch", IN_A_PASSWORD),
        ("127.0.0.1:6379", "REDIS_URL: must begin with redis://, rediss://, unix://, "),
        ("http://redis", "REDIS_URL: must begin with redis://, rediss://, unix://, "),
        ("redis://", "REDIS_URL: names no host and port that can be asked; write it like redis://redis:6379/0."),
        ("redis://redis:port", "REDIS_URL: names no host and port that can be asked; "),
        ("redis://redis/first", "REDIS_URL: has a database that is no number; write it like redis://redis:6379/0."),
        ("redis://redis/0#hunter2", "REDIS_URL: holds a #, which means nothing here; "),
        ("unix://", "REDIS_URL: names no path of a socket; write it like unix:///run/redis/redis.sock."),
        ("redis://redis?foo=bar", "REDIS_URL: has an option “foo” that is not known; there are client_name, db, "),
        ("redis://redis?Hunter2", "REDIS_URL: has an option behind the ? that is not known; "),
        (
            "redis://redis?socket_timeout=long",
            "REDIS_URL: has the option socket_timeout with a value that is no number.",
        ),
        ("unix://:hun/ter2@/run/redis.sock", "REDIS_URL: names no path of a socket; write it like unix://"),
        ("redis://redis?db=many", "REDIS_URL: has the option db with a value that is no whole number."),
        ("redis://redis?ssl_cert_reqs=none", "REDIS_URL: has the option ssl_cert_reqs, which is for rediss:// only."),
        (
            "rediss://redis?ssl_ca_certs=/none",
            "REDIS_URL: has the option ssl_ca_certs, which names nothing that is there.",
        ),
        ("rediss://redis?ssl_cert_reqs=no", "REDIS_URL: has the option ssl_cert_reqs, which must be one of none, "),
    ],
)
def test_an_address_of_redis_that_cannot_be_meant_is_refused(here: SettingsBench, address: str, sentence: str) -> None:
    refusal = here.refusal(REDIS_URL=address)
    assert refusal.startswith(sentence)
    assert not {"hun", "ter2", "hunter2", "Hunter2"} & set(re.findall(r"\w+", refusal))


@pytest.mark.parametrize("text", ["binance,okx", "binance;okx", "binance; okx,", "Binance\nOKX"])
def test_names_may_be_between_commas_semicolons_and_lines(here: SettingsBench, text: str) -> None:
    assert here.load(EXCHANGES=text).exchanges == ("binance", "okx")


@pytest.mark.parametrize(
    "address",
    [
        "http://a.org/rss",
        "a.org/rss",
        "https://user:hunter2@a.org/rss",
        "file:///etc/passwd",
        "https:///rss",
        "https://[/",
    ],
)
def test_what_is_no_address_of_a_feed_is_refused(here: SettingsBench, address: str) -> None:
    assert here.refusal(NEWS_FEEDS=f"https://b.org/rss,{address}") == (
        "NEWS_FEEDS: entry 2 is no address of a feed: write https://host/path, without a user and a password."
    )


def test_feeds_can_be_switched_off(here: SettingsBench) -> None:
    assert here.load(NEWS_FEEDS="off").news_feeds == ()


def test_names_that_only_a_space_parts_are_refused(here: SettingsBench) -> None:
    assert here.refusal(EXCHANGES="kraken, binance okx") == (
        "EXCHANGES: has a space in “binance okx”; write commas between names, and one of several words with hyphens: "
        "binance,okx,arkham-exchange."
    )


def test_tokens_that_changed_places_are_refused(here: SettingsBench) -> None:
    assert here.refusal(TELEGRAM_TOKEN=OF_DISCORD, DISCORD_TOKEN=OF_TELEGRAM).splitlines() == [
        "TELEGRAM_TOKEN: is a Discord token; put it into DISCORD_TOKEN, and here the one from @BotFather.",
        (
            "DISCORD_TOKEN: is a Telegram token; put it into TELEGRAM_TOKEN, "
            "and here the one from the Discord Developer Portal."
        ),
    ]
    assert plain(here.load(TELEGRAM_TOKEN=OF_TELEGRAM, DISCORD_TOKEN=OF_DISCORD), "TELEGRAM_TOKEN") == OF_TELEGRAM


@pytest.mark.parametrize("token", ["hunter2", "bot4242:hunter2", "4242:hunter2;", "4242:", "ху:hunter2", "<hunter2>"])
def test_what_is_no_token_at_all_is_refused_and_not_repeated(here: SettingsBench, token: str) -> None:
    refusal = here.refusal(TELEGRAM_TOKEN=token, DISCORD_TOKEN=token.replace(":", "."))
    telegram, discord = refusal.splitlines()
    assert telegram.startswith("TELEGRAM_TOKEN: is no token; copy the whole of it from @BotFather, ")
    assert discord.startswith("DISCORD_TOKEN: is no token; copy the whole of it from the Discord Developer Portal, ")
    assert "hunter2" not in refusal


@pytest.mark.parametrize(
    "host", ["a b", "ho st", "-a", "a..b", "$(id)", "host;", "x" * 64, ".".join(["x" * 60] * 5), "😀"]
)
def test_what_is_the_name_of_no_host_is_refused(here: SettingsBench, host: str) -> None:
    assert here.refusal(HTTP_HOST=host).startswith("HTTP_HOST: is no address of this machine: write 127.0.0.1, ")
    if " " not in host:
        assert here.refusal(DEFILLAMA_URL=f"https://{host}").startswith(
            "DEFILLAMA_URL: names no host that can be asked"
        )
        assert here.refusal(REDIS_URL=f"redis://{host}").startswith(
            "REDIS_URL: names no host and port that can be asked"
        )


@pytest.mark.parametrize("host", ["localhost", "redis_1", "bücher.example", "host.", "10.0.0.1", "[::1]", "a" * 63])
def test_the_name_of_a_host_may_be(here: SettingsBench, host: str) -> None:
    assert here.load(HTTP_HOST=host).http_host == host.strip("[]")
    assert here.load(DEFILLAMA_URL=f"https://{host}:1").defillama_url == f"https://{host}:1"


@pytest.mark.parametrize("name", ["HTTP_PORT", "LOG_LEVEL", "LOG_FORMAT", "TELEGRAM_PAID_BROADCAST", "POLL_INTERVAL"])
def test_the_line_end_of_windows_does_no_harm_to_a_word(here: SettingsBench, name: str) -> None:
    text, value = EXAMPLES[name]
    assert plain(here.load(**{name: f"{text}\r"}), name) == value


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_file_from_windows_is_read_as_any_other(here: SettingsBench, name: str) -> None:
    text, value = EXAMPLES[name]
    assert plain(here.load(f"\ufeff{name}={text} # what it is for\r\nCOMPOSE=1\r\n"), name) == value


@pytest.mark.parametrize("path", ["/data\r", "/da\x1bta", "x" * 5000])
def test_a_directory_that_can_have_no_such_name_is_refused(here: SettingsBench, path: str) -> None:
    assert here.refusal(DATA_DIR=path).startswith(
        "DATA_DIR: is no path: it is too long, or holds an invisible character"
    )


@pytest.mark.parametrize(
    "line",
    ["TELEGRAM_TOKEN: 4242:hunter2", "LOG_LEVEL='debug\nHTTP_PORT=1", 'LOG_LEVEL="debug', "= debug", "LOG LEVEL=debug"],
)
def test_a_line_that_cannot_be_read_is_named_and_not_left_out(here: SettingsBench, line: str) -> None:
    refusal = here.refusal(f"# mine\nHTTP_HOST=localhost\n{line}\n")
    assert refusal == ".env, line 3: cannot be read; write NAME=value, and no quotation mark alone."


def test_a_directory_in_place_of_the_file_is_named(here: SettingsBench) -> None:
    Path(".env").mkdir()
    with pytest.raises(ConfigurationError, match=r"\.env is a directory; it has to be a file"):
        load({})


def test_a_file_that_is_far_too_long_is_no_secret(here: SettingsBench) -> None:
    refusal = here.refusal(TELEGRAM_TOKEN_FILE="/dev/zero")  # noqa: S106 — no password
    assert refusal == "TELEGRAM_TOKEN_FILE names /dev/zero, which cannot be read: ValueError."


def test_a_name_that_is_nearly_one_of_a_setting_is_named(here: SettingsBench) -> None:
    here.load("TELEGRAM_TOKN=x\nPOL_INTERVAL=1h\nDISCORD_TOKEN_FIL=x\nCOMPOSE_PROJECT_NAME=x\nlog_level=debug\n")
    assert list(misspelt()) == [
        ".env sets TELEGRAM_TOKN, which is no setting; is TELEGRAM_TOKEN meant?",
        ".env sets POL_INTERVAL, which is no setting; is POLL_INTERVAL meant?",
        ".env sets DISCORD_TOKEN_FIL, which is no setting; is DISCORD_TOKEN_FILE meant?",
    ]


def test_certificates_that_are_named_where_nobody_reads_them_are_said(
    here: SettingsBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.load("SSL_CERT_FILE=/etc/ssl/proxy.pem\n")
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    [said] = misspelt()
    assert said.startswith(".env sets SSL_CERT_FILE, which the libraries read from the environment only: start with ")
    monkeypatch.setenv("SSL_CERT_FILE", "/etc/ssl/proxy.pem")
    assert list(misspelt()) == []


def test_a_secret_file_that_cannot_be_right_is_named_as_the_file(here: SettingsBench) -> None:
    assert here.refusal(TELEGRAM_TOKEN_FILE=secret_file("\n")).startswith("TELEGRAM_TOKEN_FILE: is blank; ")
    refusal = here.refusal(TELEGRAM_TOKEN_FILE=secret_file(OF_DISCORD))
    assert refusal.startswith("TELEGRAM_TOKEN_FILE: is a Discord token; ")


def test_a_secret_file_whose_name_is_none_is_refused(here: SettingsBench) -> None:
    assert here.refusal("TELEGRAM_TOKEN_FILE=a\0b").endswith("which cannot be read: ValueError.")


@pytest.mark.parametrize("text", ["@traders", "telegram:@traders", "discord:here", "terminal:1", "-100123"])
def test_an_error_chat_that_is_none_is_refused(here: SettingsBench, text: str) -> None:
    assert here.refusal(ERROR_CHAT=text).startswith("ERROR_CHAT: is no chat: write telegram:-100123")


def test_every_problem_is_named_at_once(here: SettingsBench) -> None:
    interval, port = here.refusal(HTTP_PORT="many", POLL_INTERVAL="soon").splitlines()
    assert interval.startswith("POLL_INTERVAL: ")
    assert port.startswith("HTTP_PORT: ")


def test_a_refusal_shows_no_secret(here: SettingsBench) -> None:
    assert "hunter2" not in here.refusal("TELEGRAM_TOKEN=hunter2\nREDIS_URL=redis://:hunter2@r\nHTTP_PORT=many")


@pytest.mark.parametrize(
    "written", ["'hunter2'", "hunter2\n", "4242:hunter2", "hun.ter.hunter2", "https://:hunter2", "https://h:hunter2"]
)
def test_a_refused_secret_is_not_repeated(here: SettingsBench, written: str) -> None:
    refusal = here.refusal(**dict.fromkeys(SECRETS, written), HTTP_PORT="many")
    assert "hunter2" not in refusal
    assert len(refusal.splitlines()) > 1


def test_the_password_of_the_store_is_a_secret_by_itself(here: SettingsBench) -> None:
    masked = secrets(here.load("REDIS_URL=redis://bot:p%40ss@redis\nDISCORD_TOKEN=not.a.token"))
    assert sorted(masked) == ["not.a.token", "p%40ss", "p@ss", "redis://bot:p%40ss@redis"]


def test_a_mark_that_an_editor_writes_in_front_of_a_file_belongs_to_no_name(
    here: SettingsBench, tmp_path: Path
) -> None:
    path = tmp_path / "token"
    path.write_text("\ufeff42:of-the-file", encoding="utf-8")
    settings = here.load("\ufeffLOG_LEVEL=debug", TELEGRAM_TOKEN_FILE=str(path))

    assert settings.log_level == "debug"
    assert settings.telegram_token
    assert settings.telegram_token.get_secret_value() == "42:of-the-file"


def test_secrets_in_force_are_masked_and_intervals_read_as_written(here: SettingsBench) -> None:
    shown = dict(effective(here.load("TELEGRAM_TOKEN=4242:hunter2\nPOLL_INTERVAL=90s\nEXCHANGES=okx,kraken")))
    assert shown["TELEGRAM_TOKEN"] == "•••"  # noqa: S105 — the mask
    assert (shown["DISCORD_TOKEN"], shown["POLL_INTERVAL"], shown["DETAIL_INTERVAL"]) == ("", "90s", "1h")
    assert shown["EXCHANGES"] == "okx,kraken"


@pytest.mark.parametrize("name", ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"])
def test_what_all_programs_read_may_be_in_lower_case_which_then_counts(here: SettingsBench, name: str) -> None:
    text, value = EXAMPLES[name]
    assert plain(here.load(**{name: "elsewhere.example", name.lower(): text}), name) == value
    assert plain(here.load(f"{name.lower()}={text}"), name) == value


def test_the_proxies_are_handed_on_together(here: SettingsBench) -> None:
    proxies = here.load(**{name: EXAMPLES[name][0] for name in ("PROXY_URL", "HTTPS_PROXY", "NO_PROXY")}).proxies
    assert (proxies.preferred, proxies.https) == (EXAMPLES["PROXY_URL"][1], EXAMPLES["HTTPS_PROXY"][1])
    assert (proxies.http, proxies.every, proxies.exempt) == (None, None, EXAMPLES["NO_PROXY"][1])


@pytest.mark.parametrize("name", ["PROXY_URL", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"])
def test_a_proxy_that_is_none_is_refused(here: SettingsBench, name: str) -> None:
    assert here.refusal(**{name: "socks4://10.0.0.2"}).startswith(f"{name}: must begin with http://, https://, socks5")
    assert here.refusal(**{name: "http://ann:hun/ter2@10.0.0.2"}).startswith(f"{name}: holds a user or a password with")
    assert here.refusal(**{name: "proxy:lots"}).startswith(f"{name}: names no host that can be asked")


def test_the_password_of_a_proxy_is_a_secret_and_its_address_none(here: SettingsBench) -> None:
    settings = here.load(PROXY_URL="socks5://ann:p%40ss@10.0.0.2:1080", HTTPS_PROXY="http://bob:p@ss2@proxy:3128")
    assert {"p%40ss", "p@ss", "p@ss2"} == set(secrets(settings))
    shown = dict(effective(settings))
    assert shown["PROXY_URL"] == "socks5://•••@10.0.0.2:1080"
    assert shown["HTTPS_PROXY"] == "http://•••@proxy:3128"


def test_an_interface_that_is_off_has_no_address_and_is_shown_so(here: SettingsBench) -> None:
    settings = here.load(BINANCE_WEB_URL=" OFF ", GATE_URL="http://127.0.0.1:1/gate")
    assert settings.exchange_addresses["binance_web_url"] is None
    assert settings.exchange_addresses["gate_url"] == "http://127.0.0.1:1/gate"
    assert dict(effective(settings))["BINANCE_WEB_URL"] == "off"
    assert dict(effective(settings))["ERROR_CHAT"] == ""


def test_an_exchange_without_a_host_is_refused(here: SettingsBench) -> None:
    assert here.refusal(GATE_URL="gate") == "GATE_URL: must begin with http:// or https://."


def test_a_login_in_an_address_is_masked(here: SettingsBench) -> None:
    shown = dict(effective(here.load("TELEGRAM_API_URL=https://ann:never-shown@127.0.0.1:8081")))
    assert shown["TELEGRAM_API_URL"] == "https://•••@127.0.0.1:8081"


def test_the_example_in_the_repository_says_what_the_program_says() -> None:
    assert (ROOT / ".env.example").read_text(encoding="utf-8") == example()


def test_the_example_uncommented_sets_the_defaults(here: SettingsBench) -> None:
    lines = re.findall(r"^# ([A-Z_]+=.*)$", example(), re.MULTILINE)
    assert [line.partition("=")[0] for line in lines] == [name for name, _ in effective(here.load())]
    settings = here.load("\n".join(lines))
    assert {name: plain(settings, name) for name in DEFAULTS} == DEFAULTS
