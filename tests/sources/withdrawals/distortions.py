"""Bodies that an exchange might send some day: one place of a good one removed, replaced or renamed.

Example: `{"status": "open"}` becomes `{}`, `{"status": null}`, `{"status": ["open"]}` or `{"status_": "open"}`.
"""

import json
import random
from collections.abc import Collection, Iterator, Sequence
from typing import Any

_REPLACEMENTS: tuple[Any, ...] = (
    None,
    True,
    -1,
    1e300,
    "",
    "undocumented",
    "0",
    [],
    {},
    [None],
    {"": {}},
    "\u202e" * 200,
)


def distortions(body: object, count: int, *, documented: Collection[object] = ()) -> Iterator[bytes]:
    """Yield distorted bodies; the first ones are no JSON at all, or end early.

    `documented` are values that mean something else to the exchange: they would be no distortions.
    """
    whole = json.dumps(body).encode()
    yield from (b"", b"\xff\xfe", b"<html>", whole[: len(whole) // 2], b"[" * 5000)
    known = [(type(value), value) for value in documented]
    replacements = [value for value in _REPLACEMENTS if (type(value), value) not in known]
    dice = random.Random(1)  # noqa: S311 -- the same bodies at every run
    for _ in range(count - 5):
        yield json.dumps(_distorted(json.loads(whole), dice, replacements)).encode()


def _distorted(body: Any, dice: random.Random, replacements: Sequence[Any]) -> Any:
    container, key = dice.choice([*_places(body), (None, None)])
    replacement = dice.choice(replacements)
    if container is None:
        return replacement
    match dice.choice(("remove", "replace", "wrap", "rename", "repeat")):
        case "remove":
            del container[key]
        case "replace":
            container[key] = replacement
        case "wrap":
            container[key] = [container[key]]
        case "rename" if isinstance(container, dict):
            container[f"{key}_"] = container.pop(key)
        case _ if isinstance(container, list):
            container.append(container[key])
        case _:
            container[key] = replacement
    return body


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place in a body: what it is in, and its key or its number there."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])
