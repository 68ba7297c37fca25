"""BitMEX's proofs: the list of a bucket tells when there was one, and nothing else."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.domain.errors import SourceError, SourceFault
from bot.domain.proof_of_reserves import Liabilities, ProofMethod, ProofOfReserves
from bot.sources.http import Http
from bot.sources.proofs.bitmex import BITMEX_PROOFS
from bot.sources.proofs.registry import proof_sources
from tests.fakes.proofs import FakeProofs
from tests.sources.conftest import NOW, StoppedClock

PROOF = ProofOfReserves(
    "bitmex",
    "BitMEX",
    as_of=date(2026, 10, 1),
    cadence_days=5,
    method=ProofMethod.FULL_LIST,
    liabilities=Liabilities.INCLUDED,
    url="https://github.com/BitMEX/proof-of-reserves-liabilities",
    read_at=NOW,
)


def listed(*names: str, truncated: str = "false") -> bytes:
    """Return a list of files in Amazon's format, composed from its documentation."""
    keys = "".join(f"<Contents><Key>data/porl/{name}</Key><Size>22391</Size></Contents>" for name in names)
    return (
        f'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>{truncated}</IsTruncated>'
        f"{keys}</ListBucketResult>"
    ).encode()


def on(day: str, *kinds: str) -> list[str]:
    return [f"{day}-{kind}-966053-{day}D100102534828000.yaml" for kind in kinds]


def parsed(*bodies: bytes) -> ProofOfReserves:
    return BITMEX_PROOFS.parse(bodies, NOW)


def test_the_newest_day_with_both_counts() -> None:
    this_month = listed(*on("20261001", "liabilities", "reserves"), *on("20261003", "reserves"))
    last_month = listed(*on("20260929", "liabilities", "reserves"))

    assert parsed(this_month, last_month) == PROOF


def test_in_the_first_days_of_a_month_that_of_the_last_counts() -> None:
    assert parsed(listed(), listed(*on("20260929", "liabilities", "reserves"))).as_of == date(2026, 9, 29)


def test_without_any_list_of_what_is_owed_liabilities_are_left_out() -> None:
    proof = parsed(listed(*on("20261001", "reserves")), listed())

    assert (proof.as_of, proof.liabilities) == (date(2026, 10, 1), Liabilities.LEFT_OUT)


def test_reserves_of_tokens_alone_are_no_proof() -> None:
    with pytest.raises(SourceError) as empty:
        parsed(listed("20261001-token_reserves-20261001.yaml"), listed())

    assert empty.value.fault is SourceFault.EMPTY


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"<html></html>", SourceFault.BAD_SHAPE),
        (listed(*on("20261001", "reserves"), truncated="true"), SourceFault.BAD_SHAPE),
        (listed(*on("20261301", "reserves")), SourceFault.BAD_SHAPE),
        (listed(*on("20261007", "reserves")), SourceFault.VALUES_DISAGREE),
        (listed("readme.txt"), SourceFault.EMPTY),
    ],
)
def test_what_is_no_list_or_cannot_be_is_refused(body: bytes, fault: SourceFault) -> None:
    with pytest.raises(SourceError) as refused:
        parsed(body, listed())

    assert refused.value.fault is fault


@pytest.mark.parametrize(
    ("now", "months"),
    [
        (datetime(2026, 10, 5, tzinfo=UTC), ["202610", "202609"]),
        (datetime(2027, 1, 31, tzinfo=UTC), ["202701", "202612"]),
    ],
)
def test_this_month_and_the_last_are_asked_for(now: datetime, months: list[str]) -> None:
    assert [request.path[-6:] for request in BITMEX_PROOFS.requests(now)] == months


async def test_the_stand_in_is_read_by_the_real_client(http: Http, clock: StoppedClock) -> None:
    august, september = (replace(PROOF, as_of=day) for day in (date(2026, 8, 4), date(2026, 9, 29)))
    async with FakeProofs([august, september, PROOF]) as server:
        (source,) = proof_sources(http, clock, addresses=server.addresses, exchanges=["bitmex"])
        assert await source.read() == PROOF

        server.proofs = [august]
        with pytest.raises(SourceError) as empty:
            await source.read()
    assert empty.value.fault is SourceFault.EMPTY
