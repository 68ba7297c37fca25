"""Keys of exchanges: complete or refused, secret wherever they may show, and also as files."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.config.exchange_key_settings import KEY_SETTINGS
from bot.config.settings import Settings, effective, load, secrets
from bot.domain.errors import ConfigurationError
from bot.domain.exchange_key import ExchangeKey

OKX = {"OKX_API_KEY": "37c541a1-loopback", "OKX_API_SECRET": "never-shown-1", "OKX_API_PASSPHRASE": "never-shown-2"}
BYBIT = {"BYBIT_API_KEY": "never-shown-3", "BYBIT_API_SECRET": "never-shown-4"}
EXCHANGES = ("binance", "bingx", "bybit", "cryptocom", "mexc", "okx")


@pytest.fixture(autouse=True)
def _empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in KEY_SETTINGS:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)


def loaded(patch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        patch.setenv(name, value)
    return load(variables)


def refusal(patch: pytest.MonkeyPatch, **variables: str) -> str:
    with pytest.raises(ConfigurationError) as refused:
        loaded(patch, **variables)
    return str(refused.value)


def test_without_settings_there_are_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    assert loaded(monkeypatch).exchange_keys == {}


def test_a_key_is_known_by_what_its_settings_begin_with(monkeypatch: pytest.MonkeyPatch) -> None:
    assert loaded(monkeypatch, **OKX, **BYBIT).exchange_keys == {
        "okx": ExchangeKey("37c541a1-loopback", "never-shown-1", "never-shown-2"),
        "bybit": ExchangeKey("never-shown-3", "never-shown-4"),
    }


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_every_exchange_has_settings_for_its_key(exchange: str, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [name for name in KEY_SETTINGS if name.startswith(f"{exchange.upper()}_")]

    assert list(loaded(monkeypatch, **dict.fromkeys(names, "part")).exchange_keys) == [exchange]
    assert len(names) == (3 if exchange == "okx" else 2)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"BYBIT_API_KEY": "k"}, "BYBIT_API_KEY is set without BYBIT_API_SECRET; set all of them, or none."),
        ({"BYBIT_API_SECRET": "s"}, "BYBIT_API_SECRET is set without BYBIT_API_KEY; set all of them, or none."),
        (
            {"OKX_API_KEY": "k"},
            "OKX_API_KEY is set without OKX_API_SECRET and OKX_API_PASSPHRASE; set all of them, or none.",
        ),
        (
            {"OKX_API_KEY": "k", "OKX_API_SECRET": "s"},
            "OKX_API_KEY and OKX_API_SECRET are set without OKX_API_PASSPHRASE; set all of them, or none.",
        ),
    ],
)
def test_a_part_alone_is_refused(given: dict[str, str], sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(monkeypatch, **given) == sentence


def test_every_incomplete_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(refusal(monkeypatch, MEXC_API_KEY="k", BINGX_API_SECRET="s").splitlines()) == 2  # noqa: S106


@pytest.mark.parametrize("name", KEY_SETTINGS)
def test_a_part_may_be_a_file(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exchange = name.partition("_")[0]
    path = tmp_path / "part"
    path.write_text("from-a-file\n", encoding="utf-8")
    others = {other: "part" for other in KEY_SETTINGS if other.startswith(f"{exchange}_") and other != name}

    part = getattr(loaded(monkeypatch, **others, **{f"{name}_FILE": str(path)}), name.lower())

    assert isinstance(part, SecretStr)
    assert part.get_secret_value() == "from-a-file"


@pytest.mark.parametrize("name", KEY_SETTINGS)
def test_a_part_in_the_place_of_its_file_is_not_shown(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    written = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"

    assert refusal(monkeypatch, **{f"{name}_FILE": written}) == (
        f"{name}_FILE holds what looks like the secret itself, and no path of a file; put it into {name}."
    )


@pytest.mark.parametrize("written", ["a key", "'quoted'", " ", "a\tb"])
def test_a_part_that_was_copied_badly_is_refused(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sentence = refusal(monkeypatch, BYBIT_API_KEY="k", BYBIT_API_SECRET=written)

    assert sentence.startswith("BYBIT_API_SECRET: ")
    assert written.strip() == "" or written not in sentence


def test_no_part_shows_where_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = loaded(monkeypatch, **OKX, **BYBIT)
    shown = f"{dict(effective(settings))} {settings!r} {settings.exchange_keys!r}"

    assert "never-shown" not in shown
    assert {*OKX.values(), *BYBIT.values()} <= set(secrets(settings))
