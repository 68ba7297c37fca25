"""`runwatch import FILE`: a file of settings read back into the store, of one place or of all, beside a running bot.

The file is gone through three times, a place at a time: it is checked as a whole, then what would change is said, then
it is written, each place in one step. So a file that is wrong anywhere changes nothing, and one that is imported twice,
or again after the bot was stopped half-way, ends up the same.
"""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import TextIO

from bot.cli.export_settings import STANDARD
from bot.cli.service_store import open_service_store
from bot.commands.export_stream import read_places
from bot.config.settings import Settings
from bot.domain.errors import AskerError
from bot.domain.place import Place
from bot.domain.place_export import PlaceExport
from bot.domain.place_import import ImportPlan, ImportTarget, plan_import
from bot.domain.setting_change import SettingEditor
from bot.messages.cards.porting import left_out_lines
from bot.service.application import SystemClock
from bot.storage.store import Store

_OPERATOR = SettingEditor("operator", "runwatch import")
_MAX_NAMED = 10
"""Places whose changes are named; there may be 100,000."""

Say = Callable[[str], None]
Confirm = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """Which places of a file are meant (none: all), and where the only one of them goes instead of its own place."""

    places: tuple[Place, ...] = ()
    to: Place | None = None
    only_preview: bool = False


@dataclass(slots=True)
class _Totals:
    """What would change, or has changed, in all places together."""

    places: int = 0
    changed: int = 0
    added: int = 0
    altered: int = 0
    settings: int = 0
    mutes: int = 0

    def count(self, plan: ImportPlan) -> None:
        self.places += 1
        self.changed += not plan.changes.are_none
        self.added += len(plan.added)
        self.altered += len(plan.changed)
        self.settings += len(plan.settings)
        self.mutes += len(plan.mutes)

    def words(self) -> str:
        return (
            f"add {self.added:,} and change {self.altered:,} subscriptions, set {self.settings:,} settings and "
            f"{self.mutes:,} mutes, in {self.changed:,} of {self.places:,} places; remove nothing"
        )


async def read_import(settings: Settings, path: Path, say: Say, options: ImportOptions, confirm: Confirm) -> bool:
    """Read a file back and return whether it was done; raise RunwatchError, OSError.

    `confirm` asks whether to go on, once what would change was said.
    """
    with _input(path) as file:
        _check(file, options)
        store = await open_service_store(settings, SystemClock())
        try:
            totals = await _preview(store, file, options, say)
            if not totals.changed or options.only_preview:
                return True
            if not confirm("Import?"):
                say("Nothing was changed.")
                return False
            await _apply(store, file, options, say)
        finally:
            await store.close()
    return True


async def _preview(store: Store, file: TextIO, options: ImportOptions, say: Say) -> _Totals:
    """Say what would change: place by place for the first ten, then in numbers."""
    totals = _Totals()
    for export in _chosen(file, options):
        plan = await _plan(store, export)
        totals.count(plan)
        if plan.changes.are_none or totals.changed > _MAX_NAMED:
            continue
        say(_line(plan))
        for sentence in left_out_lines(plan.left_out, {}):
            say(f"  {sentence}")
    if totals.changed > _MAX_NAMED:
        say(f"… and {totals.changed - _MAX_NAMED:,} more places.")
    say(f"Would {totals.words()}.")
    return totals


async def _apply(store: Store, file: TextIO, options: ImportOptions, say: Say) -> None:
    done = 0
    try:
        for export in _chosen(file, options):
            plan = await _plan(store, export)
            if not plan.changes.are_none:
                await store.place_exports.apply(plan.changes, now=SystemClock().now())
                done += 1
    finally:  # also where it fails half-way: what is done stays, and the same file goes on from there
        say(f"Imported: {done:,} {'place' if done == 1 else 'places'} changed.")


async def _plan(store: Store, export: PlaceExport) -> ImportPlan:
    present = await store.place_exports.of_place(export.place)
    return plan_import(export, ImportTarget(present, _OPERATOR, SystemClock().now(), keeps_authors=True))


def _line(plan: ImportPlan) -> str:
    settings = f", {', '.join(f'{name} {after}' for name, _, after in plan.settings)}" if plan.settings else ""
    return f"{plan.place}: {len(plan.added)} new and {len(plan.changed)} changed subscriptions{settings}"


def _check(file: TextIO, options: ImportOptions) -> None:
    """Raise AskerError unless the whole file can be read, and has the places that are meant."""
    places = {export.place for export in read_places(_read_from(file))}
    file.seek(0)
    missing = [place for place in options.places if place not in places]
    if missing:
        raise AskerError(f"{missing[0]} is not in the file.")
    if options.to and len(options.places or places) != 1:
        raise AskerError(f"The file has {len(places):,} places; --to takes one. Say which with --place.")


def _chosen(file: TextIO, options: ImportOptions) -> Iterator[PlaceExport]:
    """Go through the places of a file that are meant, from its beginning, each at where it is to go."""
    file.seek(0)
    for export in read_places(_read_from(file)):
        if not options.places or export.place in options.places:
            yield _moved(export, options.to) if options.to else export


def _moved(export: PlaceExport, to: Place) -> PlaceExport:
    """Return an export for another place; its subscriptions still say where they are from."""
    return replace(export, place=to)


@contextmanager
def _input(path: Path) -> Iterator[TextIO]:
    """Give the file to read several times; for `-` it is a copy of standard input."""
    if path != STANDARD:
        with path.open(encoding="utf-8") as file:
            yield file
        return
    if sys.stdin.isatty():
        raise AskerError("Nothing is read from a terminal: give the file with `< FILE` (and in Docker with `-T`).")
    with TemporaryFile("w+", encoding="utf-8") as copy:
        shutil.copyfileobj(sys.stdin, copy)
        copy.seek(0)
        yield copy


def _read_from(file: TextIO) -> Callable[[int], str]:
    """Return what reads so many letters of a file, and refuses what is no text."""

    def read(count: int) -> str:
        try:
            return file.read(count)
        except UnicodeDecodeError:
            raise AskerError("The file is no text in UTF-8. Use a file that runwatch export or /export made.") from None

    return read
