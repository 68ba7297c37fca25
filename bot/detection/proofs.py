"""Proofs of reserves as a signal source: one that is overdue, one with less held than owed, one that lost a part.

Its subjects are exchanges whose proofs are read from themselves; a row of the table is never judged, for a newer proof
may exist. Example: Binance counts on the first of each month. Its proof of 1 September is 31 days old on 2 October, and
the next one is due; on 13 October it is 11 days late: watch. The proof of 1 October comes, and the incident eases. USDT
at 98.2 % of what is owed in it would be elevated; ETH, which that of September had, or what is owed of it, gone: watch.

The first proof that is seen is compared with none, so that nothing is lost by it. Everything has to show in two polls,
which are six hours apart.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from typing_extensions import override

from bot.domain.flow import Hold, HoldReason
from bot.domain.proof_of_reserves import ProofOfReserves
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Measurement, Reason, Signal, Size, Unit
from bot.domain.signal_source import SignalSource

PROOF_RULE = "proof"
LATE_DAYS: Mapping[Sensitivity, int] = {Sensitivity.EARLY: 10, Sensitivity.NORMAL: 10, Sensitivity.CALM: 20}
"""For longer than so many days after the next one was due it is late: publishing takes a week, for some eight days."""
LATE, LOWEST_RATIO, LOST = "late", "lowest ratio", "lost"
"""The figures that are judged: days, the lowest ratio of an asset less 1, and how many assets lost something."""
AGE = "age"
"""How many days before the reading balances were counted."""
LOST_ASSET, LOST_LIABILITIES = "lost asset ", "lost liabilities "
"""What the figures of lost parts begin with: `lost asset ETH`. One of an asset with less held than owed is its name."""

_MAX_AGE = timedelta(days=1)  # four polls, and two dozen tries when they fail


@dataclass(frozen=True, slots=True)
class KnownProof:
    """The newest proof of an exchange, and the one before it."""

    newest: ProofOfReserves
    previous: ProofOfReserves | None = None


@dataclass(frozen=True, slots=True)
class KnownProofs:
    """What is known of each exchange, by its id."""

    by_exchange: Mapping[str, KnownProof] = field(default_factory=dict)


class ProofsOfReserves(SignalSource[KnownProofs, ProofOfReserves]):
    """The rule of proofs of reserves."""

    rule = PROOF_RULE

    @override
    def initial_state(self) -> KnownProofs:
        return KnownProofs()

    @override
    def update(self, state: KnownProofs, readings: Sequence[ProofOfReserves]) -> KnownProofs:
        known = dict(state.by_exchange)
        for proof in sorted(filter(_is_dated, readings), key=lambda proof: (proof.as_of, proof.read_at)):
            known[proof.exchange] = _after(known.get(proof.exchange), proof)
        return KnownProofs(known)

    @override
    def subjects(self, state: KnownProofs) -> Collection[str]:
        return state.by_exchange.keys()

    @override
    def signal(self, state: KnownProofs, subject: str, now: datetime) -> Signal | None:
        known = state.by_exchange.get(subject)
        if known is None or known.newest.read_at is None:
            return None
        newest, read_at = known.newest, known.newest.read_at
        old = Hold(HoldReason.STALE, f"newest reading is {(now - read_at) // timedelta(hours=1)} h old")
        return Signal(
            subject,
            self.rule,
            as_of=read_at,
            fetched_at=read_at,
            source=newest.name,
            graded=False,
            # Without the time of the reading before, so that one reading after a long pause opens nothing.
            figures=tuple(_figures(known, read_at, old if now - read_at > _MAX_AGE else None)),
        )

    @override
    def grade(self, signal: Signal, sensitivity: Sensitivity) -> Signal:
        if signal.holds:
            return signal
        late, ratio, lost = (_value(signal, name) for name in (LATE, LOWEST_RATIO, LOST))
        limit = float(LATE_DAYS[sensitivity])
        reasons = {
            LOWEST_RATIO: (Severity.ELEVATED, Reason(None, LOWEST_RATIO, 1 + ratio, 1.0)) if ratio < 0 else None,
            LOST: (Severity.WATCH, Reason(None, LOST, -lost, 1.0)) if lost < 0 else None,
            LATE: (Severity.WATCH, Reason(None, LATE, -late, limit)) if -late > limit else None,
        }
        crossed = {name: found for name, found in reasons.items() if found}
        severity = max((found[0] for found in crossed.values()), key=lambda severity: severity.rank, default=None)
        # One that is late goes on being so until the next one has come.
        is_due = late < 0
        return replace(
            signal,
            severity=severity,
            easing=severity or (Severity.WATCH if is_due else None),
            reasons=tuple(reason for graded, reason in crossed.values() if graded is severity),
            leading=next(iter(crossed), LATE),
            crossed=tuple(crossed),
            graded=True,
        )


def _is_dated(proof: ProofOfReserves) -> bool:
    return proof.as_of is not None and proof.read_at is not None


def _after(known: KnownProof | None, proof: ProofOfReserves) -> KnownProof:
    """Return what is known after a reading: of a new proof, of the same one again, or of one that is older."""
    if known is None:
        return KnownProof(proof)
    if _day(proof) > _day(known.newest):
        return KnownProof(proof, known.newest)
    return replace(known, newest=proof) if _day(proof) == _day(known.newest) else known


def _day(proof: ProofOfReserves) -> date:
    return proof.as_of or date.min


def _figures(known: KnownProof, read_at: datetime, hold: Hold | None) -> Iterator[Measurement]:
    """Yield what is judged, each with the hold, then what it consists of; all as of when the proof was read."""
    proof = known.newest
    late_days = max(0, proof.late_days(read_at) or 0)
    short = sorted((asset for asset in proof.ratios if asset.is_short), key=lambda asset: asset.ratio or 0.0)
    lost = list(_lost(known.previous, proof)) if known.previous else []
    lowest = (short[0].ratio or 0.0) - 1 if short else 0.0
    yield Measurement(LATE, Size(-float(late_days), Unit.DAYS), hold)
    yield Measurement(LOWEST_RATIO, Size(lowest, Unit.OWED), hold)
    yield Measurement(LOST, Size(-float(len(lost)), Unit.COUNT), hold)
    yield Measurement(AGE, Size(-float(proof.age_days(read_at) or 0), Unit.DAYS))
    yield from (Measurement(asset.asset, Size((asset.ratio or 0.0) - 1, Unit.OWED)) for asset in short)
    yield from (Measurement(name, Size(-1.0, Unit.COUNT)) for name in lost)


def _lost(before: ProofOfReserves, after: ProofOfReserves) -> Iterator[str]:
    """Yield the names of the figures of what the proof before had, and the newest one has not."""
    now = {asset.asset: asset for asset in after.ratios}
    for asset in before.ratios:
        if asset.asset not in now:
            yield f"{LOST_ASSET}{asset.asset}"
        elif asset.liabilities is not None and now[asset.asset].liabilities is None:
            yield f"{LOST_LIABILITIES}{asset.asset}"


def _value(signal: Signal, name: str) -> float:
    sizes = (figure.size for figure in signal.figures if figure.name == name)
    return next((size.value for size in sizes if size), 0.0)
