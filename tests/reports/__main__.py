"""Judges folders that have an `expect.json`: `python -m tests.reports DIR…`.

Each DIR is one folder, or holds folders. Prints what does not hold, and exits with 1 where anything does not.
`--write KIND --seed 7` first writes that kind of report into DIR.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from tests.reports.catalogue import KINDS
from tests.reports.evaluation import evaluate
from tests.reports.expectation import EXPECTATION_FILE, read_expectation


@click.command()
@click.argument("directories", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--write", "kind", type=click.Choice(sorted(KINDS)), help="Write this kind of report into DIR first.")
@click.option("--seed", type=int, default=1, show_default=True)
def judge(directories: Sequence[Path], kind: str | None, seed: int) -> None:
    """Say what is not as the expect.json of each folder demands."""
    if kind:
        KINDS[kind](seed).write(directories[0])
    folders = [folder for directory in directories for folder in _folders(directory)]
    if not folders:
        raise click.UsageError(f"There is no {EXPECTATION_FILE} in {', '.join(map(str, directories))}.")
    found = {folder: evaluate(folder, read_expectation(folder)) for folder in folders}
    for folder, complaints in found.items():
        click.echo(f"{folder.name}:" if complaints else f"{folder.name}: as expected")
        for complaint in complaints:
            click.echo(f"  {complaint}")
    sys.exit(1 if any(found.values()) else 0)


def _folders(directory: Path) -> Iterator[Path]:
    """Yield the folder itself where it has an expectation, else those in it that have."""
    if (directory / EXPECTATION_FILE).is_file():
        yield directory
        return
    yield from sorted(path.parent for path in directory.glob(f"*/{EXPECTATION_FILE}"))


if __name__ == "__main__":
    judge()
