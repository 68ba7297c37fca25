"""What an exchange does not say as documented is never open and never closed.

A body is distorted in one place, or in all places of one kind: a key removed or renamed, a value of another type, null
or empty, a word that is in no documentation, a part of the body, no JSON at all. A flag that is still read must be one
of the undistorted body; the rest is unknown, or a fault.
"""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import pytest

from bot.domain.errors import SourceError
from bot.domain.withdrawal_reading import ALL_NETWORKS, WithdrawalFlag
from bot.sources.withdrawals.adapter import WithdrawalAdapter
from bot.sources.withdrawals.registry import ADAPTERS
from tests.sources.withdrawals.bodies import CLOSED, FLAGS, TWIN_BY_EXCHANGE, UNKNOWN, collected

DISTORTIONS = 100
STRANGE = "strange"
Place = tuple[str | int, ...]
MEMBERSHIPS: Sequence[Place] = (("withdraws", "[]"), ("deposits", "[]"))
"""WhiteBIT has no flags but these: a network that is taken off the first list is closed, and nothing is distorted."""
REFUSALS = (SourceError, msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def places(value: Any, here: Place = ()) -> Iterator[Place]:
    """Yield the place of every value inside a body."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*here, key)
        yield from places(child, (*here, key))


def kind(place: Place) -> Place:
    """Return what places have in common: the flag of one chain is of the same kind as that of any other."""
    return tuple("[]" if isinstance(key, int) else key for key in place)


def removed(parent: Any, key: Any) -> None:
    del parent[key]


def renamed(parent: Any, key: Any) -> None:
    if isinstance(parent, dict):
        parent[f"{key}_2"] = parent.pop(key)
    else:
        parent[key] = [parent[key]]


def replaced(*values: object) -> Callable[[Any, Any], None]:
    def replace(parent: Any, key: Any) -> None:
        before = parent[key]
        parent[key] = next(value for value in values if not isinstance(value, type(before)))

    return replace


def emptied(parent: Any, key: Any) -> None:
    before = parent[key]
    parent[key] = type(before)() if isinstance(before, (list, dict, str)) else None


def strange(parent: Any, key: Any) -> None:
    before = parent[key]
    parent[key] = 7 if isinstance(before, int) and not isinstance(before, bool) else STRANGE


OPERATIONS = (
    removed,
    renamed,
    replaced(None, 0),
    replaced(1, "yes"),
    replaced("true", *(True,)),
    replaced([], {}),
    replaced({}, []),
    emptied,
    strange,
)
BROKEN = (
    b"",
    b"null",
    b"[]",
    b"{}",
    b"0",
    b'"text"',
    b"<!DOCTYPE html><title>Just a moment...</title>",
    b"\xff\xfe{}",
    b"[" * 100_000,
    b'{"data":' * 100_000,
    b'{"code":"429000","msg":"Too many requests"}',
    b"[null]",
    b'[{"currency":null}]',
)


def distorted_bodies(body: Any, seed: str) -> Iterator[bytes]:
    """Yield bodies without end, the same for the same seed."""
    chance, text = random.Random(seed), json.dumps(body).encode()  # noqa: S311 -- nothing secret
    yield from BROKEN
    yield from (text[: int(len(text) * share)] for share in (0.1, 0.5, 0.9, 0.999))
    by_kind: dict[Place, list[Place]] = {}
    for place in places(json.loads(text)):
        if kind(place)[-2:] not in MEMBERSHIPS:
            by_kind.setdefault(kind(place), []).append(place)
    variants = [(of_kind, operation) for of_kind in by_kind for operation in OPERATIONS]
    while True:
        chance.shuffle(variants)
        for of_kind, operation in variants:
            chosen = by_kind[of_kind] if chance.random() < 1 / 2 else [chance.choice(by_kind[of_kind])]
            yield distorted(text, chosen, operation)


def distorted(body: bytes, chosen: list[Place], operation: Callable[[Any, Any], None]) -> bytes:
    changed = json.loads(body)
    for place in reversed(chosen):  # from the end, so that what is removed moves nothing that is still to be
        parent = changed
        for key in place[:-1]:
            parent = parent[key]
        operation(parent, place[-1])
    return json.dumps(changed).encode()


def is_justified(flag: WithdrawalFlag, truth: dict[tuple[str, str], bool]) -> bool:
    """Return whether the undistorted body says of a network what is read now; a delay is open.

    A row whose network has lost its name, or has got a strange one, is still one of its asset's.
    """
    if flag.state is UNKNOWN:
        return True
    known = truth.get((flag.asset, flag.network))
    if known is None and flag.network in {ALL_NETWORKS, STRANGE.upper()}:
        of_asset = {is_closed for (asset, _), is_closed in truth.items() if asset == flag.asset}
        return (flag.state is CLOSED) in of_asset and (len(of_asset) == 1 or flag.network != ALL_NETWORKS)
    return known is (flag.state is CLOSED)


@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: adapter.exchange)
async def test_a_distorted_body_opens_and_closes_nothing(adapter: WithdrawalAdapter) -> None:
    body = TWIN_BY_EXCHANGE[adapter.exchange].write(FLAGS)
    undistorted = await collected(adapter, json.dumps(body).encode())
    truth = {(flag.asset, flag.network): flag.state is CLOSED for flag in undistorted.flags()}
    assert len(truth) >= len({flag.asset for flag in FLAGS})
    unread = 0
    for _, distortion in zip(range(DISTORTIONS), distorted_bodies(body, adapter.exchange), strict=False):
        try:
            flags = (await collected(adapter, distortion)).flags()
        except REFUSALS:
            unread += 1
            continue
        wrong = [flag for flag in flags if not is_justified(flag, truth)]
        assert not wrong, distortion[:2000]
    assert unread >= len(BROKEN)
