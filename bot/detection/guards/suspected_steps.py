"""Suspected steps: moves from one reading to the next that look like the source's upkeep, not like customers.

- Alone: a chain, an asset or an asset on one chain, worth 0.5 % of reserves or more, moves by more than 30 % of itself
  while everything else stands still (less than 1 % of itself). Chains that came back in this reading are one group.
- Evenly: every asset changes by the same factor, within 2 %, and by 8 % or more. A count went wrong.
- Together: several exchanges of one source make the largest step of their last 90 days in one round (`moved_together`).
- Appeared: an asset in a place where there was none, 0.1 % of reserves or more. A listing, a label, or a priced scam.
- Large: one asset moves by 1 % of reserves or more. It is flow, and remembered for two days in case it turns round.

The first three wait for the readings to come (`verdicts`).

Example: Tron 100 → 50 while Bitcoin stays at 900.

    >>> from tests.detection.guards.worked_series import readings, state_after
    >>> jump = state_after(readings(Tron=(100, 50), Bitcoin=(900, 900))).jumps[-1]
    >>> jump.reason.value, jump.verdict.value, jump.group, jump.share
    ('moved alone', 'waiting', 'Tron', -0.05)
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from bot.detection.flow.asset_moves import appeared_slots
from bot.detection.flow.reading_diff import LARGE, LISTED, SUDDEN, GroupKind, GroupMove, ReadingDiff, slot_name
from bot.detection.flow.uncounted import clamped
from bot.detection.thresholds import ISOLATED_MOVE_JUMP, ISOLATED_MOVE_SHARE
from bot.domain.jump import Jump, JumpPart, JumpReason, Move, Verdict
from bot.domain.reading import NO_HOLDING

FLAT = 0.01
"""The rest stands still while its net move is below this share of itself. A judgement: most usual days move less."""
EVEN_STEP = 0.08
"""The least change of everything by one factor: that of a severe day. Smaller ones happen to customers as well."""
EVEN_WITHIN = 0.02
"""How far the assets' factors may lie apart: customers never leave every asset alike."""
EVERYTHING = "everything"
"""The group of a jump that is in all assets."""
REST = ""
"""The key of what a quiet diff does not tell apart: all but the assets of jumps."""
_LEAST_ASSETS = 3  # of two assets nobody can tell whether they moved evenly or by chance
_HALF = 0.5  # the rest has to be most of the exchange: against a small rest every large move would look isolated
_LEAST_REST = 0.15
"""The least rest beside a single asset, as a share of reserves. A run takes several assets, so that one which is seven
tenths of an exchange is held as well; beside nearly nothing there is nothing to compare with."""


@dataclass(frozen=True, slots=True)
class ReadingStep:
    """A diff whose moves are as large as `kept` says, by asset: 1, or less where the rest belongs to known jumps."""

    diff: ReadingDiff
    kept: Mapping[str, float]
    own_tokens: Collection[str]

    @property
    def usd(self) -> Mapping[str, float]:
        """Return what moved, by asset, in USD; of a quiet diff everything that it does not tell apart as `REST`."""
        usd = {asset: move.usd * self.kept.get(asset, 1.0) for asset, move in self.diff.moves.items()}
        if self.diff.is_quiet:
            usd[REST] = self.diff.usd - sum(move.usd for move in self.diff.moves.values())
        return usd

    def jump(self, group: str, parts_usd: Mapping[str, float], reason: JumpReason, verdict: Verdict) -> Jump | None:
        """Return the jump of these assets, each as large in USD as is said; None where nothing is left of it."""
        at, parts = self.diff.latest.as_of, list[JumpPart]()
        for asset, usd in sorted(parts_usd.items(), key=lambda part: -abs(part[1])):
            move = self.diff.moves.get(asset)
            if usd and move:
                units = move.units * (usd / move.usd)
                before = self.diff.previous.by_asset().get(asset, NO_HOLDING).amount
                parts.append(JumpPart(asset, units, (Move(at, units),), before))
        total = sum(parts_usd.values())
        if not parts:
            return None
        # Of a jump in all assets the rest is what all of them do afterwards.
        rest_usd = self.diff.was_usd - (self._worth(parts_usd) if group != EVERYTHING else 0.0)
        return Jump(group, at, total, total / self.diff.was_usd, reason, verdict, tuple(parts), rest_usd)

    def _worth(self, assets: Collection[str]) -> float:
        by_asset = self.diff.previous.by_asset()
        return sum(by_asset[asset].usd for asset in assets if asset in by_asset)


def suspected_jumps(
    step: ReadingStep,
    *,
    together: bool,
    back_chains: Collection[str],
    runs: bool,
    recently_wrong: Collection[str] = (),
) -> list[Jump]:
    """Return the jumps that begin with this step.

    `together` says that other exchanges of the source moved as well, `back_chains` are chains that came back in this
    reading. While an outflow is under way (`runs`), what leaves is no change of wallets any more. Drops of the assets
    `recently_wrong` came back within the last two days.
    """
    if not step.diff.was_usd:
        return []
    suspected = (_together(step) if together else None) or _even(step) or _alone(step, back_chains)
    if suspected is not None and runs and suspected.usd < 0:
        suspected = None
    held = {part.asset for part in suspected.parts} if suspected else set[str]()
    return [*([suspected] if suspected else []), *_large(step, held, recently_wrong), *_appeared(step)]


def _together(step: ReadingStep) -> Jump | None:
    """Return the jump of everything that moved the way that the whole did, where that is much."""
    net_usd = sum(step.usd.values())
    if abs(net_usd) < SUDDEN * step.diff.was_usd:
        return None
    same_way = {asset: usd for asset, usd in step.usd.items() if usd * net_usd > 0}
    return step.jump(EVERYTHING, same_way, JumpReason.TOGETHER, Verdict.WAITING)


def _even(step: ReadingStep) -> Jump | None:
    """Return the jump of everything where all assets of weight changed by one factor."""
    before, usd = step.diff.previous.by_asset(), step.usd
    least_usd = ISOLATED_MOVE_SHARE * step.diff.was_usd
    factors = [
        1 + usd.get(asset, 0.0) / held.usd
        for asset, held in before.items()
        if held.usd >= least_usd and asset not in step.own_tokens
    ]
    if len(factors) < _LEAST_ASSETS:
        return None
    common = 1 + sum(usd.values()) / step.diff.was_usd
    if abs(common - 1) < EVEN_STEP or any(abs(factor - common) > EVEN_WITHIN * common for factor in factors):
        return None
    return step.jump(EVERYTHING, usd, JumpReason.EVENLY, Verdict.WAITING)


def _alone(step: ReadingStep, back_chains: Collection[str]) -> Jump | None:
    """Return the jump of the largest group that moved by itself while everything else stood still.

    Everything else is most of the exchange, or beside a single asset 15 % of it.
    """
    diff, usd = step.diff, step.usd
    groups = dict(diff.groups(step.own_tokens, step.kept))
    net_usd = sum(usd.values())
    if len(back_chains) > 1:
        together = GroupMove()
        for chain in back_chains:
            group = groups.get((GroupKind.CHAIN, chain), GroupMove())
            together.was_usd += group.was_usd
            together.moved_usd += group.moved_usd
        groups[GroupKind.CHAIN, ""] = together
    candidates = [
        (abs(group.moved_usd), kind, name)
        for (kind, name), group in groups.items()
        if _is_alone(diff, group, net_usd, _HALF if kind is GroupKind.CHAIN else _LEAST_REST)
    ]
    for _, kind, name in sorted(candidates, reverse=True):
        chains = {name} if name else set(back_chains)
        parts = _parts_usd(step, kind, name, chains)
        if _is_jump(diff, groups[kind, name].was_usd, sum(parts.values())):
            return step.jump(", ".join(sorted(chains)), parts, JumpReason.ALONE, Verdict.WAITING)
    return None


def _parts_usd(step: ReadingStep, kind: GroupKind, name: str, chains: Collection[str]) -> Mapping[str, float]:
    """Return what moved in a group, by asset, in USD; what moved to another chain of the same asset is no part of it.

    Of an asset that goes from Arbitrum to Ethereum nothing is left.
    """
    usd = step.usd
    moved: defaultdict[str, float] = defaultdict(float)
    for change in step.diff.changes:
        names = {
            GroupKind.CHAIN: change.slot.chain in chains,
            GroupKind.ASSET: change.slot.asset == name,
            GroupKind.SLOT: slot_name(change.slot) == name,
        }
        if names[kind] and not change.vanished:
            moved[change.slot.asset] += change.usd * step.kept.get(change.slot.asset, 1.0)
    return {asset: clamped(part, usd.get(asset, 0.0)) for asset, part in moved.items()}


def _is_alone(diff: ReadingDiff, group: GroupMove, net_usd: float, least_rest: float) -> bool:
    """Return whether a group jumped by itself. What others make up for by more than half is a conversion, no upkeep."""
    rest_usd = diff.was_usd - group.was_usd
    is_rest_still = rest_usd >= least_rest * diff.was_usd and abs(net_usd - group.moved_usd) < FLAT * rest_usd
    return is_rest_still and _is_jump(diff, group.was_usd, group.moved_usd) and net_usd / group.moved_usd >= _HALF


def _is_jump(diff: ReadingDiff, was_usd: float, moved_usd: float) -> bool:
    """Return whether a part of weight moved far: its worth before or after, and its move as a fraction of itself."""
    is_of_weight = max(was_usd, was_usd + moved_usd) >= ISOLATED_MOVE_SHARE * diff.was_usd
    return is_of_weight and abs(moved_usd) > ISOLATED_MOVE_JUMP * was_usd


def _large(step: ReadingStep, held: Collection[str], recently_wrong: Collection[str]) -> Iterator[Jump]:
    """Yield a jump for each asset that moved by much and is not held: it counts, and may turn round.

    A drop of an asset that was wrong before waits until it has stood for an hour.

    What came in for other assets that left is a conversion and brings nothing: else customers who leave with what their
    coins were turned into would not be seen. Nor does what was turned into others take anything away: 100 USDT become
    99 USDC and the day after USDT again. Were the USDT remembered, they would have returned, and the USDC left.
    """
    net_usd = sum(step.usd.values())
    for asset, usd in step.usd.items():
        if asset in held or abs(usd) < LARGE * step.diff.was_usd:
            continue
        is_conversion = net_usd / usd < _HALF  # in either direction
        if not is_conversion:
            verdict = Verdict.WAITING if usd < 0 and asset in recently_wrong else Verdict.COUNTED
            yield from filter(None, [step.jump(asset, {asset: usd}, JumpReason.LARGE, verdict)])


def _appeared(step: ReadingStep) -> Iterator[Jump]:
    """Yield what appeared, a chain that was not there at all as one jump."""
    diff = step.diff
    at = diff.latest.as_of
    chain_of = {
        slot.asset: slot.chain
        for slot, _, _ in appeared_slots(diff.previous, diff.latest)
        if slot.chain not in diff.previous.chains
    }
    grouped: defaultdict[str, list[JumpPart]] = defaultdict(list)
    worth: defaultdict[str, float] = defaultdict(float)
    for asset, move in sorted(diff.appeared.items(), key=lambda appeared: -appeared[1].usd):
        units = move.units * step.kept.get(asset, 1.0)
        if units > 0:
            group = chain_of.get(asset, asset)
            grouped[group].append(JumpPart(asset, units, (Move(at, units),)))
            worth[group] += move.usd * step.kept.get(asset, 1.0)
    for group, parts in grouped.items():
        usd = worth[group]
        if usd >= LISTED * diff.was_usd:
            share = usd / diff.was_usd
            yield Jump(group, at, usd, share, JumpReason.APPEARED, Verdict.NOT_COUNTED, tuple(parts), diff.was_usd, at)
