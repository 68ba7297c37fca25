"""The sample proofs: public examples of the exchanges, and composed ones where there are none (samples/SOURCES.md)."""

import json
from pathlib import Path
from typing import Any

from tests.inclusion_proofs.composed import binance_of_2023, binance_of_2024, bitmex_lines, bitmex_tree

SAMPLES = Path(__file__).parent / "samples"


def content_of(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def json_of(name: str) -> Any:
    return json.loads(content_of(name))


GOOD = {
    "bitget": content_of("bitget.json"),
    "bybit_2024": content_of("bybit_2024.json"),
    "bybit_2025": content_of("bybit_2025.json"),
    "okx": content_of("okx.json"),
    "mexc": content_of("mexc.json"),
    "gate": content_of("gate.json"),
    "binance_sample": content_of("binance_sample.json"),
    "binance_2023": json.dumps(binance_of_2023({7: (123456000, 0), 349: (5, 1)})).encode(),
    "binance_2024": json.dumps(binance_of_2024({3: (5, 0, 1, 2, 3), 61: (7, 1, 0, 0, 0)})).encode(),
    "bitmex_tree": bitmex_tree().encode(),
    "bitmex_lines": bitmex_lines().encode(),
}
"""Proofs that hold."""
