"""Collects the texts of the code for the catalogues, and writes what gettext reads: `python -m tests.language`.

A catalogue is `bot/language/catalogues/<code>.po`, which people edit, and the `.mo` made of it, which the bot reads.
Collected is what stands in the calls named in `KEYWORDS`, and from the commands their descriptions, their arguments'
and the questions. An English text that is gone leaves the catalogues, a new one enters them with no translation yet.
"""

import ast
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from typing_extensions import override

from bot.language.languages import ENGLISH, LANGUAGES
from handlers import COMMANDS

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "bot" / "language" / "catalogues"
KEYWORDS = {"tr": 1, "tr_line": 1, "marked": 1, "tr_count": 2, "tr_count_line": 2, "tr_as": 2, "marked_as": 2}
"""The calls whose first arguments are texts, and how many of them are."""
WITH_A_MEANING = frozenset({"tr_as", "marked_as"})
"""Those whose first text is the meaning of the second."""
Text = tuple[str | tuple[str, str], str | None, str]
"""A text or its two forms, its meaning where its words do not say it, and the comment for translators."""
_FOR_TRANSLATORS = "Translators:"
_IN_A_DESCRIPTION = "At most 100 characters, no full stop: Discord's limit."
# Headers that change with every run; version control has dates and authors.
_UNSTEADY = tuple(
    f'"{name}:'
    for name in (
        "Project-Id-Version",
        "Report-Msgid-Bugs-To",
        "POT-Creation-Date",
        "PO-Revision-Date",
        "Last-Translator",
        "Language-Team",
        "Generated-By",
    )
)
_HEADER = """\
# Texts of Runwatch in {name}.
# {review}
# `make catalogues` takes new texts in and makes the .mo file; docs/adding-a-language.md says how to translate them."""
_REVIEWED = "Read whole by somebody whose first language it is."
_NOT_REVIEWED = "Not reviewed yet by anybody whose first language it is."


def template() -> Catalog:
    """Return every text of the code and of the commands, with the files that they are in."""
    collected = Catalog()
    for folder in ("bot", "handlers"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for text, meaning, comment in texts_of(path.read_text()):
                collected.add(
                    text,
                    locations=[(str(path.relative_to(ROOT)), 0)],
                    auto_comments=[comment] if comment else [],
                    context=meaning,
                    flags=_flags(text),
                )
    for text, comment in _declared_texts():
        collected.add(text, locations=[("handlers", 0)], auto_comments=[comment] if comment else [])
    return collected


def texts_of(code: str) -> Iterator[Text]:
    """Yield the texts of a module with their meanings and translators' comments, as the calls have them.

    Babel's own extraction leaves out calls within f-strings and within other calls, so the syntax tree is read.
    """
    lines = code.splitlines()
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in KEYWORDS:
            continue
        words = [_literal(argument) for argument in node.args[: KEYWORDS[node.func.id]]]
        if any(word is None for word in words):
            continue  # a name of a text that is marked elsewhere
        comment = _comment_above(lines, node.lineno) or _comment_above(lines, node.args[0].lineno)
        literals = [word for word in words if word is not None]
        if node.func.id in WITH_A_MEANING:
            yield literals[1], literals[0], comment
        elif len(literals) > 1:
            yield (literals[0], literals[1]), None, comment
        else:
            yield literals[0], None, comment


def _literal(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _comment_above(lines: Sequence[str], number: int) -> str:
    """Return the translators' comment that ends on the line above a call, "" for none."""
    comment: list[str] = []
    for above in reversed(lines[: number - 1]):
        stripped = above.strip()
        if not stripped.startswith("#"):
            return ""
        comment.insert(0, stripped.removeprefix("#").strip())
        if comment[0].startswith(_FOR_TRANSLATORS):
            return " ".join(comment).removeprefix(_FOR_TRANSLATORS).strip()
    return ""


def catalogue(code: str) -> Catalog:
    """Return a language's catalogue as its file has it; one that has none yet is empty."""
    path = FOLDER / f"{code}.po"
    if not path.exists():
        return Catalog(locale=code.replace("-", "_"))
    with path.open("rb") as file:
        return read_po(file, locale=code.replace("-", "_"))


def updated(code: str, texts: Catalog) -> Catalog:
    """Return a language's catalogue with exactly the texts given, and the translations that it had of them."""
    known, fresh = catalogue(code), Catalog(locale=code.replace("-", "_"), charset="utf-8", fuzzy=False)
    language = LANGUAGES[code]
    fresh.header_comment = _HEADER.format(name=language.name, review=_REVIEWED if language.reviewed else _NOT_REVIEWED)
    for message in sorted(_messages(texts), key=_place):
        before = known.get(message.id, message.context)
        fresh.add(
            message.id,
            before.string if before else None,
            locations=message.locations,
            auto_comments=message.auto_comments,
            user_comments=before.user_comments if before else (),
            context=message.context,
            flags=message.flags,
        )
    return fresh


def po_bytes(texts: Catalog) -> bytes:
    """Return a catalogue as the file that people edit."""
    file = BytesIO()
    write_po(file, texts, width=120, include_lineno=False, omit_header=False)
    lines = file.getvalue().decode().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(_UNSTEADY)).encode()


def mo_bytes(texts: Catalog) -> bytes:
    """Return a catalogue as the file that gettext reads; the same bytes whenever it is made."""
    steady = _SteadyCatalog(locale=texts.locale, charset="utf-8")
    for message in _messages(texts):
        steady.add(message.id, message.string, context=message.context)
    file = BytesIO()
    write_mo(file, steady)
    return file.getvalue()


def update_all() -> Iterator[str]:
    """Rewrite the files of every language; yield a line about each."""
    texts = template()
    FOLDER.mkdir(exist_ok=True)
    for code in LANGUAGES:
        if code == ENGLISH:
            continue
        fresh = updated(code, texts)
        written = po_bytes(fresh)
        (FOLDER / f"{code}.po").write_bytes(written)
        # Read back: what is compiled is exactly what the file says.
        (FOLDER / f"{code}.mo").write_bytes(mo_bytes(catalogue(code)))
        yield f"{code}: {len(_messages(fresh))} texts, {len(untranslated(fresh))} not translated"


def untranslated(texts: Catalog) -> list[Message]:
    """Return the texts of a catalogue that have no translation, or lack one of their forms."""
    return [
        message
        for message in _messages(texts)
        if not (all(message.string) if isinstance(message.string, tuple) else message.string)
    ]


class _SteadyCatalog(Catalog):
    """Says neither when nor with what it was made: its header has the encoding, and how counts are told."""

    @override
    def __iter__(self) -> Iterator[Message]:
        header, *texts = super().__iter__()
        lines = str(header.string).splitlines(keepends=True)
        yield Message("", "".join(line for line in lines if not f'"{line}'.startswith(_UNSTEADY)))
        yield from texts


def _messages(texts: Catalog) -> list[Message]:
    """Return the texts of a catalogue; its first entry is the header."""
    return [message for message in texts if message.id]


def _place(message: Message) -> tuple[str, str]:
    return message.locations[0][0], message.id if isinstance(message.id, str) else message.id[0]


def _flags(text: str | tuple[str, ...]) -> list[str]:
    forms = text if isinstance(text, tuple) else (text,)
    return ["python-brace-format"] if any("{" in form for form in forms) else []


def _declared_texts() -> Iterator[tuple[str, str]]:
    """Yield what the commands say of themselves, and what a translator should know of it."""
    for command in COMMANDS:
        yield command.description, _IN_A_DESCRIPTION
        for parameter in command.parameters:
            yield parameter.description, _IN_A_DESCRIPTION
            if parameter.ask:
                yield parameter.ask, ""
