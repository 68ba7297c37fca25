"""The table of proofs of reserves that people keep: for exchanges that cannot be read, each row with its sources.

A row of `curated.json` says what somebody has looked up: `as_of` is a day (`2026-04-01`) or a month (`2025-06`),
`told_on` the newest day that its sources tell of, `ratios_of` that of an older proof that the ratios are from, and
`sources` what it rests on, for whoever looks it up again. What they do not say is left out, and nothing is guessed.
`runwatch check` names the rows in which nothing is newer than a quarter.
"""

import calendar
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from importlib.resources import files
from typing import Annotated

import msgspec

from bot.domain.proof_of_reserves import (
    AssetRatio,
    Liabilities,
    ProofMethod,
    ProofOfReserves,
    ProofRemark,
    ProofState,
)

_Ratio = Annotated[float, msgspec.Meta(gt=0, lt=100)]
_Amount = Annotated[float, msgspec.Meta(ge=0)]
_Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
_DayOrMonth = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}(-\d{2})?$")]
_MONTH_LETTERS = 7


class _CuratedRatio(msgspec.Struct, forbid_unknown_fields=True):
    asset: str
    ratio: _Ratio
    reserves: _Amount | None = None
    liabilities: _Amount | None = None


class _CuratedRow(msgspec.Struct, forbid_unknown_fields=True):
    exchange: str
    name: str
    sources: Annotated[list[str], msgspec.Meta(min_length=1)]
    state: ProofState = ProofState.PUBLISHED
    as_of: _DayOrMonth | None = None
    told_on: _Day | None = None
    cadence_days: Annotated[int, msgspec.Meta(gt=0)] | None = None
    method: ProofMethod = ProofMethod.UNKNOWN
    reviewer: str | None = None
    liabilities: Liabilities = Liabilities.UNKNOWN
    ratios: list[_CuratedRatio] = []
    ratios_of: _DayOrMonth | None = None
    total_ratio: _Ratio | None = None
    ratio_range: tuple[_Ratio, _Ratio] | None = None
    remarks: list[ProofRemark] = []
    url: str = ""


_rows = msgspec.json.Decoder(list[_CuratedRow])


def curated_proofs() -> Mapping[str, ProofOfReserves]:
    """Return the table that is part of the program, by the ids of exchanges."""
    return parse_table((files("bot.sources.proofs") / "curated.json").read_bytes())


def parse_table(body: bytes) -> Mapping[str, ProofOfReserves]:
    """Return the rows of a table by the ids of exchanges; raise msgspec's errors, and ValueError for two of one."""
    rows = _rows.decode(body)
    proofs = {row.exchange: _proof(row) for row in rows}
    if len(proofs) < len(rows):
        raise ValueError("an exchange has two rows")
    return proofs


def outdated(proofs: Iterable[ProofOfReserves], today: date) -> Sequence[ProofOfReserves]:
    """Return the rows whose sources tell of nothing newer than a quarter ago, or of no day at all."""
    return [proof for proof in proofs if proof.is_outdated(today)]


def _proof(row: _CuratedRow) -> ProofOfReserves:
    is_month = row.as_of is not None and len(row.as_of) == _MONTH_LETTERS
    return ProofOfReserves(
        row.exchange,
        row.name,
        state=row.state,
        as_of=_last_day(row.as_of) if row.as_of else None,
        is_month=is_month,
        cadence_days=row.cadence_days,
        method=row.method,
        reviewer=row.reviewer,
        liabilities=row.liabilities,
        ratios=tuple(AssetRatio(asset.asset, asset.ratio, asset.reserves, asset.liabilities) for asset in row.ratios),
        ratios_of=row.ratios_of or "",
        total_ratio=row.total_ratio,
        ratio_range=row.ratio_range,
        remarks=tuple(row.remarks),
        url=row.url,
        told_on=date.fromisoformat(row.told_on) if row.told_on else None,
    )


def _last_day(text: str) -> date:
    """Return a day, or the last one of a month: what was counted in it is that old at least."""
    if len(text) > _MONTH_LETTERS:
        return date.fromisoformat(text)
    year, month = map(int, text.split("-"))
    return date(year, month, calendar.monthrange(year, month)[1])
