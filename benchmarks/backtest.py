"""Measures a backtest of many exchanges over years, how it grows with both, and one live round of judging them all.

    python -m benchmarks.backtest [--exchanges 80]

Bodies have 200 assets on ten chains, one point a day for four years, in the upstream's own format: 34 MB each. Four of
them are made, the exchanges share them under names of their own; one more has half the days, and one a quarter. Each
size runs as a process of its own, `runwatch backtest --json`; CPU seconds are those of the whole process, reading
included, memory is its largest resident size. The live round is the engine alone: one more reading of each exchange,
added to its state, its flows computed over all windows, and graded; the best of five.

A year of all exchanges is judged once more with a record of withdrawals beside each body: every main network of every
tracked asset is closed for six hours on a day in every two weeks, and each exchange closes all of them for three days
in the year. That is more than any of them does, some 500 changes for each.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

from benchmarks.figure import Figure, tell
from bot.detection.engine import signal_at_newest, states_after_round
from bot.detection.exchange_state import ExchangeState
from bot.detection.flow.computation import ColumnComputation
from bot.detection.guards.market_moves import MarketMoves
from bot.detection.outflow import grade
from bot.domain.exchange import Exchange
from bot.domain.networks import MAIN_NETWORKS
from bot.domain.reading import Holdings, Layout, Reading, Slot
from bot.domain.severity import Sensitivity

EXCHANGES, ASSETS, CHAINS = 80, 200, 10
DAYS = 4 * 365 + 1
BODIES = 4
SECONDS, LIVE_MS, MEMORY_MB = 20.0, 50.0, 1000.0
"""Targets: elapsed seconds and memory of the backtest, CPU milliseconds of a live round, which blocks the loop."""
AT_MOST_TIMES_WITH_WITHDRAWALS = 1.5
"""CPU of a year with a record of withdrawals as a multiple of the same without."""
GROWTH = 2.3
"""At most so many times the CPU for twice as much: 2 would be linear growth, the rest is what a machine varies by."""
_FIRST = datetime(2022, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)
_FORTNIGHT, _MAINTENANCE, _SHUT_FOR = timedelta(days=14), timedelta(hours=6), timedelta(days=3)

Book = dict[tuple[str, str], tuple[float, float]]
"""Amount and value in US dollars of every chain and asset."""


def figures(exchanges: int) -> list[Figure]:
    """Return what a backtest of so many exchanges costs, of fewer of them and of fewer days, and one live round."""
    sizes = (exchanges // 4, exchanges // 2, exchanges)
    spans = (DAYS // 4, DAYS // 2, DAYS)
    with tempfile.TemporaryDirectory(prefix="rw-") as folder:
        bodies = [_body(Path(folder, f"body-{seed}.json"), seed, DAYS) for seed in range(BODIES)]
        costs = [_cost(Path(folder, f"exchanges-{size}"), bodies, size) for size in sizes]
        shorter = [_body(Path(folder, f"days-{days}.json"), 0, days) for days in spans[:2]]
        costs += [_cost(Path(folder, f"of-{path.stem}"), [path], sizes[0]) for path in shorter]
        year, year_with_withdrawals = (
            _cost(Path(folder, f"year-{with_withdrawals}"), shorter[:1], exchanges, with_withdrawals=with_withdrawals)
            for with_withdrawals in (False, True)
        )
    (_, quarter, _), (_, half, _), (seconds, whole, memory), (_, fewest_days, _), (_, fewer_days, _) = costs
    size = f"{exchanges} exchanges × {DAYS} days × {ASSETS} assets"
    return [
        Figure(f"Backtest of {size}", "s CPU", whole),
        Figure(f"Backtest of {size}, elapsed", "s", seconds, at_most=SECONDS),
        Figure(f"Backtest of {size}, memory", "MB", memory, at_most=MEMORY_MB),
        _growth(f"{sizes[1]} exchanges against {sizes[0]}", half, quarter),
        _growth(f"{sizes[2]} exchanges against {sizes[1]}", whole, half),
        _growth(f"{sizes[0]} exchanges × {spans[1]} days against {spans[0]}", fewer_days, fewest_days),
        _growth(f"{sizes[0]} exchanges × {spans[2]} days against {spans[1]}", quarter, fewer_days),
        Figure(
            f"Backtest of {exchanges} exchanges × {spans[0]} days with withdrawals, elapsed",
            "s",
            year_with_withdrawals.elapsed_s,
            at_most=SECONDS,
        ),
        Figure(
            f"Backtest of {exchanges} exchanges × {spans[0]} days with withdrawals against without",
            "s CPU",
            year_with_withdrawals.cpu_s,
            year.cpu_s,
            at_most_times=AT_MOST_TIMES_WITH_WITHDRAWALS,
        ),
        Figure(
            f"One live look at {exchanges} exchanges × {ASSETS} assets",
            "ms CPU",
            _live_round(exchanges),
            at_most=LIVE_MS,
        ),
    ]


def _growth(what: str, ours: float, other: float) -> Figure:
    return Figure(f"Backtest of {what}", "s CPU", ours, other, at_most_times=GROWTH)


class _Cost(NamedTuple):
    elapsed_s: float
    cpu_s: float
    largest_mb: float


def _cost(folder: Path, bodies: list[Path], exchanges: int, *, with_withdrawals: bool = False) -> _Cost:
    """Return what a backtest of so many exchanges takes; with withdrawals over the days of the shortest bodies."""
    folder.mkdir()
    for number in range(exchanges):
        (folder / f"exchange-{number}.json").symlink_to(bodies[number % len(bodies)])
        if with_withdrawals:
            changes = _withdrawal_changes(Random(number), DAYS // 4)  # noqa: S311 — figures, not secrets
            (folder / f"exchange-{number}.withdrawals.jsonl").write_text("".join(changes), encoding="utf-8")
    words = ("-m", "bot", "backtest", "--json", "--data", str(folder))
    started = time.perf_counter()
    process = os.posix_spawn(sys.executable, (sys.executable, *words), {**os.environ, "PYTHONPATH": str(Path.cwd())})
    _, status, usage = os.wait4(process, 0)  # the only call that gives the resources of this one process
    if os.waitstatus_to_exitcode(status):
        raise AssertionError("the backtest failed")
    return _Cost(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e3)


def _withdrawal_changes(random: Random, span: int) -> Iterator[str]:
    """Yield the lines of a record of so many days, in any order, as the backtest takes them."""
    networks = [(asset, network) for asset, names in MAIN_NETWORKS.items() for network in names]
    closings = [
        (key, _FIRST + timedelta(days=day) + random.random() * _FORTNIGHT, _MAINTENANCE)
        for key in networks
        for day in range(0, span, _FORTNIGHT.days)
    ]
    shut = _FIRST + random.random() * timedelta(days=span)
    closings += [(key, shut, _SHUT_FOR) for key in networks]
    for (asset, network), closed_at, lasts in closings:
        for at, is_open in ((closed_at, False), (closed_at + lasts, True)):
            line = {"at": at.timestamp(), "asset": asset, "network": network, "open": is_open}
            yield f"{json.dumps(line)}\n"


def _live_round(exchange_count: int) -> float:
    """Return the CPU milliseconds of one round in which every exchange has a new reading, the best of five."""
    exchanges = [
        Exchange(f"exchange-{number}", f"Exchange {number}", f"exchange-{number}") for number in range(exchange_count)
    ]
    now = _FIRST + timedelta(days=DAYS)
    states = {
        exchange.id: ExchangeState(
            exchange, computation=ColumnComputation(exchange.own_tokens, max_readings=8, shows_assets=True)
        )
        for exchange in exchanges
    }
    market = MarketMoves()
    layouts = {exchange.id: Layout(Slot(*slot) for slot in next(_days(Random(0)))) for exchange in exchanges}  # noqa: S311 — as below
    # A reading at the start of every window, in hours before now, so that all of them are computed.
    for hours in (30 * 24, 14 * 24, 7 * 24, 72, 24, 2, 1):
        states, market = states_after_round(
            states, [_reading(exchange, layouts, now - hours * _HOUR) for exchange in exchanges], market
        )
    readings = [_reading(exchange, layouts, now) for exchange in exchanges]
    return min(_round_ms(states, readings, market, now) for _ in range(5))


def _round_ms(states: dict[str, ExchangeState], readings: list[Reading], market: MarketMoves, now: datetime) -> float:
    """Return the CPU milliseconds of one round.

    Readings cache what was added up over them. A store gives new ones each time, so copies without caches are measured.
    """
    states = {
        id_: replace(state, recent_readings=tuple(map(replace, state.recent_readings))) for id_, state in states.items()
    }
    readings = list(map(replace, readings))
    started = time.process_time()
    after, _ = states_after_round(states, readings, market)
    for reading in readings:
        grade(signal_at_newest(after[reading.exchange], now), Sensitivity.NORMAL)
    return (time.process_time() - started) * 1e3


def _reading(exchange: Exchange, layouts: Mapping[str, Layout], at: datetime) -> Reading:
    """Return a reading as the store gives it: in columns, those of an exchange with one layout."""
    holdings = next(_days(Random(f"{exchange.id} {at}"))).values()  # noqa: S311 — figures, not secrets
    amounts, usd = (array("d", column) for column in zip(*holdings, strict=True))
    return Reading(exchange.id, "defillama", at, at, Holdings(layouts[exchange.id], amounts, usd))


def _days(random: Random) -> Iterator[Book]:
    """Yield the holdings of each day: amounts change by 0.3 % (standard deviation), values by 2 %."""
    book: Book = {
        (f"Chain {number % CHAINS}", f"TOKEN{number}"): (1e4 * (number + 1), 1.0 + number) for number in range(ASSETS)
    }
    while True:
        book = {
            slot: (amount * (1 + random.gauss(0, 0.003)), usd * (1 + random.gauss(0, 0.02)))
            for slot, (amount, usd) in book.items()
        }
        yield book


def _body(path: Path, seed: int, span: int) -> Path:
    """Write a body of `GET /protocol/{slug}` with so many days: by chain and added up, amounts and values."""
    days = _days(Random(seed))  # noqa: S311 — as above
    chains: dict[str, dict[str, list[object]]] = {}
    totals: dict[str, list[object]] = {"tokensInUsd": [], "tokens": []}
    for day in range(span):
        date, book = int((_FIRST + timedelta(days=day)).timestamp()), next(days)
        for column, name in enumerate(("tokens", "tokensInUsd")):
            figures_of = {slot: amount_and_usd[column] for slot, amount_and_usd in book.items()}
            totals[name].append({"date": date, "tokens": {asset: figure for (_, asset), figure in figures_of.items()}})
            for chain in {chain for chain, _ in book}:
                tokens = {asset: figure for (on_chain, asset), figure in figures_of.items() if on_chain == chain}
                points = chains.setdefault(chain, {"tokensInUsd": [], "tokens": []})[name]
                points.append({"date": date, "tokens": tokens})
    path.write_text(json.dumps({"name": "Some exchange", "chainTvls": chains, "tvl": [], **totals}), encoding="utf-8")
    return path


def run(exchanges: int = EXCHANGES) -> dict[str, object]:
    """Return the figures as JSON has them."""
    return {"figures": [figure.json() for figure in figures(exchanges)]}


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exchanges", type=int, default=EXCHANGES)
    tell(figures(parser.parse_args().exchanges))


if __name__ == "__main__":
    main()
