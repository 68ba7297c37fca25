"""Names, clauses and sentences are listed with the commas and gaps of the language in force."""

import pytest

from bot.language.name_lists import alternatives, apart, clauses, enumerated, labelled, sentences, with_note
from bot.language.translation import written_in


@pytest.mark.parametrize(
    ("names", "text"),
    [((), ""), (("gate",), "gate"), (("gate", "okx"), "gate or okx"), (("gate", "okx", "htx"), "gate or okx or htx")],
)
def test_names_to_choose_from(names: tuple[str, ...], text: str) -> None:
    assert alternatives(names) == text


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ("en", ["BTC, ETH", "a, b", "a; b", "A. B.", "a: b", "a (b)", "a"]),
        ("zh-CN", ["BTC、ETH", "a，b", "a；b", "A.B.", "a：b", "a（b）", "a"]),
    ],
)
def test_what_stands_between_names_clauses_and_sentences(code: str, texts: list[str]) -> None:
    with written_in(code):
        shown = [enumerated(["BTC", "ETH"]), clauses(["a", None, "b"]), apart(["a", "", "b"]), sentences("A.", "B.")]
        shown += [labelled("a", "b"), with_note("a", "b"), with_note("a", "")]

    assert shown == texts
