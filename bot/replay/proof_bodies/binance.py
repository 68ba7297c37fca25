"""Binance's proofs of reserves: the days of all of them as dd/mm/yy, and the newest with the amounts of each coin."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.proof_of_reserves import AssetRatio, ProofOfReserves
from bot.replay.proof_bodies.twin import ProofPath, ProofTwin

_APEX = "/bapi/apex/v1/public/apex/market/query"
_FIRST_HEIGHT = 776_000  # of Bitcoin, on 1 February 2023
_MONTH_BLOCKS = 4_400


def _days(proofs: Sequence[ProofOfReserves], _query: Mapping[str, str]) -> object:
    heights = [_FIRST_HEIGHT + number * _MONTH_BLOCKS for number in range(len(proofs))]
    told = [f"{_time(proof)} | BTC Block Height {height}" for proof, height in zip(proofs, heights, strict=True)]
    return {"code": "000000", "message": None, "success": True, "data": [*told[::-1], "November 2022"]}


def _newest(proofs: Sequence[ProofOfReserves], _query: Mapping[str, str]) -> object:
    *_, newest = proofs
    snapshot = {
        "snapshotTime": _time(newest),
        "merkleRootHash": f"{newest.as_of:%Y%m%d}".rjust(64, "0"),
        "auditor": newest.reviewer or "zk-SNARKs",
        "auditorLink": "https://www.binance.com/en/support/faq/815b25f0cb054bdd9d35eccc408fe981",
        "auditId": f"PR{newest.as_of:%d%b%y}".upper(),
        "auditDate": f"{newest.as_of:%d/%m/%y}",
        "snapshotDataList": [_coin(ratio) for ratio in newest.ratios],
    }
    return {"code": "000000", "message": None, "success": True, "data": snapshot}


def _coin(ratio: AssetRatio) -> dict[str, Any]:
    custody = ratio.reserves * 0.01 if ratio.reserves is not None else None
    return {
        "coin": ratio.asset,
        "ratio": f"{ratio.ratio or 0:.16f}",
        "customerLiability": ratio.liabilities,
        "binanceLiability": ratio.reserves,
        "exchangeBalance": ratio.reserves - custody if ratio.reserves is not None and custody is not None else None,
        "thirdPartyCustody": custody,
        "marginInsurance": None,
        "futureInsurance": None,
        "customerLiabilityUsdt": 42_259_690_305.68295822,
    }


def _time(proof: ProofOfReserves) -> str:
    return f"{proof.as_of:%d/%m/%y} 00:00:00 UTC"


BINANCE_PROOF_TWIN = ProofTwin(
    "binance",
    "binance_proofs_url",
    (
        ProofPath(f"{_APEX}/auditProofSnapshotCondition", _days),
        ProofPath(
            f"{_APEX}/userReserveAuditProofSnapshot",
            _newest,
            method="POST",
            content=b'{"time":"","pageIndex":0,"pageSize":0}',
        ),
    ),
)
