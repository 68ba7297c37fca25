"""Questions to a replay, with the settings that it prints: every program here is a process of its own."""

from pathlib import Path

from bot.config.exchange_addresses import ExchangeAddresses
from bot.config.market_addresses import MarketAddresses
from tests.program import bot, running_bot
from tests.waiting import until

REPLAY = ("replay-server", "--episode", "binance-2022", "--port", "0", "--speed", "0")


async def test_a_replay_prints_the_settings_with_which_ask_reads_withdrawals_and_stress_tests(tmp_path: Path) -> None:
    async with running_bot(*REPLAY, directory=tmp_path) as replay:
        await until(lambda: any(line.startswith("COINS_URL=") for line in replay.printed), "the last of the settings")
        first, *rest = replay.printed
        settings = dict(line.rstrip().split("=", 1) for line in rest if "=" in line)
        address = first.split()[-1]
        assert first.startswith("Serving binance-2022 (reconstruction from published figures) at http://127.0.0.1:")
        assert settings["DEFILLAMA_URL"] == address
        assert settings["GATE_URL"] == f"{address}/gate"
        addresses = (*ExchangeAddresses.model_fields, *MarketAddresses.model_fields)
        assert {name.upper() for name in addresses} <= settings.keys()  # nobody real is asked
        assert settings["COINS_URL"] == f"{address}/coins"

        asked = settings | {"WITHDRAWALS": "true"}
        gate = await bot("ask", "/withdrawals gate", directory=tmp_path, **asked)
        everywhere = await bot("ask", "/withdrawals", directory=tmp_path, **asked)
        stress = await bot("ask", "/stress", directory=tmp_path, **asked)

    assert [(ran.code, ran.err) for ran in (gate, everywhere, stress)] == [(0, "")] * 3
    assert "Withdrawals: BTC, ETH, USDT, USDC open" in gate.out
    assert "Gate · documented interface · as of " in gate.out
    assert "(just now)" in gate.out
    assert "No major asset is closed anywhere. Withdrawals are known of 5 of" in everywhere.out
    # Withdrawals are read now; the amounts of 2022 are too old to judge a day by.
    assert "Today on the stand: " in stress.out
    assert "not enough data" in stress.out
    assert "Worst outflows: not known yet." in stress.out
