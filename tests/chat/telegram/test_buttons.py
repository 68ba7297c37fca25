"""Actions as buttons below a message."""

import pytest

from bot.chat.telegram.buttons import button_rows
from bot.messages.model import Action


def test_buttons_stand_three_in_a_row() -> None:
    rows = button_rows(tuple(Action(str(number), f"flows {number}") for number in range(7)))
    assert [len(row) for row in rows] == [3, 3, 1]


@pytest.mark.parametrize(("command", "kept"), [("x" * 64, True), ("x" * 65, False), ("é" * 33, False), ("", False)])
def test_a_command_too_long_for_a_button_is_left_out(command: str, *, kept: bool) -> None:
    assert bool(button_rows((Action("label", command),))) is kept


def test_a_button_always_has_a_label() -> None:
    assert button_rows((Action("\u200b", "help"),)) == ((("…", "help"),),)
    assert len(button_rows((Action("x" * 90, "help"),))[0][0][0]) == 40
