"""Parts that detection names in English are named in the language in force."""

import pytest

from bot.domain.signal import Note, NoteReason
from bot.language.translation import written_in
from bot.messages.cards.common import note_sentence
from bot.messages.cards.part_names import part_names
from tests.fakes.marking_language import mark_texts
from tests.messages.cards.plain import plain


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ("Tron", "Tron"),
        ("ETH on Base", "es‹ETH on Base›"),
        ("everything", "es‹everything›"),
        ("ETH on Base, Tron and 4 more", "es‹es‹ETH on Base›, Tron and 4 more›"),
    ],
)
def test_parts_are_named_in_the_language_in_force(names: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mark_texts(monkeypatch)
    with written_in("es"):
        assert part_names(names) == shown


@pytest.mark.parametrize(
    ("note", "subject"),
    [
        (Note(NoteReason.GAP, "24h, 7d"), "es‹24 h›, es‹7 d›"),
        (Note(NoteReason.GAP, "an older form"), "an older form"),
        (Note(NoteReason.REVISED, "9 days, 2022-12-03 to 2022-12-11"), "es‹9 days, 2022-12-03 to 2022-12-11›"),
        (Note(NoteReason.REVISED, "2022-12-03"), "2022-12-03"),
        (Note(NoteReason.UNPRICED, "ETH on Base", 1e6), "es‹ETH on Base›"),
    ],
)
def test_what_a_note_is_about_has_no_english(note: Note, subject: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mark_texts(monkeypatch)
    with written_in("es"):
        assert subject in plain(note_sentence(note))
