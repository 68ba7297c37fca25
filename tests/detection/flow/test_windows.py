from datetime import timedelta

import pytest

from bot.detection.flow.windows import base_limit, fits
from bot.domain.flow import Window
from tests.builders import DAY, HOUR, NOON, holding


@pytest.mark.parametrize(
    ("window", "age", "young_enough"),
    [
        (Window.DAY, 24 * HOUR, True),
        (Window.DAY, 24 * HOUR - timedelta(seconds=1), False),
        (Window.DAY, 37 * HOUR, True),
        (Window.DAY, 37 * HOUR + timedelta(seconds=1), False),
        (Window.WEEK, 7 * DAY + 25 * HOUR, True),
        (Window.WEEK, 7 * DAY + 26 * HOUR, False),
        (Window.MONTH, 34 * DAY, True),
        (Window.MONTH, 35 * DAY, False),
        (Window.HOUR, 2 * HOUR, True),
        (Window.HOUR, 2 * HOUR + timedelta(seconds=1), False),
    ],
)
def test_a_base_is_at_most_a_part_of_the_window_too_old(
    window: Window,
    age: timedelta,
    young_enough: bool,  # noqa: FBT001 — a table's column
) -> None:
    assert fits(window, holding(60, at=NOON - age), NOON) is young_enough


@pytest.mark.parametrize("window", Window)
def test_a_window_starts_its_own_length_before_its_end(window: Window) -> None:
    assert NOON - base_limit(window, NOON) == window.length
