from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from bot.domain.proof_of_reserves import AssetRatio, Liabilities, ProofMethod, ProofOfReserves, ProofRemark
from bot.storage.store import Store

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
JANUARY = ProofOfReserves(
    "binance",
    "Binance",
    as_of=date(2026, 1, 1),
    cadence_days=31,
    method=ProofMethod.ZK_SNARK,
    reviewer="Mazars",
    liabilities=Liabilities.INCLUDED,
    ratios=(AssetRatio("BTC", 1.0003, 619136.126, 618951.27130074), AssetRatio("ETH", None)),
    remarks=(ProofRemark.NEEDS_LOGIN,),
    url="https://www.binance.com/en/proof-of-reserves",
    read_at=NOON,
)


async def test_a_month_has_one_proof_the_last_that_was_kept(store: Store) -> None:
    await store.proofs.save(JANUARY)
    again = replace(JANUARY, read_at=NOON + timedelta(hours=6))
    await store.proofs.save(again)

    assert await store.proofs.archive() == {"binance": [again]}


async def test_proofs_come_in_the_order_of_their_months_by_exchange(store: Store) -> None:
    december, okx = replace(JANUARY, as_of=date(2025, 12, 1)), replace(JANUARY, exchange="okx")
    for proof in (JANUARY, okx, december):
        await store.proofs.save(proof)

    assert await store.proofs.archive() == {"binance": [december, JANUARY], "okx": [okx]}


async def test_what_cannot_be_read_is_left_out(store: Store) -> None:
    await store.proofs.save(JANUARY)
    await store.database.command("HSET", "runwatch:proofs", "binance 2026-02", "{")

    assert await store.proofs.archive() == {"binance": [JANUARY]}
