"""The worked examples in the guards' docstrings hold: what a reader is shown is what the code does."""

import doctest
from importlib import import_module
from pkgutil import iter_modules

import pytest

from bot.detection import guards

MODULES = sorted(module.name for module in iter_modules(guards.__path__))


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_a_guards_docstring_hold(name: str) -> None:
    module = import_module(f"{guards.__name__}.{name}")

    result = doctest.testmod(module)

    assert result.attempted > 0
    assert result.failed == 0
