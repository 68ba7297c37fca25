"""The words of proofs of reserves: of their methods, of how often they come, and of what has to be known beside one."""

from collections.abc import Mapping
from datetime import date

from bot.domain.proof_of_reserves import Liabilities, ProofMethod, ProofRemark
from bot.language.translation import marked, tr, tr_count

LIABILITIES_TEXTS: Mapping[Liabilities, str] = {
    Liabilities.INCLUDED: marked("**Liabilities included** · {proof}"),
    Liabilities.LEFT_OUT: marked("**Liabilities left out** · {proof}"),
    Liabilities.UNKNOWN: marked("**Liabilities: unknown** · {proof}"),
}
"""The first line of an answer; `{proof}` is `proof of 2026-04-01, 244 days old`."""
METHOD_TEXTS: Mapping[ProofMethod, str] = {
    ProofMethod.ZK_SNARK: marked("Method: zk-SNARK; customers can check that their balance was counted."),
    ProofMethod.ZK_STARK: marked("Method: zk-STARK; customers can check that their balance was counted."),
    ProofMethod.MERKLE_TREE: marked("Method: Merkle tree; customers can check that their balance was counted."),
    ProofMethod.MERKLE_SUM_TREE: marked("Method: Merkle sum tree; customers can check that their balance was counted."),
    ProofMethod.ATTESTED_MERKLE_TREE: marked(
        "Method: Merkle tree with an attestation; customers can check that their balance was counted."
    ),
    ProofMethod.FULL_LIST: marked("Method: full list of what is owed, without names; anybody can add it up."),
    ProofMethod.ATTESTATION: marked("Method: report of an accounting firm."),
    ProofMethod.UNKNOWN: marked("Method: unknown."),
}
REMARK_TEXTS: Mapping[ProofRemark, str] = {
    ProofRemark.REVIEWER_DISPUTED: marked("Its pages and those of the reviewer disagree on who reviews it."),
    ProofRemark.REVIEWER_UNNAMED: marked("Reviewed by a firm that is not named here."),
    ProofRemark.NEEDS_LOGIN: marked("Details only for customers who are logged in."),
    ProofRemark.HISTORY_HIDDEN: marked("Earlier proofs cannot be viewed."),
    ProofRemark.LIABILITIES_CLAIMED: marked("It says that liabilities are included; that cannot be looked up."),
}
_MONTH_DAYS = 31
_QUARTER_DAYS = 92
_LATE_FROM = 10
"""Exchanges take about a week to publish what they have counted."""


def day_words(day: date, *, is_month: bool) -> str:
    """Return a day, or the month of which nothing more is known: `2026-04-01`, `2025-06`."""
    return f"{day:%Y-%m}" if is_month else day.isoformat()


def cadence_words(days: int | None) -> str:
    """Return how often proofs come, as the beginning of a sentence."""
    if days is None:
        return tr("Published at no fixed times")
    if days == _MONTH_DAYS:
        return tr("Published every month")
    if days == _QUARTER_DAYS:
        return tr("Published every quarter")
    return tr_count("Published every {count} day", "Published every {count} days", days)


def due_words(cadence: str, late_days: int) -> str:
    """Return how often proofs come, and when the next one is or was due; publishing takes some days after that."""
    if late_days > _LATE_FROM:
        # Translators: {cadence} is `Published every month`.
        return tr_count("{cadence}: {count} day late.", "{cadence}: {count} days late.", late_days, cadence=cadence)
    if late_days > 0:
        # Translators: {cadence} is `Published every month`.
        return tr_count(
            "{cadence}; the next one was due {count} day ago.",
            "{cadence}; the next one was due {count} days ago.",
            late_days,
            cadence=cadence,
        )
    # Translators: {cadence} is `Published every month`.
    return tr_count(
        "{cadence}; the next one is due in {count} day.",
        "{cadence}; the next one is due in {count} days.",
        -late_days,
        cadence=cadence,
    )
