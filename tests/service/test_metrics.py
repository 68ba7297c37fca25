from datetime import datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.domain.obstacles import ObstacleKind
from bot.domain.place import Platform
from bot.domain.severity import Severity
from bot.domain.worker import Lease
from bot.service.metrics import Metrics
from tests.clocks import HandMovedClock

CONTRACT = {
    "runwatch_polls_total": {"source", "result"},
    "runwatch_source_age_seconds": {"source"},
    "runwatch_reading_age_seconds": {"exchange"},
    "runwatch_incidents": {"severity"},
    "runwatch_deliveries_total": {"platform", "result", "reason"},
    "runwatch_outbox_depth": {"platform", "priority"},
    "runwatch_outbox_oldest_seconds": set(),
    "runwatch_rate_limited_total": {"platform"},
    "runwatch_command_seconds": set(),
    "runwatch_duty": {"duty"},
    "runwatch_ready": set(),
    "runwatch_platform_connected": {"platform"},
    "process_start_time_seconds": set(),
    "process_resident_memory_bytes": set(),
    "process_cpu_seconds_total": set(),
    "process_open_fds": set(),
    "runwatch_build_info": {"version"},
    "runwatch_can_alert": {"reason"},
}
KINDS = {"runwatch_command_seconds": "histogram", "runwatch_build_info": "gauge", "runwatch_polls_total": "counter"}


@pytest.fixture
def clock() -> HandMovedClock:
    return HandMovedClock()


@pytest.fixture
def metrics(clock: HandMovedClock) -> Metrics:
    return Metrics(clock, "1.2.3")


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    """Return one sample of what is scraped, None when it is not there."""
    for family in text_string_to_metric_families(metrics.text().decode()):
        for sample in family.samples:
            if sample.name == name and sample.labels == labels:
                return float(sample.value)
    return None


def test_every_kind_of_obstacle_is_there_from_the_start(metrics: Metrics) -> None:
    """Only that nothing was polled yet is known then."""
    assert {kind: value(metrics, "runwatch_can_alert", reason=kind) for kind in ObstacleKind} == {
        kind: float(kind is not ObstacleKind.POLLS) for kind in ObstacleKind
    }
    metrics.set_can_alert(ObstacleKind.CLOCK, can=False)
    assert value(metrics, "runwatch_can_alert", reason="clock") == 0.0


def use_everything(metrics: Metrics, at: datetime) -> None:
    metrics.count_poll("defillama/cexs", "ok")
    metrics.set_source_answered("defillama/cexs", at)
    metrics.set_reading_time("binance", at)
    metrics.set_open_incidents(Severity.SEVERE, 2)
    metrics.count_delivery(Platform.DISCORD, "gave up", "message refused")
    metrics.set_outbox_depth(Platform.TELEGRAM, Severity.CRITICAL, 7)
    metrics.set_outbox_oldest(at)
    metrics.count_rate_limited(Platform.TELEGRAM)
    metrics.count_answer("reserves", Platform.DISCORD, 0.02, "ok")
    metrics.set_lease(Lease.POLL, is_owner=True)
    metrics.set_ready(is_ready=True)
    metrics.set_platform_connected(Platform.TELEGRAM, is_connected=True)


@pytest.mark.parametrize("name", CONTRACT)
def test_a_name_of_the_contract_is_there_from_the_start(metrics: Metrics, name: str) -> None:
    kind = KINDS.get(name, "counter" if name.endswith("_total") else "gauge")
    assert f"# TYPE {name} {kind}\n" in metrics.text().decode()


@pytest.mark.parametrize(("name", "labels"), CONTRACT.items())
def test_a_name_of_the_contract_has_its_labels(
    metrics: Metrics, clock: HandMovedClock, name: str, labels: set[str]
) -> None:
    use_everything(metrics, clock.now())
    label_sets = {
        frozenset(sample.labels) - {"le"}
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
        if sample.name in {name, f"{name}_bucket", f"{name}_sum", f"{name}_count"}
    }
    assert label_sets == {frozenset(labels)}


def test_what_happened_is_counted(metrics: Metrics, clock: HandMovedClock) -> None:
    for _ in range(2):
        use_everything(metrics, clock.now())
    assert value(metrics, "runwatch_polls_total", source="defillama/cexs", result="ok") == 2
    assert value(metrics, "runwatch_incidents", severity="severe") == 2
    refused = {"platform": "discord", "result": "gave up", "reason": "message refused"}
    assert value(metrics, "runwatch_deliveries_total", **refused) == 2
    assert value(metrics, "runwatch_outbox_depth", platform="telegram", priority="critical") == 7
    assert value(metrics, "runwatch_rate_limited_total", platform="telegram") == 2
    assert value(metrics, "runwatch_command_seconds_count") == 2
    assert value(metrics, "runwatch_command_seconds_sum") == pytest.approx(0.04)
    assert value(metrics, "runwatch_build_info", version="1.2.3") == 1
    assert value(metrics, "runwatch_ready") == 1
    metrics.set_platform_connected(Platform.TELEGRAM, is_connected=False)
    assert value(metrics, "runwatch_platform_connected", platform="telegram") == 0


def test_every_severity_and_platform_is_nought_before_anything_happened(metrics: Metrics) -> None:
    for severity in Severity:
        assert value(metrics, "runwatch_incidents", severity=severity) == 0
        for platform in ("telegram", "discord"):
            assert value(metrics, "runwatch_outbox_depth", platform=platform, priority=severity) == 0
    assert value(metrics, "runwatch_outbox_oldest_seconds") == 0


def test_ages_grow_while_nothing_comes(metrics: Metrics, clock: HandMovedClock) -> None:
    use_everything(metrics, clock.now())
    clock.advance(timedelta(minutes=90))
    assert value(metrics, "runwatch_source_age_seconds", source="defillama/cexs") == 5400
    assert value(metrics, "runwatch_reading_age_seconds", exchange="binance") == 5400
    assert value(metrics, "runwatch_outbox_oldest_seconds") == 5400
    metrics.set_source_answered("defillama/cexs", clock.now())
    metrics.set_outbox_oldest(None)
    assert value(metrics, "runwatch_source_age_seconds", source="defillama/cexs") == 0
    assert value(metrics, "runwatch_outbox_oldest_seconds") == 0


def test_two_bots_in_one_process_count_apart(metrics: Metrics, clock: HandMovedClock) -> None:
    metrics.count_rate_limited(Platform.DISCORD)
    other = Metrics(clock, "1.2.3")
    assert value(other, "runwatch_rate_limited_total", platform="discord") == 0
