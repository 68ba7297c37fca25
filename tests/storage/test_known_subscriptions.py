"""How many places had subscribed is kept beside the store, and a start says when they are gone."""

from pathlib import Path

import pytest

from bot.storage.known_subscriptions import KnownSubscriptions

ADDRESS = "redis://me:secret@redis:6379/0"


def known(directory: Path, address: str = ADDRESS, prefix: str = "") -> KnownSubscriptions:
    return KnownSubscriptions(directory, address, prefix)


def test_an_emptied_store_is_said_at_the_next_start(tmp_path: Path) -> None:
    known(tmp_path).remember(12)
    assert known(tmp_path).loss(0) == (
        "Subscriptions are gone: 12 places were subscribed when this bot last ran, and none of them in the store now. "
        "Bring the data of the server back, or restore a backup (`runwatch restore FILE`), or let the places subscribe "
        "again"
    )


@pytest.mark.parametrize(
    ("before", "now", "is_loss"),
    [(0, 0, False), (1, 0, True), (1, 1, False), (9, 4, False), (10, 4, True), (10, 5, False), (5, 12, False)],
)
def test_all_of_them_or_most_of_many_are_a_loss(tmp_path: Path, before: int, now: int, *, is_loss: bool) -> None:
    known(tmp_path).remember(before)
    assert bool(known(tmp_path).loss(now)) is is_loss


def test_a_first_start_loses_nothing(tmp_path: Path) -> None:
    assert known(tmp_path / "missing").loss(0) == ""


@pytest.mark.parametrize("other", [("redis://other:6379/0", ""), (ADDRESS, "second:"), ("", "")])
def test_each_store_has_a_number_of_its_own(tmp_path: Path, other: tuple[str, str]) -> None:
    known(tmp_path).remember(12)
    known(tmp_path, *other).remember(3)
    assert (known(tmp_path).places, known(tmp_path, *other).places) == (12, 3)


@pytest.mark.parametrize("address", ["redis://redis:6379/0", "redis://me:new@redis:6379/0?password=other"])
def test_another_password_is_the_same_store(tmp_path: Path, address: str) -> None:
    known(tmp_path).remember(12)
    assert known(tmp_path, address).places == 12


def test_the_file_is_private_and_holds_no_address(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o755)
    known(tmp_path / "data").remember(12)
    [file] = (tmp_path / "data").iterdir()
    assert (file.stat().st_mode & 0o777, (tmp_path / "data").stat().st_mode & 0o777) == (0o600, 0o700)
    assert "redis" not in file.read_text()


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"x": "y"}', "\x00"])
def test_a_damaged_file_is_nothing_known_and_written_anew(tmp_path: Path, text: str) -> None:
    (tmp_path / "subscriptions.json").write_text(text)
    subscriptions = known(tmp_path)
    assert subscriptions.loss(0) == ""
    subscriptions.remember(2)
    assert known(tmp_path).places == 2


def test_where_nothing_can_be_written_nothing_is_kept_and_nothing_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    subscriptions = known(tmp_path / "file")
    for number in (2, 3):
        subscriptions.remember(number)
    assert subscriptions.places == 0
