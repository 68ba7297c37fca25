"""Holds the signals of other sources than the outflow while an operator has paused what they are about.

Example: the proofs of Binance are paused at 12:00. Its signal of 12:30 measures a proof with USDT at 98 % of what is
owed, and is held: no incident opens on it, and one that is open stays as it is. Its withdrawals are judged as ever. The
outflow's signal is held where it is measured (`outflow.py`).
"""

from collections.abc import Mapping
from dataclasses import replace

from bot.detection.proofs import LATE, LOST, LOWEST_RATIO, PROOF_RULE
from bot.detection.withdrawals.closed_withdrawals import WITHDRAWALS_RULE
from bot.domain.flow import Hold, HoldReason
from bot.domain.signal import CLOSED_WITHDRAWALS, Signal
from bot.domain.suppression import Metric, Suppression, suppression_of

METRICS: Mapping[str, Metric] = {WITHDRAWALS_RULE: Metric.WITHDRAWALS, PROOF_RULE: Metric.PROOF}
"""Which metric the signals of a rule are about; those of another rule cannot be paused."""
# What is judged of them. The sources grade nothing while one of these is held.
_JUDGED = frozenset({CLOSED_WITHDRAWALS, LATE, LOWEST_RATIO, LOST})


def withheld(signal: Signal, suppressions: Mapping[str, Suppression]) -> Signal:
    """Return a signal that is not graded yet, held where an operator has paused what it is about."""
    metric = METRICS.get(signal.rule)
    suppression = suppression_of(suppressions, signal.subject, metric) if metric else None
    if suppression is None:
        return signal
    hold = Hold(HoldReason.WITHHELD, str(suppression))
    figures = (replace(figure, hold=hold) if figure.name in _JUDGED else figure for figure in signal.figures)
    return replace(signal, figures=tuple(figures))
