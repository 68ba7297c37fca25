from hashlib import sha256

import pytest

from bot.domain.place import Platform
from bot.storage.pseudonyms import Pseudonyms

TOKENS = {Platform.TELEGRAM: "4242:telegram-token", Platform.DISCORD: "discord-token"}


def test_a_person_has_the_same_hash_in_every_worker_with_the_token() -> None:
    assert Pseudonyms(TOKENS).person(Platform.TELEGRAM, "7") == Pseudonyms(TOKENS).person(Platform.TELEGRAM, "7")
    assert len(Pseudonyms(TOKENS).person(Platform.TELEGRAM, "7")) == 32


def test_another_platform_person_kind_or_token_is_another_hash() -> None:
    pseudonyms = Pseudonyms(TOKENS)
    hashes = {
        pseudonyms.person(Platform.TELEGRAM, "7"),
        pseudonyms.person(Platform.TELEGRAM, "8"),
        pseudonyms.person(Platform.DISCORD, "7"),
        pseudonyms.community(Platform.TELEGRAM, "7"),
        Pseudonyms({**TOKENS, Platform.TELEGRAM: "another"}).person(Platform.TELEGRAM, "7"),
    }
    assert len(hashes) == 5


@pytest.mark.parametrize("text", ["7", "person:telegram:7", "4242:telegram-token7"])
def test_whoever_lacks_the_token_cannot_try_the_ids(text: str) -> None:
    assert not sha256(text.encode()).hexdigest().startswith(Pseudonyms(TOKENS).person(Platform.TELEGRAM, "7"))


def test_the_terminal_uses_the_token_of_another_platform() -> None:
    first, second = Pseudonyms(TOKENS), Pseudonyms(TOKENS)
    assert first.person(Platform.TERMINAL, "terminal") == second.person(Platform.TERMINAL, "terminal")


def test_without_a_token_a_hash_lasts_as_long_as_the_process() -> None:
    alone = Pseudonyms({})
    assert alone.person(Platform.TERMINAL, "terminal") == alone.person(Platform.TERMINAL, "terminal")
    assert alone.person(Platform.TERMINAL, "terminal") != Pseudonyms({}).person(Platform.TERMINAL, "terminal")
