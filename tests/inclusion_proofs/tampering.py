"""Alters proofs: one value of a JSON file at a time, by its path such as `path.0.balances.BTC`."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

Place = tuple[str | int, ...]


def file_of(value: Any) -> bytes:
    return json.dumps(value).encode()


def with_value(document: Any, place: str | Place, value: Any) -> bytes:
    """Return a file in which one value is another; it may be new."""
    *above, last = place.split(".") if isinstance(place, str) else place
    changed = deepcopy(document)
    target = changed
    for step in above:
        target = target[int(step) if isinstance(target, list) else step]
    target[int(last) if isinstance(target, list) else last] = value
    return file_of(changed)


def without(document: Any, place: str) -> bytes:
    """Return a file that lacks one value."""
    *above, last = place.split(".")
    changed = deepcopy(document)
    target = changed
    for step in above:
        target = target[int(step) if isinstance(target, list) else step]
    del target[last]
    return file_of(changed)


def places(document: Any, before: Place = ()) -> Iterator[Place]:
    """Yield the places of all single values."""
    if isinstance(document, dict):
        for name, value in document.items():
            yield from places(value, (*before, name))
    elif isinstance(document, list):
        for number, value in enumerate(document):
            yield from places(value, (*before, number))
    else:
        yield before


def value_at(document: Any, place: Place) -> Any:
    for step in place:
        document = document[step]
    return document
