"""The runs of the past: those that can be compared with, each worked out once."""

import asyncio

from bot.service.past_runs import PastRuns


async def test_every_published_run_is_there_and_nothing_else() -> None:
    runs = PastRuns()
    curves = await runs.all()
    assert [curve.title for curve in curves][:2] == ["Binance, December 2022", "FTX, November 2022"]
    assert all(curve.label == "reconstruction from published figures" for curve in curves)
    assert await runs.curve("ftx-2022") is curves[1]
    assert await runs.curve("quiet-weeks") is None
    assert await runs.curve("no such run") is None


async def test_a_run_that_many_ask_for_at_once_is_worked_out_once() -> None:
    runs = PastRuns()
    curves = await asyncio.gather(*(runs.curve("ftx-2022") for _ in range(30)))
    assert len({id(curve) for curve in curves}) == 1
