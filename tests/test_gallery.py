"""docs/gallery.md and the README show what `python -m docs.gallery` makes, no more and no less, and small enough."""

import re
from pathlib import Path

from docs.gallery import SHEETS, picture_of
from handlers import COMMANDS

ROOT = Path(__file__).parent.parent
_SHOWN = re.compile(r"!\[[^\]]+\]\((?:docs/)?pictures/(gallery-[\w-]+\.png)\)")
_LARGEST_BYTES = 200 * 1024


def shown_in(page: str) -> set[str]:
    return set(_SHOWN.findall((ROOT / page).read_text(encoding="utf-8")))


def test_every_picture_is_made_by_the_script_and_shown_with_a_description() -> None:
    made = {picture_of(name).name for name in SHEETS}

    assert shown_in("docs/gallery.md") | shown_in("README.md") == made
    assert shown_in("README.md") == {name for name in made if "readme" in name}
    assert {path.name for path in (ROOT / "docs" / "pictures").glob("gallery-*.png")} == made


def test_no_picture_is_large() -> None:
    assert [name for name in SHEETS if picture_of(name).stat().st_size > _LARGEST_BYTES] == []


def test_every_command_has_its_place() -> None:
    """`/approve` stands behind two buttons, and its answer is shown by them."""
    shown = " ".join(name for sheet in SHEETS.values() for name in sheet.messages)

    assert [command.name for command in COMMANDS if f"/{command.name}" not in shown] == ["approve"]
