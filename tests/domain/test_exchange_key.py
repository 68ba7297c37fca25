from bot.domain.exchange_key import ExchangeKey

KEY = ExchangeKey("the-key", "the-secret", "the-passphrase")


def test_no_part_of_a_key_shows_where_it_is_printed() -> None:
    shown = f"{KEY} {KEY!r} {[KEY]}"

    assert not any(part in shown for part in ("the-key", "the-secret", "the-passphrase"))


def test_a_key_that_an_exchange_repeats_is_masked() -> None:
    assert KEY.masked_in("Invalid key the-key, the-secret or the-passphrase") == "Invalid key •••, ••• or •••"


def test_a_key_without_a_passphrase_masks_nothing_else() -> None:
    assert ExchangeKey("the-key", "the-secret").masked_in("a key") == "a key"
