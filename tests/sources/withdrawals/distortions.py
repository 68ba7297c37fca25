"""Bodies that an exchange might send some day: one place of a good one removed, replaced or renamed.

Example: `{"status": "open"}` becomes `{}`, `{"status": null}`, `{"status": ["open"]}` or `{"status_": "open"}`.
"""

import json
import random
from collections.abc import Iterator
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


def distortions(body: object, count: int, *, seed: int = 1) -> Iterator[bytes]:
    """Yield distorted bodies; the first ones are no JSON at all, or end early."""
    whole = json.dumps(body).encode()
    yield from (b"", b"\xff\xfe", b"<html>", whole[: len(whole) // 2], b"[" * 5000)
    dice = random.Random(seed)  # noqa: S311 -- the same bodies at every run
    for _ in range(count - 5):
        yield json.dumps(_distorted(json.loads(whole), dice)).encode()


def _distorted(body: Any, dice: random.Random) -> Any:
    container, key = dice.choice([*_places(body), (None, None)])
    replacement = dice.choice(_REPLACEMENTS)
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
