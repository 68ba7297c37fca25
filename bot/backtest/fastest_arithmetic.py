"""Which arithmetic a backtest calculates with: numpy's where that is installed, else the plain one.

The extra `runwatch[backtest]` brings numpy, and so does matplotlib; the bot itself loads neither. Both give
the same figures up to rounding: numpy adds them up in another order.
"""

from collections.abc import Callable
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from typing import Any

from bot.detection.flow.column_arithmetic import PLAIN_ARITHMETIC, Arithmetic

WITHOUT_NUMPY = "numpy is not installed: judging takes twice as long as with it (pip install 'numpy>=2.2')."


def fastest_arithmetic(
    err: Callable[[str], None], *, find: Callable[[str], ModuleSpec | None] = find_spec
) -> Arithmetic[Any]:
    """Return the fastest arithmetic there is; `err` is told what would make it faster."""
    if find("numpy") is None:
        err(WITHOUT_NUMPY)
        return PLAIN_ARITHMETIC
    from bot.backtest.numpy_arithmetic import NumpyArithmetic  # noqa: PLC0415 — importing it needs numpy

    return NumpyArithmetic()
