"""Names the rows of the table of proofs of reserves that nobody has looked up for a quarter, for `runwatch check`.

Example: "Proofs of reserves: in the bot's own table nothing newer than a quarter is known of OKX, Kraken and 7 more;
/por says so beside each." It is no problem of the settings: a newer version of the bot may have a newer table.
"""

from collections.abc import Collection, Sequence
from datetime import date

from bot.cli.finding import Finding
from bot.domain.proof_of_reserves import ProofOfReserves
from bot.sources.proofs.curated import curated_proofs, outdated

_MAX_NAMED = 3


def proof_findings(today: date, *, read: Collection[str] = ()) -> Sequence[Finding]:
    """Return which rows of the table are old, nothing where none is; `read` are exchanges that need no row."""
    rows = (proof for exchange, proof in curated_proofs().items() if exchange not in read)
    old = outdated(rows, today)
    if not old:
        return []
    return [
        Finding(
            f"Proofs of reserves: in the bot's own table nothing newer than a quarter is known of {_listed(old)}; "
            "/por says so beside each."
        )
    ]


def _listed(proofs: Sequence[ProofOfReserves]) -> str:
    names, more = [proof.name for proof in proofs[:_MAX_NAMED]], len(proofs) - _MAX_NAMED
    return ", ".join(names) + (f" and {more} more" if more > 0 else "")
