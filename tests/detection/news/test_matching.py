import pytest

from bot.detection.news.alias_table import ALIASES
from bot.detection.news.matching import exchanges_named

_NAMES = {id_: id_.title() for id_ in ALIASES} | {"bitkub": "Bitkub", "gate-us": "Gate US"}


@pytest.mark.parametrize(
    ("title", "summary", "about"),
    [
        ("Kraken halts withdrawals of one coin", "", ("kraken",)),
        ("Kraken pauses one network", "The exchange said so on Tuesday.", ("kraken",)),
        ("Kraken pauses one network", "", ()),
        ("Seattle Kraken lose in overtime", "A deposit on tickets is not returned.", ()),
        ("NHL: Kraken sign a trading card deal", "", ()),
        ("Gate.io users report slow payouts", "", ("gate",)),
        ("Gate halts withdrawals", "", ("gate",)),
        ("Protesters block the Golden Gate exchange ramp", "", ()),
        ("Bank opens the gate for crypto on its exchange", "", ()),
        ("Gemini adds image tools for developers", "Google's Gemini model, not the exchange.", ()),
        ("Gemini files for IPO, SEC says", "", ("gemini",)),
        ("Gemini is second to none", "", ()),
        ("Gemini: Google pays the SEC", "", ()),
        ("Winklevoss twins sell a house", "", ("gemini",)),
        ("Regulators fine Bullish ahead of NYSE listing", "", ("bullish",)),
        ("Bullish traders wait for the NYSE to open", "", ()),
        ("Why Analysts Turned Very Bullish Before NYSE Opened", "", ()),
        ("Bitcoin turns bullish as NYSE opens", "", ()),
        ("Backpack Exchange opens in Europe", "", ("backpack",)),
        ("Best travel backpack of the year, says Solana founder", "", ()),
        ("HTX and Huobi wallets drained", "", ("htx",)),
        ("HTX concert moved to Houston", "", ()),
        ("Binance.US resumes dollar deposits", "", ("binance-us",)),
        ("BINANCE outflows reach $1.1B", "", ("binance",)),
        ("Binance & Bybit: reserves fine", "", ("binance", "bybit")),
        ("Coinbase premium turns negative", "", ()),
        ("BitGo is no Bitget", "", ("bitget",)),
        ("Bitkub halts withdrawals", "", ("bitkub",)),
        ("Bitkub opens an office", "", ()),
        ("", "Binance", ()),
    ],
)
def test_a_headline_is_about_the_exchanges_that_it_means(title: str, summary: str, about: tuple[str, ...]) -> None:
    assert exchanges_named(title, summary, _NAMES) == about


def test_only_exchanges_that_are_known_are_named() -> None:
    assert exchanges_named("Binance and OKX", "", {"okx": "OKX"}) == ("okx",)


@pytest.mark.parametrize("exchange", sorted(ALIASES))
def test_every_alias_finds_its_exchange(exchange: str) -> None:
    aliases = ALIASES[exchange]
    for name in aliases.names:
        assert exchange in exchanges_named(f"News of {name} today", "", _NAMES)
    for name in aliases.ambiguous:
        for word in aliases.context:
            assert exchange in exchanges_named(f"news of {name} and what its {word} is today", "", _NAMES), word
