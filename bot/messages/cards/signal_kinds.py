"""The table of signal sources: a line holds a source and the card of its incidents, and is all that a new one needs.

Judging asks a line's source for severities; alerts, `/incidents`, `/why`, rehearsals and backtests ask its card for
words. Nothing else knows which sources there are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from bot.detection.outflow_source import Outflow
from bot.detection.pegs import Peg
from bot.detection.price_gaps import PriceGap
from bot.detection.proofs import ProofsOfReserves
from bot.detection.withdrawals.closed_networks import ClosedNetworks
from bot.detection.withdrawals.closed_withdrawals import ClosedWithdrawals
from bot.domain.severity import Sensitivity
from bot.domain.signal import Rule, Signal, source_rule
from bot.domain.signal_source import SignalSource
from bot.messages.cards.data_notice import DataNoticeCard
from bot.messages.cards.outflow import MarketWideCard, OutflowCard
from bot.messages.cards.peg import PegCard
from bot.messages.cards.price_gap import PriceGapCard
from bot.messages.cards.proof_incident import ProofCard
from bot.messages.cards.signal_card import SignalCard
from bot.messages.cards.withdrawals_incident import ClosedNetworkCard, WithdrawalsCard


@dataclass(frozen=True, slots=True)
class SignalKind:
    """A kind of incident: what it comes from, and what it says."""

    source: SignalSource[Any, Any]
    card: SignalCard


SignalKinds = Mapping[str, SignalKind]
"""Kinds by the rule of their source."""


def signal_kinds(*kinds: SignalKind) -> SignalKinds:
    """Return a table of these kinds."""
    return MappingProxyType({kind.source.rule: kind for kind in kinds})


SIGNAL_KINDS = signal_kinds(
    SignalKind(Outflow(), OutflowCard()),
    SignalKind(ClosedWithdrawals(), WithdrawalsCard()),
    SignalKind(ClosedNetworks(), ClosedNetworkCard()),
    SignalKind(ProofsOfReserves(), ProofCard()),
    SignalKind(Peg(), PegCard()),
    SignalKind(PriceGap(), PriceGapCard()),
)

_MARKET_WIDE = MarketWideCard()
_DATA_NOTICE = DataNoticeCard()
_UNKNOWN = SignalCard()


def card_of(rule: str, kinds: SignalKinds = SIGNAL_KINDS) -> SignalCard:
    """Return the card of a rule's incidents; one of a source that is not in the table (any more) has the plainest."""
    if rule == Rule.MARKET_WIDE:
        return _MARKET_WIDE
    if rule == Rule.DATA:
        return _DATA_NOTICE
    kind = kinds.get(source_rule(rule))
    return kind.card if kind else _UNKNOWN


def grade_by_source(signal: Signal, sensitivity: Sensitivity, kinds: SignalKinds = SIGNAL_KINDS) -> Signal:
    """Return a signal graded by its source."""
    return kinds[source_rule(signal.rule)].source.grade(signal, sensitivity)
