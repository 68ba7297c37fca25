"""A chart as a line of bars and the figures below it."""

import math
from dataclasses import replace

import pytest

from bot.messages.model import Chart
from bot.messages.sparkline import chart_bars, chart_figures, sparkline
from tests.builders import NOON

RESERVES = Chart("Reserves", "usd", (NOON,) * 4, (50e9, 50.15e9, 50.05e9, 50.1e9))
FLOWS = Chart("Net flow", "share", (NOON,) * 3, (-0.003, 0.002, 0.0))


def test_a_sparkline_goes_from_lowest_to_highest() -> None:
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7]) == "▁▂▃▄▅▆▇█"


def test_a_flat_series_lies_in_the_middle() -> None:
    assert sparkline([5.0, 5.0]) == "▅▅"


def test_what_is_no_number_is_a_gap() -> None:
    assert sparkline([1.0, math.nan, 2.0]) == "▁ █"
    assert sparkline([1.0, 2.0, math.inf]) == "▁█ "
    assert sparkline([math.nan]) == ""
    assert sparkline([]) == ""


def test_a_long_series_shows_the_most_extreme_value_of_each_stretch() -> None:
    assert sparkline([1.0] * 50 + [2.0] * 50, width=10) == "▁▁▁▁▁█████"
    an_hour_at_half = [10.0] * 47 + [5.0] + [10.0] * 52
    assert sparkline(an_hour_at_half, width=10) == "████▁█████"


def test_the_last_bar_is_the_newest_value() -> None:
    assert sparkline([10.0] * 97 + [5.0, 9.0, 10.0], width=10) == "██████████"
    assert sparkline([10.0] * 99 + [5.0], width=10) == "█████████▁"


def test_noise_does_not_look_like_a_crash() -> None:
    assert chart_bars(RESERVES) == "▄▅▄▅"
    assert chart_bars(FLOWS) == "▄▅▅"


def test_a_crash_fills_the_heights() -> None:
    assert chart_bars(replace(RESERVES, values=(50e9, 50.15e9, 50e9, 31e9))) == "████▁"[1:]
    assert chart_bars(replace(FLOWS, values=(0.0, 0.003, -0.106))) == "██▁"


def test_the_scale_and_the_newest_value_are_written() -> None:
    assert chart_figures(RESERVES) == "$50.0 B to $50.1 B · now $50.1 B"
    assert chart_figures(FLOWS) == "−0.30 % to +0.20 % · now 0.00 %"
    assert chart_figures(replace(RESERVES, values=(50e9, math.nan))) == "$50.0 B to $50.0 B · now $50.0 B"


@pytest.mark.parametrize("values", [(), (math.nan,)])
def test_without_a_number_there_is_nothing_to_draw(values: tuple[float, ...]) -> None:
    assert chart_bars(replace(RESERVES, values=values)) == ""
    assert chart_bars(replace(FLOWS, values=values)) == ""
    assert chart_figures(replace(RESERVES, values=values)) == ""
