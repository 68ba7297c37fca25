"""Net flow between two readings, free of price moves, and how certain it is.

flow = Σ over assets of what moved at the prices of the start (`asset_moves`), without the exchange's own tokens.
A difference of USD totals is never a flow: in June 2023 Binance's total fell 8.2 B USD, of which 3.45 B was flow.

An example: 1,000 USDT and 10 BTC at $100, then 900 USDT and 11 BTC at $50. The total fell from 2,000 to 1,450 USD, but
the flow is −100 × 1 + 1 × 100 = 0.

Where a part of last known value M is missing at the end, what the rest lost may have moved there, and the part itself
may have lost up to M: with a flow of −58 % and M = 2.6 % the true figure lies between −60.6 and −55.4 %. A drop that
waits for its verdict widens the interval as well: it may count, or not. A rise that waits is in neither end: in the
upper one it would hide what left beside it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from heapq import nlargest

from bot.detection.flow.asset_moves import AssetMoves, asset_moves
from bot.detection.flow.uncounted import UNCOUNTED, jumps_within, uncounted_units
from bot.domain.flow import AssetFlow, Flow, Hold, HoldReason, Window
from bot.domain.guard_state import LostPart
from bot.domain.jump import Jump, JumpReason, Verdict
from bot.domain.reading import Reading

TOLERATED_MISSING = 0.02
"""The fraction of reserves that may be missing at the end before the window is held. By judgement: small chains come
and go at the upstream, and what could have left them stays below the threshold of elevated (3 %)."""

GONE_FROM_BOTH_ENDS = timedelta(hours=72)
"""How long a part counts as missing from windows of which it is missing at both ends. A judgement: a source that lost a
chain by mistake has it again within days."""

SHOWN_PART = 0.001
"""A part below this fraction of the reserves is not named: it changes no total that people see, and every day a token
drops out for an hour."""

SHOWN_ASSETS = 12
"""How many assets a flow names at most. Messages show fewer; the other figures of a flow count every asset."""


_TWICE = 4  # turns: away, back, away, back


@dataclass(frozen=True, slots=True)
class UnknownPart:
    """A part that is missing at the end of a window, and what it was worth when it was last told, in USD."""

    name: str
    usd: float


def net_flow(  # noqa: PLR0913 — the two readings, and what is known of the time between
    window: Window,
    base: Reading,
    end: Reading,
    own_tokens: Collection[str],
    *,
    jumps: Sequence[Jump] = (),
    lost_parts: Sequence[LostPart] = (),
) -> Flow:
    """Return the net flow from `base` to `end` in USD and as a share of the base's reserves, positive = net deposits.

    Both readings are as they are understood now (`guards.restatement`): a part that `end` lacks is in it with what it
    held last, and among the `lost_parts`. Chains that `end` does not cover at all are left out and named. Either makes
    the figure uncertain, and holds the window once it was worth more than 2 % of the reserves; what is certain of it
    is graded all the same.
    """
    since, until = base.as_of, end.as_of

    def moves_without(verdicts: Collection[Verdict], among: Sequence[Jump] = jumps) -> AssetMoves:
        return asset_moves(base, end, own_tokens, uncounted=uncounted_units(among, since, until, verdicts))

    moves = moves_without(UNCOUNTED)
    gone = gone_parts(base, end, lost_parts)
    gone_names = {part.name for part in gone}
    reserves_usd, usd = base.total_usd(without=own_tokens) - _held_usd(gone, base, own_tokens), moves.usd
    waiting = jumps_within(jumps, Verdict.WAITING, since, until)
    all_but_drops = [jump for jump in jumps if jump.verdict is not Verdict.WAITING or jump.usd > 0]
    worst_usd = min(usd, moves_without(UNCOUNTED, all_but_drops).usd) if waiting else usd
    has_doubted = jumps_within(jumps, Verdict.DOUBTED, since, until)
    doubted_usd = min(0.0, usd - moves_without(UNCOUNTED | {Verdict.DOUBTED}).usd) if has_doubted else 0.0
    unknown = unknown_parts(base, end, own_tokens, lost_parts)
    unknown_usd = sum(part.usd for part in unknown)
    is_certain = not unknown and not waiting
    return Flow(
        window=window,
        start=since,
        end=until,
        usd=usd,
        share=usd / reserves_usd if reserves_usd > 0 else 0.0,
        reserves_usd=reserves_usd,
        assets=_largest(moves),
        missing_chains=tuple(sorted(part.name for part in unknown)),
        hold=_jump_hold(waiting) or _missing_hold(unknown, unknown_usd, reserves_usd),
        # No more can have left than was there: what is missing may have been told far higher since the base.
        lowest_usd=None if is_certain else max(worst_usd - unknown_usd, -reserves_usd),
        highest_usd=None if is_certain else usd + unknown_usd,
        doubted_usd=doubted_usd,
        lost_at_start=tuple(sorted(_lost_at_start(base, own_tokens, lost_parts, reserves_usd) - gone_names)),
        gone_parts=tuple(sorted(gone_names)),
    )


def unknown_parts(
    base: Reading, end: Reading, own_tokens: Collection[str], lost_parts: Iterable[LostPart] = ()
) -> list[UnknownPart]:
    """Return the parts of the base that are missing at the end, each with its worth at the base's prices.

    A part that both ends lack may hold what left the rest between them, too. After 72 h it is taken for gone: the ends
    compare well without it, and a chain that the source gave up must not silence an exchange for good.
    """
    lost = [
        part
        for part in lost_parts
        if part.lacks(end.as_of) and (not part.lacks(base.as_of) or end.as_of - part.since <= GONE_FROM_BOTH_ENDS)
    ]
    parts = [UnknownPart(part.name, _worth(part, base, own_tokens)) for part in lost]
    chains = base.chains - end.chains
    parts += [UnknownPart(chain, clean_usd(base, {chain}, own_tokens)) for chain in chains]
    return [part for part in parts if part.usd > 0]


def _lost_at_start(
    base: Reading, own_tokens: Collection[str], lost_parts: Iterable[LostPart], reserves_usd: float
) -> set[str]:
    """Return the parts that the source did not tell at the start: the reserves there have what they held last."""
    return {
        part.name
        for part in lost_parts
        if part.lacks(base.as_of) and _worth(part, base, own_tokens) >= SHOWN_PART * reserves_usd
    }


def gone_parts(base: Reading, end: Reading, lost_parts: Iterable[LostPart]) -> list[LostPart]:
    """Return the parts that both ends lack and that are taken for gone: the window is one of the rest.

    Example: Tron, 12 % of $100 B, is away since Monday. On Friday the window of a day is over the $88 B of the rest,
    so that $8.8 B of them are 10 %. That of a week still has Tron at its start, and is held.
    """
    return [
        part
        for part in lost_parts
        if part.lacks(base.as_of) and part.lacks(end.as_of) and end.as_of - part.since > GONE_FROM_BOTH_ENDS
    ]


def _held_usd(parts: Collection[LostPart], base: Reading, own_tokens: Collection[str]) -> float:
    """Return what the base, as it is understood, has of parts; a slot that two of them have lost counts once."""
    if not parts:
        return 0.0
    slots = {slot for part in parts for slot in part.holdings if slot.asset not in own_tokens}
    return sum(held.usd for slot, held in base.holdings.items() if slot in slots)


def _worth(part: LostPart, base: Reading, own_tokens: Collection[str]) -> float:
    usd = 0.0
    for slot, last in part.holdings.items():
        before = base.holdings.get(slot)
        if slot.asset not in own_tokens:
            usd += last.amount * (before.usd / before.amount) if before and before.amount > 0 else last.usd
    return usd


def _largest(moves: AssetMoves) -> tuple[AssetFlow, ...]:
    """Return one flow per asset, largest first by worth, `SHOWN_ASSETS` at most."""
    largest = nlargest(SHOWN_ASSETS, moves.counted.items(), key=lambda moved: abs(moved[1].usd))
    return tuple(AssetFlow(asset, move.units, move.usd) for asset, move in largest if move.usd)


def clean_usd(reading: Reading, chains: Collection[str], own_tokens: Collection[str]) -> float:
    """Return the value in USD that lies on these chains, without the exchange's own tokens."""
    return sum(
        holding.usd
        for slot, holding in reading.holdings.items()
        if slot.chain in chains and slot.asset not in own_tokens
    )


def _jump_hold(waiting: Sequence[Jump]) -> Hold | None:
    """Return why a window is held in which jumps wait for their verdict: the largest of them; None without any."""
    if not waiting:
        return None
    jump = max(waiting, key=lambda jump: abs(jump.usd))
    of_source = jump.reason in {JumpReason.EVENLY, JumpReason.TOGETHER}
    share = f"{jump.share * 100:+.1f}".replace("-", "−")
    detail = f"{jump.group}, {share} % of reserves in one step"
    if jump.turns:
        detail += f", away again after {jump.turns // 2} {'return' if jump.turns < _TWICE else 'returns'}"
    return Hold(HoldReason.SOURCE_GLITCH if of_source else HoldReason.WALLETS_CHANGED, detail)


def _missing_hold(unknown: Sequence[UnknownPart], unknown_usd: float, reserves_usd: float) -> Hold | None:
    """Return why the window is held: too much is missing at the end."""
    if reserves_usd <= 0 or unknown_usd <= TOLERATED_MISSING * reserves_usd:
        return None
    names = ", ".join(sorted(part.name for part in unknown))
    return Hold(HoldReason.CHAIN_MISSING, f"{names}, {min(unknown_usd / reserves_usd, 1) * 100:.1f} % of reserves")
