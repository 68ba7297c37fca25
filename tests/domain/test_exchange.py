import pytest

from bot.domain.exchange import exchange_id


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("Binance-CEX", "binance"),
        ("binance", "binance"),
        ("NEXO", "nexo"),
        ("Crypto.com", "crypto.com"),
        ("  Backpack  Exchange ", "backpack-exchange"),
        ("O'Kay", "okay"),
        ("cex", "cex"),
        ("A/B", "a-b"),
        ("{New}: Best-CEX", "new-best"),
        ("Cex.io_2 (EU) & Co", "cex.io_2-(eu)-&-co"),
        ("*/*", ""),
    ],
)
def test_an_exchange_is_named_after_its_slug_or_its_name(name: str, id_: str) -> None:
    assert exchange_id(name) == id_
