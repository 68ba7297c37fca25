"""Finds what a user would read in English whatever their language: texts in the code that nothing looks up.

A text is a string with two words in a row, where a value of an f-string counts as a word, or one word in a place that
is shown: a title, the label of a button, a line, the argument of an error that whoever asked reads. It is looked up
where it stands in a call of `tr` and its like.

Example: in `line(bold("Peak"), f" after {time}")` both are found, in `tr_line("**Peak** after {time}", time=time)`
nothing is. What a program reads is left alone: docstrings, events of the log, patterns, colours; and so is what people
type, such as the command line of a button.
"""

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from string import Formatter

from typing_extensions import override

from tests.language.catalogue_files import KEYWORDS, WITH_A_MEANING

_SHOWN_ARGUMENTS: Mapping[str, int] = {
    **dict.fromkeys(("line", "lines", "bold", "refusal"), 99),  # all of them
    **dict.fromkeys(("Span", "Message", "Action", "Chart"), 1),
    **dict.fromkeys(("Field", "Table", "without_picture", "without_document"), 2),
}
_SHOWN_KEYWORDS = frozenset({"title", "label", "header", "placeholder"})
_READ_BY_PROGRAMS = frozenset(
    {"code", "Fold", "Arg", "compile", "fullmatch", "match", "search", "sub", "NewType", "TypeVar", "count_delivery"}
)
_KEYWORDS_OF_PROGRAMS = frozenset({"command", "unit", "media_type", "style"})
_OF_ITS_ARGUMENTS = frozenset({"join", "filter"})  # " · ".join(texts) is shown where it stands
_TABLES_OF_PROGRAMS = ("COLOUR", "STYLE", "FONT")  # in the names that they are given
_LOGS = frozenset({"log", "logger"})
_NAMES = frozenset(
    {
        *("Runwatch", "DefiLlama", "Discord", "Telegram", "Redis", "GitHub"),
        *("Binance", "Bitcoin", "Ethereum", "Solana", "Tron"),
    }
)
VALUE = "\N{OBJECT REPLACEMENT CHARACTER}"
_TOKEN = re.compile(rf"{VALUE}|[A-Za-z]+(?:['’][a-z]+)?")
_URL = re.compile(r"https?://\S+")
_KEY = re.compile(r"\S*\w[/_:.@]-?\w\S*")  # "Europe/Paris", "telegram:-100123"
_TYPED = re.compile(rf"[@$]?\d\S*|@\w+|{_KEY.pattern}|\S*{VALUE}\S*")
_WIDEST_GAP = 5  # between two words of one text: “: “, “), (”


@dataclass(frozen=True, order=True, slots=True)
class Finding:
    """A text that is not looked up, or a lookup that cannot work; `text` has “{…}” for the values of an f-string."""

    path: str
    line: int
    text: str
    why: str = "not looked up"

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.why}: {self.text!r}"


@dataclass(frozen=True, slots=True)
class TextScan:
    """Looks through modules. `errors` are the classes whose text the asker reads, `typed` the words of command lines.

    `capitals` takes a capitalised word for a text wherever it stands: right where nearly all strings are for people.
    """

    errors: Collection[str]
    typed: Collection[str]
    capitals: bool = False

    def of_module(self, path: str, tree: ast.Module) -> list[Finding]:
        """Return the findings in a module that makes texts for people."""
        return self._within(path, [tree])

    def of_shown_calls(self, path: str, tree: ast.Module) -> list[Finding]:
        """Return the findings in those calls of another module that make something people read."""
        names = {*self.errors, *_SHOWN_ARGUMENTS, *KEYWORDS}
        calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
        return self._within(path, [call for call in calls if called(call) in names])

    def _within(self, path: str, nodes: Collection[ast.AST]) -> list[Finding]:
        reader = _TextReader(self, path)
        for node in nodes:
            reader.visit(node)
        return sorted(reader.found)

    def is_text(self, text: str, *, is_shown: bool) -> bool:
        """Return whether somebody would read words in a string; values of an f-string are `VALUE` in it."""
        if "(?" in text or r"\d" in text or _KEY.fullmatch(text) or self._is_typed(text):
            return False
        text = _URL.sub("", text)
        tokens = [token for token in _TOKEN.finditer(text) if token.group() == VALUE or len(token.group()) > 1]
        if any(_is_word(token.group()) for token in tokens) and is_shown:
            return True
        if self.capitals and re.fullmatch(r"[A-Z][a-z]{2,}", text) and text not in _NAMES:
            return True
        return any(
            " " in (gap := text[first.end() : second.start()])
            and len(gap) <= _WIDEST_GAP
            and (_is_word(first.group()) or _is_word(second.group()))
            for first, second in pairwise(tokens)
        )

    def _is_typed(self, text: str) -> bool:
        """Return whether a string is what somebody would type: `subscribe binance`, `/mute 24h, /mute until worse`."""
        words = re.split(r",? ", text)
        return words[0] == "runwatch" or (
            words[0].removeprefix("/") in self.typed
            and all(word.removeprefix("/") in self.typed or _TYPED.fullmatch(word) for word in words)
        )


_SHOWN_WITH_THEIR_PARTS = (ast.Tuple, ast.List, ast.Set, ast.Starred, ast.NamedExpr)


class _TextReader(ast.NodeVisitor):
    """Goes through a syntax tree; `_is_shown` says whether a text right there would be shown."""

    def __init__(self, scan: TextScan, path: str) -> None:
        self.found: set[Finding] = set()
        self._scan = scan
        self._path = path
        self._is_shown = False

    @override
    def generic_visit(self, node: ast.AST) -> None:
        is_shown = self._is_shown and isinstance(node, _SHOWN_WITH_THEIR_PARTS)
        self._each(ast.iter_child_nodes(node), is_shown=is_shown)

    def _each(self, nodes: Iterable[ast.AST | None], *, is_shown: bool) -> None:
        for node in nodes:
            if node is not None:
                self._is_shown = is_shown
                self.visit(node)
        self._is_shown = False

    def _note(self, line: int, text: str, why: str = "not looked up") -> None:
        self.found.add(Finding(self._path, line, text, why))

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and self._scan.is_text(node.value, is_shown=self._is_shown):
            self._note(node.lineno, node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        is_shown, text = self._is_shown, _written(node, VALUE)
        if self._scan.is_text(text, is_shown=is_shown):
            self._note(node.lineno, _written(node, "{…}"))
        values = (value.value for value in node.values if isinstance(value, ast.FormattedValue))
        self._each(values, is_shown=is_shown or " " in text)

    def visit_Call(self, call: ast.Call) -> None:
        name, is_shown = called(call), self._is_shown
        if name in _READ_BY_PROGRAMS or _is_log(call):
            return
        if name in KEYWORDS:
            for text, why in _mismatched_values(call, KEYWORDS[name]):
                self._note(call.lineno, text, why)
            values = (*call.args[KEYWORDS[name] :], *(keyword.value for keyword in call.keywords))
            self._each(values, is_shown=True)
            return
        count = len(call.args) if name in self._scan.errors else _SHOWN_ARGUMENTS.get(name, 0)
        self._each([call.func], is_shown=False)
        for position, argument in enumerate(call.args):
            if (name, position) != ("Action", 1):  # the command line
                self._each([argument], is_shown=position < count or (name in _OF_ITS_ARGUMENTS and is_shown))
        for keyword in call.keywords:
            if keyword.arg not in _KEYWORDS_OF_PROGRAMS:
                self._each([keyword.value], is_shown=keyword.arg in _SHOWN_KEYWORDS)

    def visit_Raise(self, node: ast.Raise) -> None:
        if not isinstance(node.exc, ast.Call) or called(node.exc) in self._scan.errors:
            self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # a docstring
            self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> None:
        pass

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        is_enum = any("Enum" in ast.unparse(base) for base in node.bases)
        body = (line for line in node.body if not (is_enum and isinstance(line, ast.Assign)))
        self._each((*node.decorator_list, *body), is_shown=False)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._each((*node.decorator_list, *node.args.defaults, *node.args.kw_defaults, *node.body), is_shown=False)
        returned = _returned(node)
        self._each(returned, is_shown=any(map(_is_lookup, returned)))

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        if not any(word in name for name in names for word in _TABLES_OF_PROGRAMS):
            self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._each([node.value], is_shown=False)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        branches = (node.body, node.orelse)
        is_shown = self._is_shown or any(map(_is_lookup, branches))
        self._each([node.test], is_shown=False)
        self._each(branches, is_shown=is_shown)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        self._each(node.values, is_shown=self._is_shown or any(map(_is_lookup, node.values)))

    def visit_Dict(self, node: ast.Dict) -> None:
        is_shown = self._is_shown
        for key, value in zip(node.keys, node.values, strict=True):
            # What is said of each member of an enumeration: {Severity.WATCH: "watch"}
            self._each([value], is_shown=is_shown or isinstance(key, ast.Attribute))

    def visit_Compare(self, node: ast.Compare) -> None:
        operands = (node.left, *node.comparators)
        self._each((operand for operand in operands if not isinstance(operand, ast.Constant)), is_shown=False)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        self._each((node.left, node.right), is_shown=self._is_shown and isinstance(node.op, ast.Add))

    def visit_GeneratorExp(self, node: ast.GeneratorExp | ast.ListComp) -> None:
        self._each([node.elt], is_shown=self._is_shown)
        self._each(node.generators, is_shown=False)

    def visit_ListComp(self, node: ast.ListComp) -> None:
        self.visit_GeneratorExp(node)


def called(call: ast.Call) -> str:
    """Return the last name of what is called: `bold` for `model.bold(…)`."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def error_classes(trees: Collection[ast.Module], roots: Collection[str]) -> set[str]:
    """Return the classes below some classes of errors, and these."""
    below = {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for tree in trees
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }
    known = set(roots)
    while more := {name for name, bases in below.items() if bases & known} - known:
        known |= more
    return known


def _mismatched_values(call: ast.Call, count: int) -> Iterator[tuple[str, str]]:
    """Yield texts whose names in braces are not those of the values given."""
    texts = call.args[:count]
    literals = [text.value for text in texts if isinstance(text, ast.Constant) and isinstance(text.value, str)]
    is_table = any(keyword.arg is None for keyword in call.keywords)  # **values
    if called(call) in {"marked", "marked_as"} or len(literals) < len(texts) or is_table:
        return
    # Of a text with a meaning the first one is the meaning; a count needs no keyword.
    literals = literals[1:] if called(call) in WITH_A_MEANING else literals
    implied = {"count"} if len(literals) > 1 else set()
    named = {name for text in literals for _, name, _, _ in Formatter().parse(text) if name}
    if differing := (named ^ {str(keyword.arg) for keyword in call.keywords}) - implied:
        yield literals[0], f"has no name or no value for {', '.join(sorted(differing))}"


def _is_lookup(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and called(node) in KEYWORDS


def _is_log(call: ast.Call) -> bool:
    match call.func:
        case ast.Attribute(value=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in _LOGS
    return False


def _is_word(token: str) -> bool:
    """Return whether letters are a word, and no ticker (`USDT`), unit or name."""
    return token != VALUE and token not in _NAMES and any(letter.islower() for letter in token)


def _returned(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.AST]:
    """Return what a function returns, without that of functions inside it."""
    found: list[ast.AST] = []
    left: list[ast.AST] = list(function.body)
    while left:
        node = left.pop()
        if isinstance(node, ast.Return) and node.value:
            found.append(node.value)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            left.extend(ast.iter_child_nodes(node))
    return found


def _written(node: ast.JoinedStr, value: str) -> str:
    """Return an f-string with something in the place of its values."""
    return "".join(str(part.value) if isinstance(part, ast.Constant) else value for part in node.values)
