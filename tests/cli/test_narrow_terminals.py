"""Terminals that know fewer signs than Unicode: everything is printed, the nearest sign in place of a missing one."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fakes.defillama import FakeDefiLlama
from tests.program import Finished, bot

NOWHERE = "http://127.0.0.1:9"


async def flows_of_binance(directory: Path, encoding: str, *options: str) -> Finished:
    # A step comes an hour after the run before it, and what is of the future is not believed.
    async with FakeDefiLlama(now=datetime.now(UTC) - timedelta(hours=1), days=30) as llama:
        llama.step("binance", share=-0.05)
        there = {"DEFILLAMA_URL": llama.url, "DATA_DIR": "data", "PYTHONIOENCODING": encoding}
        return await bot("ask", "/flows binance", *options, directory=directory, **there)


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
async def test_an_answer_keeps_its_minus_signs(tmp_path: Path, encoding: str) -> None:
    ran = await flows_of_binance(tmp_path, encoding)
    assert (ran.code, ran.err) == (0, "")
    assert "Binance · 24 h -$" in ran.out
    assert "Net outflow -$" in ran.out


async def test_json_loses_no_sign(tmp_path: Path) -> None:
    wide, narrow = [await flows_of_binance(tmp_path, encoding, "--json") for encoding in ("utf-8", "latin-1")]
    assert json.loads(wide.out)["title"] == json.loads(narrow.out)["title"]
    assert "\u2212" in wide.out
    assert "\\u2212" in narrow.out


async def test_check_names_its_problems(tmp_path: Path) -> None:
    unreached = {"DEFILLAMA_URL": NOWHERE, "TELEGRAM_API_URL": "http://:pw@127.0.0.1:9", "EXCHANGES": "Ελλάς"}
    ran = await bot("check", directory=tmp_path, **unreached, PYTHONIOENCODING="latin-1")
    assert ran.code == 1
    assert {"TELEGRAM_API_URL=http://***@127.0.0.1:9", "EXCHANGES=?????"} <= set(ran.out.splitlines())
    assert "Traceback" not in ran.err
