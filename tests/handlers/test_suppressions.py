import pytest

from bot.domain.flow import HoldReason
from bot.domain.suppression import Metric
from bot.sources.proofs.curated import curated_proofs
from tests.builders import NOON
from tests.fakes.dispatcher import MEMBER, MODERATOR, OWNER, DispatcherBench
from tests.fakes.memory import HandClock
from tests.known_withdrawals import FakeWithdrawalSource, known
from tests.messages.cards.plain import said


async def test_a_suppression_says_what_users_will_read(bench: DispatcherBench) -> None:
    answer = said(await bench.ask("hold binance a migration of wallets, they say", who=OWNER))

    assert answer.startswith("Binance · figures paused")
    assert "Paused since 2022-12-13 12:00 UTC, because: a migration of wallets, they say" in answer


async def test_a_suppression_shows_in_answers_at_once(bench: DispatcherBench) -> None:
    await bench.ask("hold binance a migration", who=OWNER)

    assert "figures paused (since 2022-12-13 12:00 UTC, because: a migration)" in said(await bench.ask("flows binance"))
    snapshot = bench.latest.snapshot("binance")
    assert snapshot
    assert snapshot.signal
    assert {flow.hold.reason for flow in snapshot.signal.flows if flow.hold} == {HoldReason.WITHHELD}


async def test_a_suppression_needs_no_reason(bench: DispatcherBench) -> None:
    assert "by the operator of this bot" in said(await bench.ask("hold binance", who=OWNER))


async def test_after_a_release_the_figures_are_judged_again(bench: DispatcherBench) -> None:
    await bench.ask("hold binance", who=OWNER)

    assert "raise alerts again" in said(await bench.ask("release binance", who=OWNER))
    assert "paused" not in said(await bench.ask("flows binance"))
    assert "were not paused" in said(await bench.ask("release binance", who=OWNER))


@pytest.mark.parametrize("who", [MEMBER, MODERATOR])
@pytest.mark.parametrize("line", ["hold binance", "release binance"])
async def test_only_the_owner_may_suppress_and_release(bench: DispatcherBench, line: str, who: str) -> None:
    assert "for the owner of this bot" in said(await bench.ask(line, who=who))
    assert await bench.memory.suppressions.all() == {}


@pytest.mark.parametrize(
    ("line", "metric", "why"),
    [
        ("hold binance proof was copied", Metric.ALL, "proof was copied"),
        ("hold binance withdrawals are wrong", Metric.ALL, "withdrawals are wrong"),
        ("hold binance all: they moved", Metric.ALL, "all: they moved"),
        ("hold binance only:proof proof was copied", Metric.PROOF, "proof was copied"),
        ("hold binance ONLY:Withdrawals a wrong page", Metric.WITHDRAWALS, "a wrong page"),
        ("hold binance only:outflow", Metric.OUTFLOW, ""),
        ("hold binance only:proof only:outflow is meant", Metric.PROOF, "only:outflow is meant"),
    ],
)
async def test_a_metric_is_told_from_a_reason_by_its_mark(
    bench: DispatcherBench, line: str, metric: Metric, why: str
) -> None:
    await bench.ask(line, who=OWNER)

    (suppression,) = (await bench.memory.suppressions.all()).values()
    assert (suppression.metric, suppression.why) == (metric, why)


async def test_an_unknown_metric_is_refused(bench: DispatcherBench) -> None:
    answer = said(await bench.ask("hold binance only:price a fault", who=OWNER))

    assert "Use one of: only:outflow, only:withdrawals, only:proof." in answer
    assert await bench.memory.suppressions.all() == {}


async def test_proofs_alone_are_paused(bench: DispatcherBench) -> None:
    answer = said(await bench.ask("hold binance only:proof a copy", who=OWNER))

    assert answer.startswith("Binance · figures paused · proof of reserves")
    assert "other figures raise alerts as before" in answer
    assert "paused" not in said(await bench.ask("flows binance"))
    bench.latest.set_proof(curated_proofs()["binance"])
    shown = said(await bench.ask("por binance"))
    assert "No alert follows from this: figures paused (since 2022-12-13 12:00 UTC, because: a copy)." in shown


async def test_reserves_alone_are_paused(bench: DispatcherBench) -> None:
    bench.latest.set_proof(curated_proofs()["binance"])
    await bench.ask("hold binance only:outflow a migration", who=OWNER)

    for question in ("flows binance", "reserves binance"):
        assert "figures paused (since 2022-12-13 12:00 UTC, because: a migration)" in said(await bench.ask(question))
    assert "paused" not in said(await bench.ask("por binance"))


async def test_withdrawals_alone_are_paused() -> None:
    source = FakeWithdrawalSource("gate", HandClock(NOON))
    bench = DispatcherBench(withdrawal_sources=(source,))
    await bench.load()
    bench.latest.set_withdrawals([known("gate")])
    await bench.ask("hold gate only:withdrawals a wrong page", who=OWNER)

    shown = said(await bench.ask("withdrawals gate"))
    assert "No alert follows from this: figures paused (since 2022-12-13 12:00 UTC, because: a wrong page)." in shown
    assert bench.queries.judged_withdrawals("gate") is None  # of the stress test and the digests
    await bench.ask("release gate only:withdrawals", who=OWNER)
    assert "paused" not in said(await bench.ask("withdrawals gate"))


async def test_one_metric_is_not_released_out_of_all(bench: DispatcherBench) -> None:
    await bench.ask("hold binance a migration", who=OWNER)

    answer = said(await bench.ask("release binance proof", who=OWNER))

    assert answer.startswith("Binance · figures paused\n")
    assert "/release without a metric resumes them" in answer
    assert "because: a migration" in said(await bench.ask("flows binance"))


async def test_a_release_without_a_metric_ends_every_pause(bench: DispatcherBench) -> None:
    for metric in ("only:proof", "only:outflow", "only:all"):
        await bench.ask(f"hold binance {metric}", who=OWNER)

    await bench.ask("release binance proof", who=OWNER)
    assert set(await bench.memory.suppressions.all()) == {"binance", "binance outflow"}
    assert "raise alerts again" in said(await bench.ask("release binance", who=OWNER))
    assert await bench.memory.suppressions.all() == {}
