"""Runs the storm with any seed: `make chaos SEED=7`, or `python -m tests.chaos --help`."""

import argparse
import asyncio
import secrets
import sys
from pathlib import Path

from tests.chaos.delivery_process import DeliverySpeed
from tests.chaos.storm import Outcome, StormOptions, run


def main() -> int:
    """Run one storm after the other; return 1 when one of them broke a promise."""
    given = _parser().parse_args()
    failed = 0
    for _ in range(given.runs):
        seed = given.seed if given.seed is not None else secrets.randbelow(10**6)
        _say(f"seed {seed}: make chaos SEED={seed} tries it again")
        order = StormOptions(
            seed,
            deliveries=given.deliveries,
            worker_kills=given.worker_kills,
            store_kills=given.redis_kills,
            workers=given.workers,
            sync=given.sync,
            haste=DeliverySpeed(per_second=given.per_second, at_once=given.at_once),
        )
        outcome = asyncio.run(run(order))
        _say(str(outcome))
        failed += _complain(outcome, given.log)
    return min(failed, 1)


def _complain(outcome: Outcome, log: Path | None) -> bool:
    if log:
        log.write_text("\n".join(outcome.complaints), encoding="utf-8")
    broken = outcome.broken()
    for promise in broken:
        _say(f"BROKEN with seed {outcome.order.seed}: {promise}")
    return bool(broken)


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    usual = StormOptions(0)
    parser.add_argument("--seed", type=int, help="the same for the same moments of every kill; else one by chance")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--deliveries", type=int, default=usual.deliveries)
    parser.add_argument("--worker-kills", type=int, default=usual.worker_kills)
    parser.add_argument("--redis-kills", type=int, default=usual.store_kills)
    parser.add_argument("--workers", type=int, default=usual.workers)
    parser.add_argument("--sync", choices=("everysec", "always"), default=usual.sync, help="Redis' appendfsync")
    parser.add_argument("--per-second", type=float, default=usual.haste.per_second, help="on each platform")
    parser.add_argument("--at-once", type=int, default=usual.haste.at_once, help="under way in one worker")
    parser.add_argument("--log", type=Path, help="where to write what the workers logged")
    return parser


if __name__ == "__main__":
    sys.exit(main())
