"""Asks every exchange once what it says of withdrawals, for `runwatch check`: all at the same time, in one sentence.

Example: "Withdrawals: 25 of 27 exchanges answer; blocked: Binance; timeout: LBank." Those that do not answer are no
problem: alerts come without them, and which exchanges a host can reach depends on where it stands.
"""

import asyncio
from collections.abc import Mapping, Sequence

from bot.cli.finding import Finding
from bot.domain.errors import SourceFault
from bot.ports.sources import WithdrawalSource

_DEADLINE_S = 10.0  # as for every other connection that is tried
_MAX_NAMED = 5  # exchanges with one fault


async def withdrawal_findings(
    sources: Sequence[WithdrawalSource], *, deadline_s: float = _DEADLINE_S
) -> Sequence[Finding]:
    """Return what came of asking, nothing where no exchange is asked."""
    if not sources:
        return []
    faults = await asyncio.gather(*(_fault_of(source, deadline_s) for source in sources))
    names: dict[SourceFault, list[str]] = {}
    for source, fault in zip(sources, faults, strict=True):
        if fault:
            names.setdefault(fault, []).append(source.name)
    answered = faults.count(None)
    consequence = "" if answered else " Until one does, an outflow cannot become critical."
    return [Finding(f"Withdrawals: {answered} of {len(sources)} exchanges answer{_failures(names)}.{consequence}")]


async def _fault_of(source: WithdrawalSource, deadline_s: float) -> SourceFault | None:
    try:
        async with asyncio.timeout(deadline_s):
            return (await source.read()).fault
    except TimeoutError:
        return SourceFault.TIMEOUT


def _failures(names: Mapping[SourceFault, Sequence[str]]) -> str:
    """Return who does not answer, by why: "; blocked: Binance, Bybit; timeout: LBank"."""
    return "".join(f"; {fault}: {_listed(names[fault])}" for fault in sorted(names))


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MAX_NAMED
    return ", ".join(names[:_MAX_NAMED]) + (f" and {more} more" if more > 0 else "")
