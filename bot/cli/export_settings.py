"""`runwatch export FILE`: what all places have set, or some, as the file of `/export`, beside a running bot.

A place a line, so that 100,000 of them are read and written one after the other. The file is for its owner alone
(0600), and takes the place of an earlier one when it is whole.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from bot.cli.service_store import open_service_store
from bot.commands.place_export_json import header_json, place_json
from bot.config.settings import Settings
from bot.domain.errors import AskerError
from bot.domain.place import Place
from bot.service.application import SystemClock
from bot.storage.store import Store

STANDARD = Path("-")
"""Stands for standard output and input, as in `runwatch backup -`."""


async def write_export(settings: Settings, path: Path, say: Callable[[str], None], places: Sequence[Place]) -> None:
    """Write these places, all of them for none, into a file; raise RunwatchError, OSError."""
    clock = SystemClock()
    store = await open_service_store(settings, clock)
    try:
        chosen = places or await store.place_exports.places()
        with _output(path) as file:
            subscriptions = await _write(store, file, chosen, header=json.dumps(header_json(clock.now()))[1:-1])
    finally:
        await store.close()
    shown = "The export" if path == STANDARD else str(path)
    say(f"{shown} holds {_count(len(chosen), 'place')} with {_count(subscriptions, 'subscription')}.")


async def _write(store: Store, file: TextIO, places: Sequence[Place], *, header: str) -> int:
    """Write the file and return how many subscriptions are in it; raise AskerError for a place that has set nothing."""
    known = set(await store.place_exports.places())
    file.write(f'{{{header}, "places": [')
    subscriptions = 0
    for number, place in enumerate(places):
        if place not in known:
            raise AskerError(f"Nothing is set in {place}. Places are written as in /privacy: telegram:-1001234567890.")
        export = await store.place_exports.of_place(place)
        subscriptions += len(export.subscriptions)
        content = json.dumps(place_json(export), sort_keys=True, ensure_ascii=False, allow_nan=False)
        file.write(f"{',' if number else ''}\n{content}")
    file.write("\n]}\n")
    return subscriptions


@contextmanager
def _output(path: Path) -> Iterator[TextIO]:
    """Give what to write to; a file gets its name when the block is done, and is gone where it fails."""
    if path == STANDARD:
        yield sys.stdout
        sys.stdout.flush()
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        # 0600: it names chats and people.
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            yield file
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
