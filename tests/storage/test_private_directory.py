"""DATA_DIR is for the bot's user alone, whatever it was before."""

import os
import sys
from pathlib import Path

import pytest

from bot.domain.errors import ConfigurationError
from bot.domain.place import Place, Platform, Subscription
from bot.storage.embedded.private_directory import check_usable, make_private
from bot.storage.embedded.server import EmbeddedServer
from bot.storage.embedded.server_binary import ServerBinary
from bot.storage.store import Store, open_store
from tests.storage.conftest import KINDS, StillClock
from tests.waiting import until

GROUP = Place(Platform.TELEGRAM, "-100")
NOBODY = 65534
as_root = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="only root can make files of another user"
)


def modes(directory: Path) -> dict[str, int]:
    return {str(path.relative_to(directory)): path.stat().st_mode & 0o777 for path in directory.rglob("*")}


def opened_to_all(directory: Path) -> None:
    for path in (directory, *directory.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
async def test_whatever_is_made_in_it_is_private_and_whatever_was_open_is_closed(
    tmp_path: Path, kind: ServerBinary
) -> None:
    directory = tmp_path / "data"
    directory.mkdir(mode=0o777)
    for _ in range(2):
        opened_to_all(directory)
        async with EmbeddedServer(directory, binary=kind) as server:
            store = await open_store(server.url, clock=StillClock())
            await store.subscriptions.add(Subscription(GROUP, "binance"))
            await store.database.command("BGREWRITEAOF")

            async def is_over(opened: Store = store) -> bool:
                return not (await opened.database.server_info("persistence"))["aof_rewrite_in_progress"]

            await until(is_over, "a log that is compacted")
            found = modes(directory)
            await store.close()
        assert len(found) > 2
        assert {name: oct(mode) for name, mode in found.items() if mode not in {0o600, 0o700}} == {}
        assert directory.stat().st_mode & 0o777 == 0o700


def test_what_is_not_ours_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "notes.txt").chmod(0o644)
    (tmp_path / "elsewhere").write_text("")
    (tmp_path / "elsewhere").chmod(0o644)
    (tmp_path / "dump.rdb").symlink_to(tmp_path / "elsewhere")
    make_private(tmp_path)
    assert modes(tmp_path)["notes.txt"] == modes(tmp_path)["elsewhere"] == 0o644


def test_a_directory_that_all_users_share_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    with pytest.raises(ConfigurationError, match="is shared by all users; name a directory in it, or another one"):
        make_private(tmp_path)
    assert tmp_path.stat().st_mode & 0o7777 == 0o1777


@pytest.mark.parametrize("directory", ["/", "/var/lib", "/var/../srv/"])
def test_a_directory_that_the_system_needs_is_refused(directory: str) -> None:
    """`chmod 0700 /` would keep every other user of a machine from starting anything; nothing is tried on it here."""
    with pytest.raises(ConfigurationError, match=f"DATA_DIR {Path(directory)} is a directory of the system"):
        check_usable(Path(directory))


def sentence_as_nobody(directory: Path) -> str:
    """Return what making the directory private raises for the user nobody, in a process of its own."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        try:
            make_private(directory)
            said = "nothing"
        except ConfigurationError as error:
            said = str(error)
        os.write(write, said.encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return said


def reachable(tmp_path: Path) -> Path:
    """Return a new directory under one that every user may look into."""
    for parent in tmp_path.parents:
        if not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)
    tmp_path.chmod(0o711)
    directory = tmp_path / "data"
    directory.mkdir()
    return directory


@as_root
def test_a_lock_of_another_user_is_said_with_the_name(tmp_path: Path) -> None:
    directory = reachable(tmp_path)
    (directory / "lock").write_text("bot 1, its server 2")
    (directory / "lock").chmod(0o600)
    os.chown(directory, NOBODY, NOBODY)
    assert sentence_as_nobody(directory) == (
        f"{directory}/lock cannot be opened, because it belongs to root: start Runwatch as that user, or give this one "
        "another DATA_DIR."
    )


@as_root
def test_a_directory_of_another_user_is_said_with_the_name(tmp_path: Path) -> None:
    directory = reachable(tmp_path)
    assert sentence_as_nobody(directory) == (
        f"DATA_DIR {directory} cannot be written to, because it belongs to root: start Runwatch as that user, or name "
        "another directory."
    )


@as_root
def test_a_directory_of_another_user_that_may_be_written_to_is_used_and_the_risk_is_logged(tmp_path: Path) -> None:
    directory = reachable(tmp_path)
    directory.chmod(0o777)
    assert sentence_as_nobody(directory) == "nothing"


async def test_a_lock_that_cannot_be_opened_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(ConfigurationError, match="lock cannot be opened"):
        await EmbeddedServer(tmp_path).__aenter__()
