"""Every text that is looked up can be collected for the catalogues: it is written out where it is used.

`tr(f"…")` and `tr("a" if so else "b")` have no text to collect.
"""

import ast
from collections.abc import Iterator

from tests.language.catalogue_files import KEYWORDS, ROOT

_MAY_BE_MARKED = frozenset({"tr", "tr_line"})
"""Those that may be given a text that is `marked` elsewhere; `tr_as` is given one with its meaning: `*WORDS[state]`."""


def lost_texts(source: str) -> Iterator[int]:
    """Yield the lines of a source on which a text is looked up that cannot be collected."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS):
            continue
        name = node.func.id
        texts = node.args[: 1 if name in {*_MAY_BE_MARKED, "marked"} else 2]
        is_written_out = all(isinstance(text, ast.Constant) and isinstance(text.value, str) for text in texts)
        is_made_here = any(_is_made(text) for text in texts)
        if name == "tr_as" and len(texts) == 1 and isinstance(texts[0], ast.Starred):
            continue
        if not is_written_out and (is_made_here or name not in _MAY_BE_MARKED):
            yield node.lineno


def _is_made(text: ast.expr) -> bool:
    """Return whether a text is put together or chosen in the call itself, other than among marked ones."""
    if isinstance(text, ast.IfExp):
        return any(isinstance(choice, ast.Constant) or _is_made(choice) for choice in (text.body, text.orelse))
    is_marked = isinstance(text, ast.Call) and isinstance(text.func, ast.Name) and text.func.id == "marked"
    return isinstance(text, ast.JoinedStr | ast.BinOp | ast.Call) and not is_marked


def test_every_text_can_be_collected() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for folder in ("bot", "handlers")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path.name != "translation.py" and any(f"{name}(" in (source := path.read_text()) for name in KEYWORDS)
        for line in lost_texts(source)
    ]

    assert not found, "\n".join(found)


def test_what_cannot_be_collected_is_found() -> None:
    good = 'tr("a"); tr(TEXTS[key]); tr_line(text, a=f"{b}"); tr_as("x", "a"); tr(marked("a") if b else marked("c"))'
    good += '; marked_as("x", "a"); tr_as(*TEXTS[key])'
    for call in ('tr(f"{a}")', 'tr("a" + b)', "tr(b.lower())", 'tr("a" if b else "c")', 'tr_as("x", text)',
                 "marked(text)", 'marked_as("x", text)', "marked_as(*text)", 'tr_count("a", many, 2)',
                 'tr_line("a".join(b))'):  # fmt: skip
        assert list(lost_texts(f"{good}\n{call}")) == [2], call
