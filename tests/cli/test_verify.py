"""`runwatch verify FILE` checks a proof where it is typed: no settings, no store, no connection."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.main import cli
from bot.domain.errors import AskerError
from tests.inclusion_proofs.samples_read import GOOD, SAMPLES, content_of
from tests.program import bot

HOLDS = "Your balance is in the tree: 24 levels"


async def test_a_proof_that_holds_ends_with_0_and_one_that_does_not_with_1(tmp_path: Path) -> None:
    holds = await bot("verify", str(SAMPLES / "okx.json"), directory=tmp_path)
    assert (holds.code, HOLDS in holds.out) == (0, True)

    fails = await bot("verify", str(SAMPLES / "bitget_2022.json"), directory=tmp_path)
    assert (fails.code, "This proof does not hold" in fails.out) == (1, True)

    unknown = await bot("verify", str(SAMPLES / "SOURCES.md"), directory=tmp_path)
    assert unknown.code == 1
    assert "no valid JSON" in unknown.sentence


def test_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    CliRunner().invoke(cli, ["verify", str(SAMPLES / "okx.json")])

    assert list(tmp_path.iterdir()) == []


def test_a_file_comes_from_standard_input_too() -> None:
    ran = CliRunner().invoke(cli, ["verify", "-"], input=GOOD["okx"])

    assert ran.exit_code == 0
    assert HOLDS in ran.output


def test_a_proof_that_does_not_hold_is_printed_and_ends_with_1() -> None:
    ran = CliRunner().invoke(cli, ["verify", "-"], input=content_of("bitget_2022.json"))

    assert ran.exit_code == 1
    assert "do not give the hash of your leaf" in ran.output


@pytest.mark.parametrize(
    ("content", "sentence"), [(b"{}", "This is no proof that I know."), (b" " * 300_000, "larger than 256 KB")]
)
def test_what_is_no_proof_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / "file.json"
    file.write_bytes(content)

    failed = CliRunner().invoke(cli, ["verify", str(file)]).exception

    assert isinstance(failed, AskerError)
    assert sentence in str(failed)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    failed = CliRunner().invoke(cli, ["verify", str(tmp_path / "none.json")]).exception

    assert str(failed) == f"{tmp_path / 'none.json'} cannot be read: No such file or directory."
