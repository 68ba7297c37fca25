"""BitMEX's proofs of reserves: the list of a public bucket, for the month that is asked for."""

from collections.abc import Sequence

from bot.domain.proof_of_reserves import Liabilities, ProofOfReserves
from bot.replay.proof_bodies.twin import ProofPath, ProofTwin

_HEIGHT = 966_053


def _list(proofs: Sequence[ProofOfReserves], prefix: str) -> str:
    """Return the files whose names begin with a prefix, in the order of their names."""
    named = (f"data/porl/{name}" for proof in proofs for name in _names(proof))
    keys = sorted(name for name in named if name.startswith(prefix))
    contents = "".join(
        f"<Contents><Key>{key}</Key><LastModified>2026-09-08T10:31:07.000Z</LastModified>"
        f"<ETag>&quot;0f1e&quot;</ETag><Size>22391</Size><StorageClass>STANDARD</StorageClass></Contents>"
        for key in keys
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Name>public.bitmex.com</Name><Prefix>{prefix}</Prefix><KeyCount>{len(keys)}</KeyCount>"
        f"<MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>"
    )


def _names(proof: ProofOfReserves) -> Sequence[str]:
    day = f"{proof.as_of:%Y%m%d}"
    counted = f"{_HEIGHT}-{day}D100102534828000"
    reserves = [f"{day}-reserves-{counted}.yaml", f"{day}-token_reserves-{day}.yaml"]
    liabilities = [f"{day}-liabilities-{counted}.csv"] if proof.liabilities is Liabilities.INCLUDED else []
    return [*reserves, *liabilities]


BITMEX_PROOF_TWIN = ProofTwin(
    "bitmex",
    "bitmex_proofs_url",
    (ProofPath("/public.bitmex.com", lambda proofs, query: _list(proofs, query.get("prefix", ""))),),
)
