"""Every detail that detection stores is shown as it is in English, and without a word of English elsewhere."""

import pytest

from bot.domain.errors import SourceFault
from bot.domain.suppression import Suppression
from bot.language.translation import written_in
from bot.messages.cards.hold_details import hold_detail, missing_share
from bot.messages.model import Message
from tests.builders import CHAIN_MISSING, NOON, STALE
from tests.language.pseudo import PSEUDO, leftover_words, pseudo_language

STORED = (
    CHAIN_MISSING.detail,
    STALE.detail,
    "BTC, −5.0 % of reserves in one step",
    "BTC, +5.0 % of reserves in one step, away again after 1 return",
    "Tron, ETH, −5.0 % of reserves in one step, away again after 3 returns",
    "ours −$2,500 M, theirs +$250 M",
    "the exchange says nothing about it now",
    str(Suppression("binance", NOON, "ann")),
    str(Suppression("binance", NOON, "ann", "Кошельки\nпереезжают.")),
    *SourceFault,
)


@pytest.mark.parametrize("detail", STORED)
def test_a_detail_is_told_in_the_language_in_force(detail: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert hold_detail(detail) == detail
    pseudo_language(monkeypatch)
    with written_in(PSEUDO):
        assert leftover_words(Message(hold_detail(detail)), {"Tron"}) == []


def test_a_detail_of_an_older_version_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    pseudo_language(monkeypatch)
    with written_in(PSEUDO):
        assert hold_detail("a fork of the chain") == "a fork of the chain"


def test_a_detail_that_was_stored_in_other_words_is_told_in_those_of_today() -> None:
    assert hold_detail("not told any more") == "the exchange says nothing about it now"


def test_how_much_is_missing_is_read_from_what_is_stored() -> None:
    assert missing_share(CHAIN_MISSING.detail) == pytest.approx(0.14)
    assert missing_share("Tron") is None
