"""`runwatch ask "/por …"`: the exchange is asked once where no service runs, and the table answers for the others."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from bot.domain.proof_of_reserves import AssetRatio, Liabilities, ProofOfReserves
from tests.fakes.defillama import FakeDefiLlama
from tests.fakes.proofs import FakeProofs
from tests.program import bot

NOWHERE = "http://127.0.0.1:9"


async def test_a_question_reads_the_newest_proof_once(tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    ratio = AssetRatio("BTC", 1.02, 102.0, 100.0)
    proof = ProofOfReserves("binance", "Binance", as_of=today, liabilities=Liabilities.INCLUDED, ratios=(ratio,))
    async with FakeDefiLlama(days=1) as llama, FakeProofs([proof]) as proofs:
        settings = {"DEFILLAMA_URL": llama.url, "DATA_DIR": "data", "PROOFS": "true"}
        read = await bot("ask", "/por binance", directory=tmp_path, **settings, **upper(proofs.addresses))
        silent = await bot("ask", "/por binance", directory=tmp_path, **settings, BINANCE_PROOFS_URL=NOWHERE)
        table = await bot("ask", "/por okx", directory=tmp_path, **settings, BINANCE_PROOFS_URL=NOWHERE)

    assert (read.code, read.err) == (0, "")
    assert f"Liabilities included · proof of {today}, 0 days old" in read.out
    assert "Binance · read " in read.out
    assert "Binance's own interface cannot be read (unreachable)" in silent.out
    assert "from a table in this bot, as published up to 2026-09-09" in silent.out
    assert (table.code, table.err) == (0, "")
    assert "from a table in this bot, as published up to 2026-09-09" in table.out


def upper(addresses: Mapping[str, str]) -> dict[str, str]:
    return {name.upper(): address for name, address in addresses.items()}
