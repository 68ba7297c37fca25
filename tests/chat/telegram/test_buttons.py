"""Actions as buttons below a message."""

from dataclasses import replace

import pytest

from bot.chat.telegram.buttons import alert_text, button_rows, command_line_of
from bot.messages.cards.errors import refusal
from bot.messages.model import Action, Message, line, lines, moment
from tests.chat.telegram.scene import NOW


def test_buttons_stand_three_in_a_row() -> None:
    rows = button_rows(tuple(Action(str(number), f"flows {number}") for number in range(7)))
    assert [len(row) for row in rows] == [3, 3, 1]


@pytest.mark.parametrize(("command", "kept"), [("x" * 64, True), ("x" * 65, False), ("é" * 33, False), ("", False)])
def test_a_command_too_long_for_a_button_is_left_out(command: str, *, kept: bool) -> None:
    assert bool(button_rows((Action("label", command),))) is kept


def test_a_button_that_begins_a_row_stands_below_the_others() -> None:
    actions = (Action("a", "flows a"), Action("b", "flows b", starts_row=True), Action("c", "flows c"))
    assert [[label for label, _ in row] for row in button_rows(actions)] == [["a"], ["b", "c"]]


def test_a_row_begins_although_its_first_button_is_left_out() -> None:
    actions = (Action("a", "flows a"), Action("b", "x" * 65, starts_row=True), Action("c", "flows c"))
    assert [[label for label, _ in row] for row in button_rows(actions)] == [["a"], ["c"]]


@pytest.mark.parametrize("in_place", [False, True])
def test_a_button_says_where_its_answer_goes(*, in_place: bool) -> None:
    (((_, data),),) = button_rows((Action("a", "flows a", in_place=in_place),))
    assert command_line_of(data) == ("flows a", in_place)


def test_a_button_always_has_a_label() -> None:
    assert button_rows((Action("\u200b", "help"),)) == ((("…", "help"),),)
    assert len(button_rows((Action("x" * 90, "help"),))[0][0][0]) == 40


PRIVATE = Message("Title", lines=lines(line("Since ", moment(NOW), "."), "Second\u202e line."), private=True)


def test_a_short_private_answer_is_shown_in_a_window_over_the_chat() -> None:
    assert alert_text(PRIVATE) == "Title\nSince 2022-12-13 14:17 UTC.\nSecond line."


@pytest.mark.parametrize(
    "answer",
    [
        replace(PRIVATE, private=False),
        replace(PRIVATE, actions=(Action("label", "help"),)),
        replace(PRIVATE, lines=lines("x" * 200)),
    ],
)
def test_what_others_may_read_or_does_not_fit_is_a_message(answer: Message) -> None:
    assert alert_text(answer) is None


def test_a_long_refusal_loses_its_title_and_then_its_end() -> None:
    assert alert_text(refusal("x" * 195)) == "x" * 195
    assert alert_text(refusal("x" * 201)) == "x" * 199 + "…"
    assert alert_text(refusal("😀" * 101)) == "😀" * 99 + "…"
