"""`runwatch export` and `runwatch import` as a host types them, on a real store, each in a process of its own."""

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import SecretStr

from bot.cli.export_settings import write_export
from bot.cli.import_settings import ImportOptions, read_import
from bot.cli.main import cli
from bot.config.settings import Settings
from bot.domain.errors import AskerError
from bot.domain.place import Place, Platform, Subscription
from bot.domain.place_export import PlaceChanges, PlaceExport
from bot.domain.setting_change import SettingEditor
from bot.domain.severity import Severity
from bot.storage.store import open_store
from tests.program import bot_in_shell
from tests.servers import Server

GROUP, CHANNEL = Place(Platform.TELEGRAM, "-100", "7"), Place(Platform.DISCORD, "998")
KEPT = Subscription(
    GROUP, "binance", Severity.SEVERE, usd=5e7, created_by="telegram:7", created_at=datetime(2026, 1, 10, tzinfo=UTC)
)


async def exported(where: dict[str, str], place: Place) -> PlaceExport:
    """Return what a place has set in a store."""
    store = await open_store(where["REDIS_URL"], prefix=where["REDIS_PREFIX"])
    try:
        return await store.place_exports.of_place(place)
    finally:
        await store.close()


@pytest.fixture
async def filled(redis: Server) -> dict[str, str]:
    """Return the settings of a store in which a topic and a channel have set something."""
    where = {"REDIS_URL": redis.url, "REDIS_PREFIX": "first:"}
    store = await open_store(redis.url, prefix="first:")
    editor = SettingEditor("telegram:7", "Ann")
    changes = PlaceChanges(GROUP, editor, (KEPT, replace(KEPT, exchange=None)), (("quiet", "22:00-07:00"),))
    await store.place_exports.apply(changes, now=datetime.now(UTC))
    await store.mutes.mute(GROUP, "okx", length=timedelta(hours=4), by="telegram:7")
    await store.subscriptions.add(Subscription(CHANNEL, "okx", mention="123456"))
    await store.close()
    return where


async def test_everything_that_places_have_set_moves_to_another_store(tmp_path: Path, filled: dict[str, str]) -> None:
    second = filled | {"REDIS_PREFIX": "second:"}
    assert await attempt(filled, tmp_path, ("export", "file.json")) == [
        f"{tmp_path / 'file.json'} holds 2 places with 3 subscriptions."
    ]
    file = tmp_path / "file.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [json.loads(line.rstrip(","))["place"] for line in file.read_text().splitlines()[1:3]] == [
        str(CHANNEL),
        str(GROUP),
    ]
    assert os.listdir(tmp_path) == ["file.json"]  # noqa: PTH208 — nothing partial is left

    preview = await attempt(second, tmp_path, ("preview", "file.json"))
    assert preview[1] == "telegram:-100/7: 2 new and 0 changed subscriptions, quiet 22:00-07:00"
    assert preview[2].startswith("Would add 3 and change 0 subscriptions, set 1 settings and 1 mutes, in 2 of 2 places")
    assert (await exported(second, GROUP)).subscriptions == ()

    assert (await attempt(second, tmp_path, ("import", "file.json")))[-1] == "Imported: 2 places changed."
    for place in (GROUP, CHANNEL):
        before, after = await exported(filled, place), await exported(second, place)
        assert (after.subscriptions, after.settings) == (before.subscriptions, before.settings)
        assert [(mute.exchange, mute.until) for mute in after.mutes] == [(m.exchange, m.until) for m in before.mutes]

    again = await attempt(second, tmp_path, ("import", "file.json"))
    assert again == [
        "Would add 0 and change 0 subscriptions, set 0 settings and 0 mutes, in 0 of 2 places; remove nothing."
    ]


async def test_one_place_goes_through_pipes_to_another_address(tmp_path: Path, filled: dict[str, str]) -> None:
    saved = await bot_in_shell('"$@" > file.json', "export", "--place", str(CHANNEL), "-", directory=tmp_path, **filled)
    assert saved.err == "The export holds 1 place with 1 subscription.\n"
    to = Place(Platform.TELEGRAM, "9")
    done = await bot_in_shell('cat file.json | "$@"', "import", "-", "--to", str(to), directory=tmp_path, **filled)
    assert (done.code, done.err) == (0, "")
    assert "The mention is left out, because this platform has none for a whole chat: okx." in done.out
    assert (await exported(filled, to)).subscriptions == (Subscription(to, "okx"),)


def settings_of(where: dict[str, str]) -> Settings:
    return Settings(
        redis_url=SecretStr(where["REDIS_URL"]), redis_prefix=where["REDIS_PREFIX"], data_dir=Path("/nowhere")
    )


async def attempt(where: dict[str, str], directory: Path, words: tuple[str, ...]) -> list[str]:
    """Export or import in this process, and return what was said; a file called `ask` is answered with no."""
    said: list[str] = []
    settings, (command, name, *more) = settings_of(where), words
    if command == "export":
        await write_export(settings, directory / name, said.append, [Place.parse(place) for place in more])
    else:
        to = Place.parse(more[1]) if more[1:] else None
        options = ImportOptions(tuple(map(Place.parse, more[:1])), to, only_preview=command == "preview")
        await read_import(settings, directory / name, said.append, options, lambda _: "ask" not in name)
    return said


def write_files(directory: Path) -> None:
    """Write files of two places, one right, the others wrong in a way each."""
    two = '{"place": "telegram:1", "subscriptions": [{"exchange": "okx"}]}, {"place": "telegram:2"'
    begin = '{"format": "runwatch-settings", "format_version": 1, "places": [' + two
    (directory / "file.json").write_text(begin + "}]}")
    (directory / "wrong.json").write_text(begin + ', "subscriptions": [{"exchange": "*"}]}]}')
    (directory / "newer.json").write_text((begin + "}]}").replace('"format_version": 1', '"format_version": 2'))
    (directory / "bytes.json").write_bytes(b'{"a": "\xff"}')


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("export", "x.json", "telegram:404"), "Nothing is set in telegram:404."),
        (("import", "file.json", "telegram:404"), "telegram:404 is not in the file."),
        (("import", "bytes.json"), "The file is no text in UTF-8."),
        (("import", "none.json"), "No such file or directory"),
        (("import", "wrong.json"), "places[1].subscriptions[0].exchange in the file is “*”"),
        (("import", "newer.json"), "The file has version 2; this Runwatch reads version 1."),
        (("export", "no/such/directory.json"), "No such file or directory"),
    ],
)
async def test_what_fails_says_why_and_changes_nothing(
    tmp_path: Path, filled: dict[str, str], words: tuple[str, ...], sentence: str
) -> None:
    write_files(tmp_path)
    with pytest.raises((AskerError, OSError)) as failed:
        await attempt(filled, tmp_path, words)

    assert sentence in str(failed.value)
    assert (await exported(filled, Place(Platform.TELEGRAM, "1"))).subscriptions == ()
    assert "x.json" not in os.listdir(tmp_path)  # noqa: PTH208 — as above


async def test_one_place_of_several_goes_to_another_address(tmp_path: Path, filled: dict[str, str]) -> None:
    write_files(tmp_path)
    await attempt(filled, tmp_path, ("import", "file.json", "telegram:1", "telegram:9"))
    to = Place(Platform.TELEGRAM, "9")
    assert (await exported(filled, to)).subscriptions == (Subscription(to, "okx"),)
    assert (await exported(filled, Place(Platform.TELEGRAM, "1"))).subscriptions == ()

    with pytest.raises(AskerError, match="The file has 2 places; --to takes one"):
        await read_import(settings_of(filled), tmp_path / "file.json", print, ImportOptions(to=to), lambda _: True)


async def test_of_many_places_ten_are_named_and_whoever_says_no_changes_nothing(
    tmp_path: Path, filled: dict[str, str]
) -> None:
    places = [{"place": f"telegram:{number}", "subscriptions": [{"exchange": "okx"}]} for number in range(12)]
    content = {"format": "runwatch-settings", "format_version": 1, "places": places}
    for name in ("ask.json", "file.json"):
        (tmp_path / name).write_text(json.dumps(content))

    assert (await attempt(filled, tmp_path, ("import", "ask.json")))[-1] == "Nothing was changed."
    said = await attempt(filled, tmp_path, ("import", "file.json"))
    assert sum(line.endswith(": 1 new and 0 changed subscriptions") for line in said) == 10
    assert said[-3:] == [
        "… and 2 more places.",
        "Would add 12 and change 0 subscriptions, set 0 settings and 0 mutes, in 12 of 12 places; remove nothing.",
        "Imported: 12 places changed.",
    ]


def test_a_place_that_is_none_is_wrong_usage() -> None:
    failed = CliRunner().invoke(cli, ["export", "--place", "nowhere", "x.json"])
    assert failed.exit_code == 2
    assert "no place such as telegram:-1001234567890" in failed.output
