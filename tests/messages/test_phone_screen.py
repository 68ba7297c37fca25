"""How much of a message a phone shows."""

from dataclasses import replace

import pytest

from bot.language.translation import written_in
from bot.messages.model import Chart, Field, Message, Table, line, lines, moment
from bot.messages.phone_screen import SCREEN_LINES, naming_what_fits, on_one_screen, screen_lines
from tests.builders import NOON
from tests.fakes.marking_language import mark_texts

CHART = Chart("Reserves", "usd", (NOON, NOON), (1.0, 2.0))


def table(rows: int, chat_rows: int | None = 15, least_rows: int = 4) -> Table:
    return Table(("Asset",), tuple((f"A{row}",) for row in range(rows)), chat_rows=chat_rows, least_rows=least_rows)


@pytest.mark.parametrize(
    ("message", "count"),
    [
        (Message("Binance"), 1),
        (Message("Binance", lines=lines("a b")), 2),
        (Message("Binance", lines=lines("word " * 16)), 3),
        (Message("Binance", lines=lines("x" * 81)), 4),
        (Message("Binance", lines=lines(f"{'x' * 30} {'y' * 50}")), 4),
        (Message("Binance", lines=lines("x" * 37 + " $2.27 B")), 3),
        (Message("Binance", lines=lines(line("x" * 30 + " ", moment(NOON)))), 3),
        (Message("Binance", footer=line("as of ", moment(NOON, relative=True))), 3),
        (Message("Binance", fields=(Field("a", line("b")),) * 5), 7),
        (Message("Binance", chart=CHART, table=table(3)), 10),
    ],
)
def test_lines_are_counted_where_they_wrap_and_with_those_between_blocks(message: Message, count: int) -> None:
    assert screen_lines(message) == count


def test_where_names_of_fields_stand_apart_there_are_no_lines_between_blocks() -> None:
    message = Message("Binance", fields=(Field("a", line("b")),) * 5, footer=line("c"))

    assert screen_lines(message, names_apart=True) == 12
    fields = tuple(Field(f"{number}", line("x")) for number in range(12))
    crowded = Message("x", fields=fields, table=table(4))
    assert on_one_screen(crowded) == crowded
    assert on_one_screen(crowded, names_apart=True) == replace(crowded, table=None, lines=lines("… and 4 more rows"))


def test_what_has_no_table_that_may_be_cut_stays_as_it_is() -> None:
    for whole in (Message("x", lines=lines(*"abc" * 20)), Message("x", table=table(80, None))):
        assert on_one_screen(whole) is whole


def test_a_chat_shows_as_many_rows_as_it_may_and_counts_the_rest() -> None:
    shown = on_one_screen(Message("x", table=table(50)))

    assert shown.table
    assert len(shown.table.rows) == 15
    assert shown.table.rows[-1] == ("… and 36 more",)


def test_rows_go_first_then_the_chart_and_then_the_last_lines() -> None:
    def shown(count: int, least_rows: int = 4) -> Message:
        texts = lines(*(f"line {number}" for number in range(count)))
        message = on_one_screen(Message("x", lines=texts, chart=CHART, table=table(8, 8, least_rows)))
        assert screen_lines(message) <= SCREEN_LINES
        return message

    def rows(message: Message) -> int:
        return len(message.table.rows) if message.table else 0

    assert (rows(shown(11)), shown(11).chart) == (8, CHART)
    assert (rows(shown(13)), shown(13).chart) == (6, CHART)
    assert (rows(shown(16)), shown(16).chart) == (7, None)
    assert (rows(shown(40)), len(shown(40).lines)) == (4, 19)
    assert shown(40).lines[-1] == line("… and 22 more lines")
    assert (rows(shown(40, 8)), len(shown(40, 8).lines)) == (8, 15)


def test_before_fields_the_table_goes() -> None:
    fields = tuple(Field(f"{number}", line("x")) for number in range(21))
    message = on_one_screen(Message("x", lines=lines(*"abcdefgh"), fields=fields, table=table(4)))

    assert screen_lines(message) == SCREEN_LINES
    assert (len(message.lines), message.table, len(message.fields)) == (4, None, 20)
    assert message.fields[-1].value == line("and 2 more")


def test_what_fits_nowhere_keeps_its_first_lines() -> None:
    fields = (Field("24 h", line("x")),)
    huge = on_one_screen(Message("x" * 2000, lines=lines(*"abcdefgh"), fields=fields, table=table(2)))

    assert (len(huge.lines), huge.table, huge.fields) == (4, None, ())


@pytest.mark.parametrize(("sentences", "named"), [(0, 8), (20, 5), (30, 1)])
def test_as_many_are_named_as_fit_and_one_in_any_case(sentences: int, named: int) -> None:
    def naming(most: int) -> Message:
        return Message("Import", lines=lines(*(["A change."] * most), *(["A sentence."] * sentences)))

    assert len(naming_what_fits(naming, 8).lines) == named + sentences


@pytest.mark.parametrize(
    ("text", "count"), [("字" * 20, 2), ("字" * 21, 3), (f"INC-42 {'字' * 16}", 2), (f"INC-42 {'字' * 17}", 3)]
)
def test_chinese_is_wrapped_between_any_two_letters(text: str, count: int) -> None:
    assert screen_lines(Message("Binance", lines=lines(text))) == count


def test_what_is_left_out_is_counted_in_the_language_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    mark_texts(monkeypatch)
    with written_in("es"):
        shown = on_one_screen(Message("x", table=table(50)))

    assert shown.table
    assert shown.table.rows[-1] == ("es‹… and 36 more›",)
