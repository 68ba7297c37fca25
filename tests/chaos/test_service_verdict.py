"""The verdict over a storm names what was not told, told wrongly, told twice, and told without a reason."""

from collections.abc import AsyncIterator

import pytest

from bot.domain.place import Place, Platform
from tests.chaos.service_bench import ServiceBench, service_bench
from tests.chaos.service_plan import PlannedOutflow
from tests.chaos.service_verdict import (
    ServiceVerdict,
    judge_alarms,
    judge_told,
    places_without_end,
    places_without_opening,
)

OUTFLOW = PlannedOutflow("corran", hour=4, share=0.04, returns_at=14)
FIGURES = "Net outflow −$18.0 M in 24 h · 4.0 % of reserves ($450 M)"


@pytest.fixture
async def bench() -> AsyncIterator[ServiceBench]:
    async with service_bench(1) as bench:
        yield bench


def tell(bench: ServiceBench, place: Place, title: str, figures: str = FIGURES, *, is_edit: bool = False) -> None:
    bench.told.record(place, f"🟠 {title}\n{figures}", "1", is_edit=is_edit)


def verdict_of(bench: ServiceBench) -> ServiceVerdict:
    verdict = ServiceVerdict()
    judge_told(bench, [OUTFLOW], verdict)
    return verdict


async def test_an_outflow_is_missing_where_it_was_not_told_or_its_end_was_not(bench: ServiceBench) -> None:
    heard, other = bench.places_of("corran")
    tell(bench, heard, "INC-1 · Corran · elevated outflow")
    assert places_without_opening(bench, OUTFLOW) == [other]
    assert places_without_end(bench, OUTFLOW) == [heard, other]
    tell(bench, heard, "INC-1 · Corran · resolved", is_edit=True)
    assert places_without_end(bench, OUTFLOW) == [heard, other]  # an edit pings nobody
    tell(bench, heard, "INC-1 · Corran · resolved")
    assert places_without_end(bench, OUTFLOW) == [other]
    assert not verdict_of(bench).wrong


async def test_what_did_not_happen_is_not_planned(bench: ServiceBench) -> None:
    stranger = next(place for place, about in bench.recipients.items() if about == "bellrock")
    tell(bench, bench.places_of("dunbar")[0], "INC-1 · Dunbar · elevated outflow")
    tell(bench, stranger, "INC-2 · Corran · elevated outflow")
    dunbar, corran = verdict_of(bench).unplanned
    assert dunbar.endswith("INC-1 · Dunbar · elevated outflow")
    assert "which did not ask for it" in corran


@pytest.mark.parametrize(
    ("title", "figures"),
    [
        ("INC-2 · Corran · elevated outflow", FIGURES),
        ("INC-1 · Corran · severe outflow", FIGURES),
        ("INC-1 · Corran · elevated outflow", FIGURES.replace("4.0 %", "79.0 %")),
        ("INC-1 · Corran · elevated outflow", "No figures."),
    ],
)
async def test_another_incident_severity_or_share_is_wrong(bench: ServiceBench, title: str, figures: str) -> None:
    place = bench.places_of("corran")[0]
    tell(bench, place, "INC-1 · Corran · elevated outflow")
    tell(bench, place, title, figures)
    assert len(verdict_of(bench).wrong) == 1


async def test_a_message_that_comes_again_is_there_twice(bench: ServiceBench) -> None:
    telegram = next(place for place in bench.places_of("corran") if place.platform is Platform.TELEGRAM)
    for _ in range(2):
        tell(bench, telegram, "INC-1 · Corran · elevated outflow")
    tell(bench, telegram, "INC-1 · Corran · elevated outflow · data incomplete", is_edit=True)
    assert verdict_of(bench).twice[Platform.TELEGRAM] == 1


def test_what_no_fault_explains_is_a_false_alarm() -> None:
    verdict = ServiceVerdict()
    judge_alarms(["Store: it is away.", "Last good poll was 5 h ago."], ["store: "], verdict)
    judge_alarms(["Store: it is away."], [], verdict)
    assert verdict.false_alarms == ["Last good poll was 5 h ago.", "Store: it is away."]
