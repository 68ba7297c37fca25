from bot.messages.model import Span, Tone, bold, code, line, lines, moment
from tests.builders import NOON


def test_every_tone_has_an_icon_of_its_own() -> None:
    assert len({tone.icon for tone in Tone}) == len(Tone)


def test_a_line_is_made_of_texts_and_spans_without_the_empty_ones() -> None:
    assert line("a", "", bold("b")) == (Span("a"), Span("b", bold=True))


def test_lines_that_are_not_there_are_left_out() -> None:
    assert lines("a", None, line(code("b")), ()) == ((Span("a"),), (Span("b", code=True),))


def test_a_moment_has_no_text_of_its_own() -> None:
    assert moment(NOON, relative=True) == Span("", at=NOON, relative=True)
    assert moment(NOON, live=True) == Span("", at=NOON, live=True)
