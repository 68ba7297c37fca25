"""Binance's proofs of reserves, which its page shows to everybody: two interfaces without a key, undocumented.

The first lists the days of all proofs, as dd/mm/yy: "01/04/26 00:00:00 UTC | BTC Block Height 943129" is that of 1
April. The second has the newest: for each coin the ratio, what customers are owed (`customerLiability`) and what is
held for it (`binanceLiability`, on Binance and at custodians). Seen by others on 2026-05-05, with 14 coins (ardmere,
docs/binance-por-data-guide.md).

What contradicts itself is refused: a ratio that is not that of its amounts (BTC: 619,136.126 / 618,951.271 = 1.000299),
a proof whose day is not on the list, or one of a day to come.
"""

import math
import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated

import msgspec

from bot.domain.assets import asset_name
from bot.domain.errors import SourceError, SourceFault
from bot.domain.proof_of_reserves import AssetRatio, Liabilities, ProofMethod, ProofOfReserves
from bot.sources.proofs.adapter import ProofAdapter, ProofRequest
from bot.sources.withdrawals.adapter import check_code

_EXCHANGE, _NAME = "binance", "Binance"
_PAGE = "https://www.binance.com/en/proof-of-reserves"
_QUERY = "/bapi/apex/v1/public/apex/market/query"
_NEWEST = b'{"time":"","pageIndex":0,"pageSize":0}'
_EVERY_DAYS = 31  # counted on the first of each month
_SUCCESS = "000000"
_NO_REVIEWER = frozenset({"", "zk-snarks"})  # what stands where a reviewer would, since February 2023
_LARGEST_GAP = 0.001  # of the ratio: it has six digits or more, and amounts are rounded to four or so

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAY = re.compile(r"(?P<day>\d{2})/(?P<month>\d{2})/(?P<year>\d{2})\b.*")
_Amount = Annotated[float, msgspec.Meta(ge=0)]
_Text = Annotated[str, msgspec.Meta(max_length=100)]


class _DaysAnswer(msgspec.Struct):
    code: str
    data: Annotated[list[_Text], msgspec.Meta(max_length=2000)] | None = None


class _BinanceProofCoin(msgspec.Struct, rename="camel"):
    coin: Annotated[str, msgspec.Meta(pattern=r"^\S{1,20}$")]
    ratio: Annotated[str, msgspec.Meta(pattern=r"^\d{1,12}(\.\d{1,40})?(E[+-]?\d{1,2})?$")]  # Java's zero is 0E-16
    customer_liability: _Amount | None
    binance_liability: _Amount | None


class _BinanceSnapshot(msgspec.Struct, rename="camel"):
    snapshot_time: _Text
    audit_date: _Text
    audit_id: _Text
    auditor: Annotated[str, msgspec.Meta(max_length=40)]
    snapshot_data_list: Annotated[list[_BinanceProofCoin], msgspec.Meta(max_length=1000)]


class _SnapshotAnswer(msgspec.Struct):
    code: str
    data: _BinanceSnapshot | None = None


_days, _snapshot = msgspec.json.Decoder(_DaysAnswer), msgspec.json.Decoder(_SnapshotAnswer)


def _parse(bodies: Sequence[bytes], now: datetime) -> ProofOfReserves:
    listed, answer = _days.decode(bodies[0]), _snapshot.decode(bodies[1])
    check_code(listed.code, _SUCCESS)
    check_code(answer.code, _SUCCESS)
    snapshot = answer.data
    if not listed.data or snapshot is None or not snapshot.snapshot_data_list:
        raise SourceError(SourceFault.EMPTY, "no proof is told")
    as_of = _as_of(snapshot, listed.data, now)
    ratios = tuple(map(_ratio, snapshot.snapshot_data_list))
    if len({ratio.asset for ratio in ratios}) < len(ratios):
        raise SourceError(SourceFault.VALUES_DISAGREE, "a coin is told twice")
    return ProofOfReserves(
        _EXCHANGE,
        _NAME,
        as_of=as_of,
        cadence_days=_EVERY_DAYS,
        method=ProofMethod.ZK_SNARK,
        reviewer=None if snapshot.auditor.lower() in _NO_REVIEWER else snapshot.auditor,
        liabilities=_liabilities(ratios),
        ratios=ratios,
        url=_PAGE,
        read_at=now,
    )


def _as_of(snapshot: _BinanceSnapshot, listed: Sequence[str], now: datetime) -> date:
    """Return the day of a snapshot; raise SourceError where it is told differently elsewhere, or cannot be.

    The id of the proof, PR01APR26, has the month in letters: that it is not mm/dd/yy shows there alone. Of the list
    only the day of this proof has to be readable: it goes back to the first ones of 2022.
    """
    as_of = _day(snapshot.snapshot_time)
    if as_of is None:
        raise SourceError(SourceFault.BAD_SHAPE, "its day is not written as dd/mm/yy")
    if as_of != _day(snapshot.audit_date) or snapshot.audit_id.upper() != _audit_id(as_of):
        raise SourceError(SourceFault.VALUES_DISAGREE, "two days are told of one proof")
    if as_of not in map(_day, listed):
        raise SourceError(SourceFault.VALUES_DISAGREE, f"{as_of} is not among the days of its proofs")
    if as_of > (now + timedelta(days=1)).date():
        raise SourceError(SourceFault.VALUES_DISAGREE, f"{as_of} is yet to come")
    return as_of


def _day(text: str) -> date | None:
    """Return the day that a text begins with, dd/mm/yy; None where it does not begin with one."""
    match = _DAY.fullmatch(text)
    try:
        return date(2000 + int(match["year"]), int(match["month"]), int(match["day"])) if match else None
    except ValueError:
        return None


def _audit_id(day: date) -> str:
    return f"PR{day:%d}{_MONTHS[day.month - 1]}{day:%y}"


def _ratio(coin: _BinanceProofCoin) -> AssetRatio:
    """Return a coin's ratio, None where nothing is owed; raise SourceError where it is not that of its amounts."""
    ratio, held, owed = float(coin.ratio), coin.binance_liability, coin.customer_liability
    if owed == 0:
        return AssetRatio(asset_name(coin.coin), None, held, owed)
    if held is not None and owed and not math.isclose(held / owed, ratio, rel_tol=_LARGEST_GAP, abs_tol=_LARGEST_GAP):
        raise SourceError(
            SourceFault.VALUES_DISAGREE, f"{coin.coin}: a ratio of {ratio:.4f}, and amounts of {held / owed:.4f}"
        )
    return AssetRatio(asset_name(coin.coin), ratio, held, owed)


def _liabilities(ratios: Sequence[AssetRatio]) -> Liabilities:
    if all(ratio.liabilities is None for ratio in ratios):
        return Liabilities.LEFT_OUT
    return Liabilities.INCLUDED


BINANCE_PROOFS = ProofAdapter(
    exchange=_EXCHANGE,
    name=_NAME,
    setting="binance_proofs_url",
    base="https://www.binance.com",
    requests=lambda _now: (
        ProofRequest(f"{_QUERY}/auditProofSnapshotCondition"),
        ProofRequest(f"{_QUERY}/userReserveAuditProofSnapshot", _NEWEST),
    ),
    parse=_parse,
)
