"""Backup, restore and repair as a host types them; every line here is a process of its own."""

import signal
from pathlib import Path

import pytest

from bot.domain.place import Place, Platform, Subscription
from bot.storage.store import open_store
from tests.fakes.defillama import FakeDefiLlama
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.program import bot, bot_in_shell, bot_without_room, running_bot
from tests.servers import Server
from tests.service.test_run import ready
from tests.storage.conftest import StillClock


def newest_log(directory: Path) -> Path:
    [log] = [*directory.glob("appendonlydir/*.incr.aof"), *directory.glob("appendonly.aof")]
    return log


async def test_a_backup_beside_a_running_bot_is_restored_on_another_machine(
    tmp_path: Path, llama: FakeDefiLlama, telegram: FakeTelegram, redis: Server
) -> None:
    ann = telegram.user("Ann")
    chat, file = telegram.private(ann), str(tmp_path / "backup")
    settings = {
        "TELEGRAM_TOKEN": TOKEN,
        "TELEGRAM_API_URL": telegram.url,
        "DEFILLAMA_URL": llama.url,
        "POLL_INTERVAL": "1s",
        "HTTP_PORT": "0",
    }
    first, second = settings | {"DATA_DIR": str(tmp_path / "first")}, settings | {"DATA_DIR": str(tmp_path / "second")}
    async with running_bot("run", directory=tmp_path, **first) as program:
        await ready(program)
        telegram.say(chat, ann, "/subscribe binance")
        await telegram.wait_for_message(chat, containing="Subscribed")
        saved = await bot("backup", file, directory=tmp_path, **first)
        assert (saved.code, saved.err) == (0, "")
        assert "1 place that subscribed, 0 incidents and the readings of " in saved.out
        refused = await bot("restore", "--replace", file, directory=tmp_path, **first)
        assert refused.code == 1
        assert "runs on this store: stop every worker first" in refused.sentence
        assert await program.end(signal.SIGTERM) == 0

    for where in (second, second | {"REDIS_URL": redis.url, "REDIS_PREFIX": "moved:"}):
        restored = await bot("restore", file, directory=tmp_path, **where)
        assert (restored.code, restored.err) == (0, "")
        assert "for the Telegram bot @RunwatchBot (id 4242)" in restored.out
        assert "Restored: 1 place that subscribed" in restored.out
        again = await bot("restore", file, directory=tmp_path, **where)
        assert again.code == 1
        assert again.sentence.startswith("The store is not empty: it holds 1 place that subscribed, 0 incidents and")
        async with running_bot("run", directory=tmp_path, **where) as program:
            await ready(program)
            telegram.say(chat, ann, "/subscriptions")
            await telegram.wait_for_message(chat, containing="Binance")
            assert await program.end(signal.SIGTERM) == 0


@pytest.fixture
async def filled(redis: Server) -> dict[str, str]:
    """Return the settings of a store in which 500 places have subscribed."""
    store = await open_store(redis.url, clock=StillClock(), prefix="first:")
    for number in range(500):
        await store.subscriptions.add(Subscription(Place(Platform.TELEGRAM, str(number)), "binance"))
    await store.close()
    return {"REDIS_URL": redis.url, "REDIS_PREFIX": "first:"}


async def test_a_backup_goes_through_pipes_as_docker_gives_them(tmp_path: Path, filled: dict[str, str]) -> None:
    saved = await bot_in_shell('"$@" | cat > backup', "backup", "-", directory=tmp_path, **filled)
    assert saved.out == ""
    assert saved.err.startswith("The backup holds 500 places that subscribed, 0 incidents and the readings of 0")
    second = filled | {"REDIS_PREFIX": "second:"}
    restored = await bot_in_shell('cat backup | "$@"', "restore", "-", directory=tmp_path, **second)
    assert (restored.code, restored.err) == (0, "")
    assert restored.out.startswith("The backup was made at ")
    assert "Restored: 500 places that subscribed" in restored.out
    cut = await bot_in_shell('head -c 900 backup | "$@"', "restore", "--replace", "-", directory=tmp_path, **second)
    assert (cut.code, cut.sentence) == (1, "The backup is cut short.")
    nothing = await bot("restore", "-", directory=tmp_path, **second)
    assert nothing.sentence == "The backup is no backup of Runwatch."


def contents(directory: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in directory.iterdir()}


async def test_a_disk_that_is_full_is_said_with_the_file_that_has_no_room(
    tmp_path: Path, filled: dict[str, str]
) -> None:
    file = tmp_path / "backup"
    file.write_text("an older one")
    failed = await bot_without_room("backup", str(file), directory=tmp_path, **filled)
    assert (failed.code, failed.sentence) == (1, f"{file} cannot be written: File too large.")
    assert contents(tmp_path) == {"backup": "an older one"}


async def test_a_damaged_log_is_repaired_by_the_command_that_its_sentence_names(tmp_path: Path) -> None:
    data = tmp_path / "data"
    settings = {"DATA_DIR": str(data)}
    nothing = await bot("backup", str(tmp_path / "backup"), directory=tmp_path, **settings)
    assert (nothing.code, nothing.sentence) == (1, "The store is empty: there is nothing to save.")
    log = newest_log(data)
    log.write_bytes(b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\nthis is no record\r\n")
    refused = await bot("backup", str(tmp_path / "backup"), directory=tmp_path, **settings)
    assert refused.code == 2
    assert f"{log} is damaged" in refused.sentence
    assert "`runwatch repair`" in refused.sentence
    checked = await bot("check", directory=tmp_path, DEFILLAMA_URL="http://127.0.0.1:9", **settings)
    assert f"The store cannot be used: {log} is damaged" in checked.err
    repaired = await bot("repair", directory=tmp_path, **settings)
    assert (repaired.code, repaired.err) == (0, "")
    assert f"{log} was cut after 23 bytes. The rest is kept in {log}.cut-at-23." in repaired.out
    assert (await bot("repair", directory=tmp_path, **settings)).out.endswith("can be read: nothing was changed.\n")
    again = await bot("backup", str(tmp_path / "backup"), directory=tmp_path, **settings)
    assert again.sentence == "The store is empty: there is nothing to save."


async def test_the_log_of_a_server_elsewhere_is_not_repaired_here(tmp_path: Path) -> None:
    refused = await bot("repair", directory=tmp_path, REDIS_URL="redis://127.0.0.1:9")
    assert (refused.code, refused.sentence) == (
        2,
        "REDIS_URL is set: the log of that server is repaired where it runs.",
    )
