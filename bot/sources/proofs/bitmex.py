"""BitMEX's proofs: files in a public bucket, of which the list alone tells when there was one, twice a week.

A file is called `20260908-reserves-966053-20260908D100102534828000.yaml`, and the list of what is owed is one of
`liabilities` with the same day. The list is in Amazon's own format
(https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html), in the order of the names, and asked for the
files of this month and the last. The amounts are in the files, some of which have 100 MB: they are not read.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from bot.domain.errors import SourceError, SourceFault
from bot.domain.proof_of_reserves import Liabilities, ProofMethod, ProofOfReserves
from bot.sources.proofs.adapter import ProofAdapter, ProofRequest

_EXCHANGE, _NAME = "bitmex", "BitMEX"
_PAGE = "https://github.com/BitMEX/proof-of-reserves-liabilities"
_EVERY_DAYS = 5  # on Tuesdays and Thursdays: the longer gap of the two
_LIST = "/public.bitmex.com?list-type=2&prefix=data/porl/"

_KINDS = ("reserves", "liabilities")
_KEY = re.compile(r"<Key>data/porl/(?P<day>\d{8})-(?P<kind>reserves|liabilities)-[\w.-]+</Key>")


def _requests(now: datetime) -> Sequence[ProofRequest]:
    months = (now, now.replace(day=1) - timedelta(days=1))
    return [ProofRequest(f"{_LIST}{month:%Y%m}") for month in months]


def _parse(bodies: Sequence[bytes], now: datetime) -> ProofOfReserves:
    lists = [body.decode() for body in bodies]
    for text in lists:
        if "<ListBucketResult" not in text or "<IsTruncated>false</IsTruncated>" not in text:
            raise SourceError(SourceFault.BAD_SHAPE, "no whole list of files")
    files = [match for text in lists for match in _KEY.finditer(text)]
    reserves, liabilities = ({_day(file["day"]) for file in files if file["kind"] == kind} for kind in _KINDS)
    if not reserves:
        raise SourceError(SourceFault.EMPTY, "no proof of this month and the last")
    newest = max(reserves & liabilities or reserves)
    if newest > (now + timedelta(days=1)).date():
        raise SourceError(SourceFault.VALUES_DISAGREE, f"{newest} is yet to come")
    return ProofOfReserves(
        _EXCHANGE,
        _NAME,
        as_of=newest,
        cadence_days=_EVERY_DAYS,
        method=ProofMethod.FULL_LIST,
        liabilities=Liabilities.INCLUDED if newest in liabilities else Liabilities.LEFT_OUT,
        url=_PAGE,
        read_at=now,
    )


def _day(text: str) -> date:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError as error:
        raise SourceError(SourceFault.BAD_SHAPE, "a day that there is not") from error


BITMEX_PROOFS = ProofAdapter(
    exchange=_EXCHANGE,
    name=_NAME,
    setting="bitmex_proofs_url",
    base="https://s3-eu-west-1.amazonaws.com",
    requests=_requests,
    parse=_parse,
)
