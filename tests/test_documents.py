"""Documents: each path, module and log event that they name exists, each link leads somewhere, and lines are short.

`bot/storage/keys.py` is a path, `bot/*/errors.py` and `bot/detection/<name>.py` are patterns that have to fit a file,
`bot.storage.store.open_store` is a module and a name in it.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")))
LONGEST_LINE = 120

_ROOMS = "bot|handlers|tests|benchmarks|docs|deploy"
_PATH = re.compile(rf"(?<![\w/.-])(?:{_ROOMS})/[\w./*<>-]*[\w/*]")
_DOTTED = re.compile(r"(?<![\w/.-])(?:bot|handlers|tests|benchmarks|docs)(?:\.[A-Za-z_]\w*)+(?![\w/-])")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_ADDRESS = re.compile(r"<?https?://\S+")
_LOG_EVENT = re.compile(r"\blog `([^`]+)`")
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_FILE_ENDINGS = frozenset({"md", "py", "lua", "svg", "png", "toml", "yml", "yaml", "json", "lock"})


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_that_a_document_names_exists(document: Path) -> None:
    missing = [path for path in named_paths(document.read_text(encoding="utf-8")) if not path_exists(path)]

    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_that_a_document_names_exists(document: Path) -> None:
    missing = [name for name in named_modules(document.read_text(encoding="utf-8")) if not module_exists(name)]

    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file(document: Path) -> None:
    targets = [target.partition("#")[0] for target in linked_targets(document.read_text(encoding="utf-8"))]
    broken = [target for target in targets if target and not (document.parent / target).exists()]

    assert not broken


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_line_of_prose_is_too_long(document: Path) -> None:
    """Tables, code and the addresses of links may be longer: they cannot be wrapped."""
    too_long = [line for line in prose_lines(document.read_text(encoding="utf-8")) if len(line) > LONGEST_LINE]

    assert not too_long


def test_every_log_event_that_an_operator_is_told_of_exists() -> None:
    """`log `lease lost`` in a table is what somebody searches a log for: it has to be what the code writes."""
    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    code = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "bot").rglob("*.py")))
    events = [event.removesuffix(" …") for event in _LOG_EVENT.findall(page)]

    assert len(events) > 10
    assert [event for event in events if f'"{event}' not in code] == []


def test_what_does_not_exist_is_noticed() -> None:
    text = "`bot/nowhere.py`, `bot/*/nowhere.py`, `bot.storage.nowhere` and [a page](nowhere.md#top)"

    assert [path for path in named_paths(text) if not path_exists(path)] == ["bot/nowhere.py", "bot/*/nowhere.py"]
    assert [name for name in named_modules(text) if not module_exists(name)] == ["bot.storage.nowhere"]
    assert list(linked_targets(text)) == ["nowhere.md#top"]


def test_what_exists_is_found() -> None:
    assert path_exists("bot/storage/")
    assert path_exists("bot/detection/<name>.py")
    assert module_exists("bot.storage")
    assert module_exists("bot.storage.store.open_store")
    assert not module_exists("bot.storage.store.open_stores")


def test_a_long_line_is_noticed_unless_it_is_a_table_code_or_an_address() -> None:
    long = "word " * 30
    address = f"https://example.com/{'x' * LONGEST_LINE}"
    text = f"{long}\n| {long} |\n```\n{long}\n```\n[here]({address})\n<{address}>\n"

    assert [line.strip() for line in prose_lines(text) if len(line) > LONGEST_LINE] == [long.strip()]


def named_paths(text: str) -> Iterator[str]:
    """Yield every path of ours that a text names; addresses of the web hold others."""
    yield from _PATH.findall(_ADDRESS.sub("", text))


def named_modules(text: str) -> Iterator[str]:
    """Yield every dotted name below one of our packages; `bot.py` would be a file, not a module."""
    for name in _DOTTED.findall(_ADDRESS.sub("", text)):
        if name.rpartition(".")[2] not in _FILE_ENDINGS:
            yield name


def linked_targets(text: str) -> Iterator[str]:
    yield from (target for target in _LINK.findall(_FENCED.sub("", text)) if "://" not in target)


def path_exists(path: str) -> bool:
    """Return whether a path exists, or anything fits it where it holds `*` or `<…>`."""
    return any(ROOT.glob(re.sub(r"<[^>]*>", "*", path).rstrip("/")))


def module_exists(name: str) -> bool:
    """Return whether a dotted name is a module or a package, or is defined in one."""
    parts = name.split(".")
    if _source_of(parts):
        return True
    source = _source_of(parts[:-1])
    return source is not None and parts[-1] in _defined_in(source)


def prose_lines(text: str) -> Iterator[str]:
    """Yield the lines without code blocks, tables and comments, each without the addresses of its links."""
    for line in _FENCED.sub("", text).splitlines():
        if not line.lstrip().startswith(("|", "<!--")):
            yield _ADDRESS.sub("", re.sub(r"\]\([^)]*\)", "]", line))


def _source_of(parts: list[str]) -> Path | None:
    """Return the file of a module or a package, the folder of one without `__init__.py`, or None."""
    place = ROOT.joinpath(*parts)
    candidates = (place.with_suffix(".py"), place / "__init__.py", place)
    return next((path for path in candidates if path.exists()), None)


def _defined_in(source: Path) -> set[str]:
    """Return the functions, classes and constants of a module."""
    if source.is_dir():
        return set()
    body = ast.parse(source.read_text(encoding="utf-8")).body
    named = {node.name for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)}
    targets = [target for node in body if isinstance(node, ast.Assign) for target in node.targets]
    return named | {target.id for target in targets if isinstance(target, ast.Name)}
