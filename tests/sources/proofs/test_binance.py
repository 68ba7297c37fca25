"""Binance's proofs: recorded answers, the stand-in's, and what contradicts itself.

`samples/` are excerpts of live answers, as a public data guide shows them that was checked on 2026-05-05.
"""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.config.exchange_addresses import ExchangeAddresses
from bot.domain.errors import SourceError, SourceFault
from bot.domain.proof_of_reserves import AssetRatio, Liabilities, ProofMethod, ProofOfReserves
from bot.replay.proof_server import PROOF_TWINS
from bot.sources.http import Http
from bot.sources.proofs.binance import BINANCE_PROOFS
from bot.sources.proofs.registry import PROOF_ADAPTERS, proof_sources
from bot.sources.proofs.source import ExchangeProofSource
from tests.fakes.proofs import FakeProofs
from tests.sources.conftest import NOW, StoppedClock

SAMPLES = Path(__file__).parent / "samples"
READ_AT = datetime(2026, 5, 5, 12, tzinfo=UTC)
PROOF = ProofOfReserves(
    "binance",
    "Binance",
    as_of=date(2026, 10, 1),
    cadence_days=31,
    method=ProofMethod.ZK_SNARK,
    liabilities=Liabilities.INCLUDED,
    ratios=(AssetRatio("BTC", 1.0003, 1000.3, 1000.0), AssetRatio("USDT", 1.02, 102.0, 100.0)),
    url="https://www.binance.com/en/proof-of-reserves",
    read_at=NOW,
)
Change = Callable[[dict[str, Any]], object]


def bodies(change: Change = lambda _: None, *, days: Change = lambda _: None) -> list[bytes]:
    """Return the recorded answers with a change in the newest proof, or in the list of days."""
    listed, newest = (json.loads((SAMPLES / f"binance_{name}.json").read_bytes()) for name in ("days", "newest"))
    days(listed)
    change(newest)
    return [json.dumps(listed).encode(), json.dumps(newest).encode()]


def parsed(*answers: bytes, at: datetime = READ_AT) -> ProofOfReserves:
    return BINANCE_PROOFS.parse(answers, at)


def coin(**values: object) -> Change:
    """Return a change of the one coin that was recorded."""
    return lambda body: body["data"]["snapshotDataList"][0].update(values)


def snapshot(**values: object) -> Change:
    return lambda body: body["data"].update(values)


def test_the_recorded_answers_are_read() -> None:
    assert parsed(*bodies()) == ProofOfReserves(
        "binance",
        "Binance",
        as_of=date(2026, 4, 1),  # and not the fourth of January
        cadence_days=31,
        method=ProofMethod.ZK_SNARK,
        liabilities=Liabilities.INCLUDED,
        ratios=(AssetRatio("BTC", 1.000299, 619136.126, 618951.27130074),),
        url="https://www.binance.com/en/proof-of-reserves",
        read_at=READ_AT,
    )


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        (bodies(coin(ratio="1.2")), SourceFault.VALUES_DISAGREE),
        (bodies(coin(ratio="0")), SourceFault.VALUES_DISAGREE),
        (bodies(coin(binanceLiability=300000.0)), SourceFault.VALUES_DISAGREE),
        (bodies(snapshot(auditDate="01/03/26")), SourceFault.VALUES_DISAGREE),
        (
            bodies(snapshot(snapshotTime="02/04/26 00:00:00 UTC", auditDate="02/04/26", auditId="PR02APR26")),
            SourceFault.VALUES_DISAGREE,
        ),
        (bodies(days=lambda body: body["data"].pop(0)), SourceFault.VALUES_DISAGREE),
        (
            bodies(lambda body: body["data"]["snapshotDataList"].append(body["data"]["snapshotDataList"][0])),
            SourceFault.VALUES_DISAGREE,
        ),
        (bodies(snapshot(snapshotTime="April 1st")), SourceFault.BAD_SHAPE),
        (bodies(snapshot(snapshotTime="31/02/26")), SourceFault.BAD_SHAPE),
        (bodies(snapshot(auditId="PR04JAN26")), SourceFault.VALUES_DISAGREE),
        (bodies(days=lambda body: body.update(data=["2026-04-01"])), SourceFault.VALUES_DISAGREE),
        (bodies(lambda body: body.update(code="000002", data=None)), SourceFault.BAD_SHAPE),
        (bodies(days=lambda body: body.update(code="100001")), SourceFault.BAD_SHAPE),
        (bodies(snapshot(snapshotDataList=[])), SourceFault.EMPTY),
        (bodies(lambda body: body.update(data=None)), SourceFault.EMPTY),
        (bodies(days=lambda body: body.update(data=[])), SourceFault.EMPTY),
    ],
)
def test_what_contradicts_itself_or_says_nothing_is_refused(changed: list[bytes], fault: SourceFault) -> None:
    with pytest.raises(SourceError) as refused:
        parsed(*changed)

    assert refused.value.fault is fault


@pytest.mark.parametrize(
    "change",
    [coin(ratio="-1.0"), coin(ratio="NaN"), coin(customerLiability=-1.0), coin(coin=""), snapshot(auditor=None)],
)
def test_a_coin_of_another_shape_refuses_the_whole_answer(change: Change) -> None:
    with pytest.raises(msgspec.ValidationError):
        parsed(*bodies(change))


def test_of_the_list_other_days_may_be_written_in_another_way() -> None:
    changed = bodies(days=lambda body: body["data"].append("November 2022"))

    assert parsed(*changed).as_of == date(2026, 4, 1)


def test_a_proof_of_a_day_to_come_is_refused() -> None:
    with pytest.raises(SourceError, match="yet to come"):
        parsed(*bodies(), at=datetime(2026, 3, 30, tzinfo=UTC))

    assert parsed(*bodies(), at=datetime(2026, 3, 31, 23, tzinfo=UTC)).as_of == date(2026, 4, 1)


def test_without_what_is_owed_liabilities_are_left_out() -> None:
    assert parsed(*bodies(coin(customerLiability=None))).liabilities is Liabilities.LEFT_OUT


@pytest.mark.parametrize("ratio", ["0E-16", "0.0000", "1.0"])
def test_nothing_owed_is_no_contradiction_and_has_no_ratio(ratio: str) -> None:
    (told,) = parsed(*bodies(coin(customerLiability=0, ratio=ratio))).ratios

    assert (told.ratio, told.liabilities, told.is_short) == (None, 0, False)


def test_nothing_held_is_told_and_not_refused() -> None:
    (told,) = parsed(*bodies(coin(binanceLiability=0, ratio="0E-16"))).ratios

    assert (told.ratio, told.is_short) == (0.0, True)


def test_a_small_coin_may_be_held_many_times_over() -> None:
    (told,) = parsed(*bodies(coin(customerLiability=0.001, binanceLiability=619.1, ratio="619100.0000"))).ratios

    assert told.ratio == 619_100


def test_who_is_named_as_the_auditor_is_the_reviewer() -> None:
    assert parsed(*bodies(snapshot(auditor="Mazars"))).reviewer == "Mazars"


@pytest.fixture
async def exchanges() -> AsyncIterator[FakeProofs]:
    async with FakeProofs([replace(PROOF, as_of=date(2026, 9, 1)), PROOF]) as server:
        yield server


async def test_the_stand_in_is_read_by_the_real_client(exchanges: FakeProofs, http: Http, clock: StoppedClock) -> None:
    (source,) = proof_sources(http, clock, addresses=exchanges.addresses, exchanges=["binance"])

    assert (source.exchange, source.name) == ("binance", "Binance")
    assert await source.read() == PROOF


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"<html>", SourceFault.NOT_JSON),
        (b'{"code": "000000", "data": 1}', SourceFault.BAD_SHAPE),
        (b"[" * 100_000, SourceFault.BAD_SHAPE),
    ],
)
async def test_what_is_no_proof_is_a_fault(
    exchanges: FakeProofs, http: Http, clock: StoppedClock, body: bytes, fault: SourceFault
) -> None:
    exchanges.broken = body

    with pytest.raises(SourceError) as failed:
        await ExchangeProofSource(http, clock, BINANCE_PROOFS, exchanges.address_of_broken).read()

    assert failed.value.fault is fault


async def test_a_fault_of_the_program_is_one_of_the_source_too(
    exchanges: FakeProofs, http: Http, clock: StoppedClock
) -> None:
    def crash(_bodies: object, _at: datetime) -> ProofOfReserves:
        raise ZeroDivisionError

    adapter = replace(BINANCE_PROOFS, parse=crash)
    with pytest.raises(SourceError) as failed:
        await ExchangeProofSource(http, clock, adapter, exchanges.address_of_broken).read()

    assert (failed.value.fault, failed.value.detail) == (SourceFault.CRASHED, "ZeroDivisionError")


async def test_an_exchange_that_does_not_answer_is_a_fault(http: Http, clock: StoppedClock) -> None:
    with pytest.raises(SourceError):
        await ExchangeProofSource(http, clock, BINANCE_PROOFS, "http://127.0.0.1:9").read()


def test_who_is_off_or_left_out_is_not_asked(http: Http, clock: StoppedClock) -> None:
    off = proof_sources(http, clock, addresses={"binance_proofs_url": None})
    assert [source.exchange for source in off] == ["bitmex"]
    assert proof_sources(http, clock, addresses={}, exchanges=["okx"]) == []
    (source,) = proof_sources(http, clock, addresses={}, exchanges=["binance"])
    assert source.exchange == "binance"


def test_every_adapter_has_its_setting_with_the_same_default_and_its_twin() -> None:
    assert [adapter.base for adapter in PROOF_ADAPTERS] == [
        ExchangeAddresses.model_fields[adapter.setting].default for adapter in PROOF_ADAPTERS
    ]
    assert [(twin.exchange, twin.setting) for twin in PROOF_TWINS] == [
        (adapter.exchange, adapter.setting) for adapter in PROOF_ADAPTERS
    ]


def test_a_proof_of_thirty_days_ago_is_not_late_and_one_of_two_months_is() -> None:
    assert PROOF.late_days(NOW + timedelta(days=27)) == 0
    assert PROOF.late_days(NOW + timedelta(days=60)) == 33
