"""Keeps an unforeseen exception to the exchange that it is about: the others are judged all the same.

Example: of 77 exchanges that were read in a round one has figures on which a guard fails. 76 are judged together, as
if it had not been read; the log has the traceback with its name, and `/status` says that it crashed.
"""

from collections.abc import Callable, Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

import structlog

from bot.domain.errors import RunwatchError

log = structlog.get_logger()

Crashes = MutableMapping[str, Exception]
"""What was raised, by the subject that it is about: nearly always an exchange's id."""
_Input = TypeVar("_Input")
_Result = TypeVar("_Result")


@contextmanager
def isolated(subject: str, crashes: Crashes) -> Iterator[None]:
    """Log an exception of the block and keep it in `crashes`; what the program raises on purpose goes on its way."""
    try:
        yield
    except RunwatchError:  # the store is away, another worker judges: of no single exchange
        raise
    except Exception as crash:
        log.exception("exchange could not be judged", exchange=subject)
        crashes[subject] = crash


def without_crashing(
    work: Callable[[Sequence[_Input]], _Result],
    inputs: Sequence[_Input],
    crashes: Crashes,
    *,
    subject_of: Callable[[_Input], str],
) -> _Result:
    """Return what pure `work` makes of all inputs together, without those on which it fails when they are alone."""
    try:
        return work(inputs)
    except RunwatchError:
        raise
    except Exception:
        sound = []
        for each in inputs:
            with isolated(subject_of(each), crashes):
                work([each])
                sound.append(each)
        if len(sound) == len(inputs):  # it fails on all of them together only
            raise
        return work(sound)
