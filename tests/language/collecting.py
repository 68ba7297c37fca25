"""Reads the texts of a module from its syntax tree, for Babel, whose own reader sees nothing within an f-string.

Example: of `f"{tr('Peak')}: {share}"` it collects “Peak” in every version of Python.
"""

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import IO

Collected = tuple[int, str, tuple[str | None, ...], list[str]]
"""The line, the name that is called, its arguments that are literal texts, and the comments for translators."""


def collect(
    file: IO[bytes], keywords: Collection[str], comment_tags: Collection[str], options: Mapping[str, object]
) -> Iterator[Collected]:
    """Yield the calls of a module that have one of the names in `keywords`."""
    del options
    source = file.read().decode()
    lines = source.splitlines()
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and (name := called(call)) in keywords and call.args:
            texts = tuple(_literal(argument) for argument in call.args)
            yield call.lineno, name, texts, _comments_above(lines, call.lineno, tuple(comment_tags))


def called(call: ast.Call) -> str:
    """Return the last name of what is called: `bold` for `model.bold(…)`."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _literal(argument: ast.expr) -> str | None:
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None


def _comments_above(lines: Sequence[str], number: int, tags: tuple[str, ...]) -> list[str]:
    """Return the comment right above a line, from the tag on that says whom it is for."""
    first = number - 1
    while first and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    comments = [comment.strip().removeprefix("#").strip() for comment in lines[first : number - 1]]
    begins = next((index for index, comment in enumerate(comments) if comment.startswith(tags)), len(comments))
    return comments[begins:]
