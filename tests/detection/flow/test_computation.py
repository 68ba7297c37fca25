"""Columns and detail are two computations of one interface; which of them a flow is from shows in its assets."""

from dataclasses import replace
from datetime import timedelta

from bot.detection.flow.computation import ColumnComputation, DetailedComputation, FlowComputation
from bot.domain.flow import Window
from bot.domain.guard_state import Adjustment
from bot.domain.reading import Slot
from tests.builders import BINANCE, DAY, NOON, holding


def test_a_flow_from_a_base_at_the_very_time_of_an_adjustment_is_in_columns() -> None:
    """What is computed in columns has no assets here, what is computed in detail has."""
    in_columns, in_detail = (
        ColumnComputation(BINANCE.own_tokens, max_readings=8),
        DetailedComputation(BINANCE.own_tokens),
    )
    base, end = holding(60, at=NOON - DAY), holding(59)
    moved = Adjustment(Slot("Tron", "USDT"), 1.0, NOON - DAY)
    later = replace(moved, at=NOON - DAY + timedelta(microseconds=1))

    def assets_of(computation: FlowComputation, *adjustments: Adjustment) -> int:
        return len(computation.flow(Window.DAY, base, end, previous=base, adjustments=adjustments).assets)

    assert assets_of(in_columns) == assets_of(in_columns, moved) == 0
    assert assets_of(in_columns, later) == assets_of(in_columns, moved, later) == 2
    assert assets_of(in_detail) == 2
