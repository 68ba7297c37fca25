"""The alert rules for Prometheus in deploy/alerts.yml: Prometheus can read them, and every metric in them exists."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from bot.service.metrics import Metrics
from tests.clocks import HandMovedClock
from tests.service.test_metrics import use_everything

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus.yml"
OF_PROMETHEUS = {"up"}
"""The metric that Prometheus itself makes of every scrape."""
ADDED_BY_PROMETHEUS = {"job", "instance"}

_METRIC = re.compile(r"\b(?:runwatch|process)_\w+|\bup\b")
_SELECTOR = re.compile(r"(\w+)\{([^}]*)\}")
_LABEL = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"')


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((ROOT / "deploy" / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def scraped() -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the name and labels of everything that /metrics shows."""
    clock = HandMovedClock()
    metrics = Metrics(clock, "1.2.3")
    use_everything(metrics, clock.now())
    for family in text_string_to_metric_families(metrics.text().decode()):
        for sample in family.samples:
            yield sample.name, sample.labels


def labels_of(name: str) -> set[str]:
    return {label for scraped_name, labels in scraped() if scraped_name == name for label in labels}


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_every_metric_and_label_of_a_rule_is_on_the_metrics_page(rule: dict[str, Any]) -> None:
    shown = {name for name, _ in scraped()} | OF_PROMETHEUS
    assert set(_METRIC.findall(rule["expr"])) <= shown
    for name, selector in _SELECTOR.findall(rule["expr"]):
        assert set(_LABEL.findall(selector)) <= labels_of(name) | ADDED_BY_PROMETHEUS


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_a_rule_says_how_bad_it_is_and_what_is_wrong(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"]["summary"].endswith((".", '."'))
    assert _METRIC.search(rule["expr"])


def test_prometheus_loads_the_rules() -> None:
    config = yaml.safe_load(PROMETHEUS.read_text(encoding="utf-8"))
    assert [(PROMETHEUS.parent / name).is_file() for name in config["rule_files"]] == [True]
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    mounted = [volume.split(":")[0] for volume in compose["services"]["prometheus"]["volumes"]]
    assert {"./deploy/prometheus.yml", "./deploy/alerts.yml"} <= set(mounted)


@pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed; CI has it in Prometheus' image"
)
def test_promtool_finds_nothing_wrong() -> None:
    checked = subprocess.run(["promtool", "check", "config", PROMETHEUS], capture_output=True, text=True, check=False)  # noqa: S603, S607 — the tool that is on the path is the one to ask
    assert checked.returncode == 0, checked.stdout + checked.stderr
