"""Names: a class name exists once in the product, and no variable is called by a word that says nothing.

`for flow in flows`, not `for one in flows`: a reader should see what a variable holds without looking for its origin.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PRODUCT = ("bot", "handlers")
ALL_CODE = (*PRODUCT, "tests", "benchmarks")
EMPTY_WORDS = frozenset({"one", "some", "thing", "item"})


def test_a_class_name_exists_once() -> None:
    """Private classes count as well: `_Batch` and `Batch` in two modules are told apart by nobody."""
    homes: defaultdict[str, list[str]] = defaultdict(list)
    for path in python_files(PRODUCT):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ClassDef):
                homes[node.name.lstrip("_")].append(str(path.relative_to(ROOT)))

    assert {name: paths for name, paths in homes.items() if len(paths) > 1} == {}


@pytest.mark.parametrize("folder", ALL_CODE)
def test_no_variable_is_called_by_an_empty_word(folder: str) -> None:
    offenders = [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path in python_files((folder,))
        for name, line in bound_names(parsed(path))
        if name in EMPTY_WORDS
    ]

    assert not offenders, "\n".join(offenders)


@pytest.mark.parametrize(
    "source",
    [
        "one = 1",
        "one, other = 1, 2",
        "one: int = 1",
        "for one in (): pass",
        "[one for one in ()]",
        "with open('') as one: pass",
        "if one := 1: pass",
        "def function(one): pass",
        "def function(*, one): pass",
        "def function(*one): pass",
        "def function(**one): pass",
        "async def function(one): pass",
        "lambda one: 1",
        "import os as one",
        "from os import path as one",
        "try: pass\nexcept OSError as one: pass",
        "match 1:\n case one: pass",
        "match 1:\n case [*one]: pass",
        "match 1:\n case {**one}: pass",
    ],
)
def test_every_way_to_name_a_variable_is_found(source: str) -> None:
    assert "one" in {name for name, _ in bound_names(ast.parse(source))}


@pytest.mark.parametrize(
    "source", ["one", "thing.one = 1", "f(one=1)", "def pytest_runtest_makereport(one, call): pass"]
)
def test_what_names_no_variable_of_ours_is_left_alone(source: str) -> None:
    """A hook of pytest gets its arguments by their names, which pytest has chosen."""
    assert "one" not in {name for name, _ in bound_names(ast.parse(source))}


def python_files(folders: Sequence[str]) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def bound_names(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield the name and the line of every variable and parameter that the code names itself."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                yield name, node.lineno
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                yield from _parameters(node)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                yield from ((alias.asname, node.lineno) for alias in aliases if alias.asname)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name, node.lineno
            case ast.MatchMapping(rest=str(name)):
                yield name, node.lineno
            case _:
                pass


def _parameters(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Iterator[tuple[str, int]]:
    if isinstance(function, ast.FunctionDef) and function.name.startswith("pytest_"):
        return
    arguments = function.args
    named = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    for argument in (*named, arguments.vararg, arguments.kwarg):
        if argument:
            yield argument.arg, argument.lineno
