"""Runs both storms with any seed: `make chaos SEED=7`, or `python -m tests.chaos --help`."""

import argparse
import asyncio
import secrets
import sys
from pathlib import Path

from tests.chaos.delivery_process import DeliverySpeed
from tests.chaos.service_storm import ServiceOutcome, ServiceStormOptions
from tests.chaos.service_storm import run as run_service
from tests.chaos.storm import Outcome, StormOptions, run

_DELIVERIES, _SERVICE = "deliveries", "service"


def main() -> int:
    """Run one storm after the other, over deliveries and over the service; return 1 when one broke a promise."""
    arguments = _parser().parse_args()
    failed = 0
    for _ in range(arguments.runs):
        seed = arguments.seed if arguments.seed is not None else secrets.randbelow(10**6)
        _print(f"seed {seed}: make chaos SEED={seed} tries it again")
        if arguments.only != _SERVICE:
            failed += _report(asyncio.run(run(_delivery_options(arguments, seed))), arguments.log)
        if arguments.only != _DELIVERIES:
            failed += _report(asyncio.run(run_service(_service_options(arguments, seed))), arguments.log)
    return min(failed, 1)


def _delivery_options(arguments: argparse.Namespace, seed: int) -> StormOptions:
    return StormOptions(
        seed,
        deliveries=arguments.deliveries,
        worker_kills=arguments.worker_kills,
        store_kills=arguments.redis_kills,
        workers=arguments.workers,
        sync=arguments.sync,
        speed=DeliverySpeed(per_second=arguments.per_second, at_once=arguments.at_once),
    )


def _service_options(arguments: argparse.Namespace, seed: int) -> ServiceStormOptions:
    return ServiceStormOptions(seed, outflows=arguments.outflows, losses=arguments.losses)


def _report(outcome: Outcome | ServiceOutcome, log: Path | None) -> bool:
    """Print what a storm led to, and return whether it broke a promise."""
    _print(str(outcome))
    if log:
        with log.open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in outcome.complaints)
    broken = outcome.broken()
    for promise in broken:
        _print(f"BROKEN with seed {outcome.options.seed}: {promise}")
    return bool(broken)


def _print(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    defaults = StormOptions(0)
    parser.add_argument("--seed", type=int, help="the same for the same moments of every kill; else one by chance")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--only", choices=(_DELIVERIES, _SERVICE), help="one of the two storms")
    parser.add_argument("--deliveries", type=int, default=defaults.deliveries)
    parser.add_argument("--worker-kills", type=int, default=defaults.worker_kills)
    parser.add_argument("--redis-kills", type=int, default=defaults.store_kills)
    parser.add_argument("--workers", type=int, default=defaults.workers)
    parser.add_argument("--sync", choices=("everysec", "always"), default=defaults.sync, help="Redis' appendfsync")
    parser.add_argument("--per-second", type=float, default=defaults.speed.per_second, help="on each platform")
    parser.add_argument("--at-once", type=int, default=defaults.speed.at_once, help="under way in one worker")
    service = ServiceStormOptions(0)
    parser.add_argument("--outflows", type=int, default=service.outflows, help="of the service's eight exchanges")
    parser.add_argument("--losses", type=int, default=service.losses, help="of workers of the whole service")
    parser.add_argument("--log", type=Path, help="where to add what the workers logged")
    return parser


if __name__ == "__main__":
    sys.exit(main())
