from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.messages.length_limits import MessageLimits, fit, shorten_line, trim
from bot.messages.model import Action, Chart, Field, Message, Table, bold, line, moment

AT = datetime(2022, 12, 13, 14, 5, tzinfo=UTC)


def character_count(message: Message) -> int:
    texts = [message.title, *(span.text for text_line in (*message.lines, message.footer) for span in text_line)]
    texts += [field.name + "".join(span.text for span in field.value) for field in message.fields]
    texts += [cell for row in (message.table.rows if message.table else ()) for cell in row]
    return sum(map(len, texts))


def big(rows: int = 50, fields: int = 10, lines: int = 20) -> Message:
    return Message(
        title="Binance",
        lines=tuple(line(f"line {number:03}") for number in range(lines)),
        fields=tuple(Field(f"name {number:03}", line("x" * 10)) for number in range(fields)),
        table=Table(("Asset", "USD"), tuple((f"asset{number:03}", "$1.00 B") for number in range(rows)), (1,)),
        footer=line("DefiLlama"),
    )


def test_what_fits_is_left_alone() -> None:
    message = big()
    assert fit(message, character_count, 10_000) is message


def test_rows_go_first_and_the_table_says_how_many() -> None:
    fitted = fit(big(), character_count, 700)
    assert fitted.table is not None
    shown = len(fitted.table.rows) - 1
    assert fitted.table.rows[-1] == (f"… and {50 - shown} more", "")
    assert (fitted.lines, fitted.fields) == (big().lines, big().fields)
    assert 0 <= 700 - character_count(fitted) < 15  # another row would not have fitted


def test_fields_go_when_no_row_is_left() -> None:
    fitted = fit(big(), character_count, 320)
    assert fitted.table is None
    assert line("… and 50 more rows") in fitted.lines
    assert 1 < len(fitted.fields) < 10
    assert fitted.fields[-1].value == line(f"and {11 - len(fitted.fields)} more")


def test_lines_go_after_the_fields() -> None:
    fitted = fit(big(), character_count, 100)
    assert fitted.fields == ()
    assert character_count(fitted) <= 100
    assert fitted.lines[0] == line("line 000")
    assert fitted.lines[-1] == line(f"… and {23 - len(fitted.lines)} more lines")


def test_one_endless_line_is_shortened_before_anything_is_left_out() -> None:
    endless = replace(big(rows=3), lines=(line("y" * 9000),))
    fitted = fit(endless, character_count, 2000)
    assert fitted.table == endless.table
    assert fitted.lines[0][-1].text == "…"


@settings(deadline=None)
@given(st.integers(min_value=60, max_value=1500), st.integers(0, 60), st.integers(0, 30), st.integers(0, 30))
def test_every_message_can_be_made_to_fit(limit: int, rows: int, fields: int, lines: int) -> None:
    assert character_count(fit(big(rows, fields, lines), character_count, limit)) <= limit


def test_the_chart_goes_before_the_last_words_are_cut() -> None:
    charted = replace(big(), chart=Chart("", "usd", (AT,), (1.0,)))

    def size(message: Message) -> int:
        return character_count(message) + (1000 if message.chart else 0)

    assert fit(charted, size, 100).chart is None


def test_what_is_left_is_shortened_to_fit() -> None:
    message = Message("t" * 500, lines=(line("x" * 500),), footer=line("f" * 500))
    fitted = fit(message, character_count, 130)
    assert character_count(fitted) <= 130
    assert fitted.title.startswith("t")
    assert fitted.lines[0][0].text.startswith("x")


def test_what_cannot_fit_comes_back_at_its_smallest() -> None:
    fitted = fit(big(), character_count, 1)
    assert character_count(fitted) < 40
    assert (fitted.table, fitted.fields) == (None, ())


def test_few_parts_are_not_touched() -> None:
    small = Message("t", lines=(line("x"),), fields=(Field("a", line("b")),), table=Table(("h",), (("r",),)))
    assert trim(small, MessageLimits(lines=1, fields=1, rows=1)) == small
    assert trim(Message("t"), MessageLimits(title=9, lines=9, fields=9, rows=9, footer=9, actions=9)) == Message("t")


def test_no_room_for_fields_is_said() -> None:
    assert trim(Message("t", fields=(Field("a", line("b")),)), MessageLimits(fields=0)).lines == (
        line("… and 1 more figure"),
    )


def test_a_line_is_cut_at_its_spans_and_never_in_a_moment() -> None:
    text = line("as of ", moment(AT), bold(" and more"))
    assert shorten_line(text, 100) is text
    assert shorten_line(text, 46)[-1].text == "…"
    assert shorten_line(text, 20) == line("as of ", "…")
    assert shorten_line(line(bold("abcdef")), 4) == line(bold("abc"), "…")


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (MessageLimits(title=4), {"title": "Bin…"}),
        (MessageLimits(lines=2), {"lines": (line("line 000"), line("… and 19 more lines"))}),
        (MessageLimits(footer=5), {"footer": line("Defi", "…")}),
        (MessageLimits(actions=1), {"actions": (Action("a", "a"),)}),
    ],
)
def test_each_part_is_trimmed_to_its_own_limit(limits: MessageLimits, expected: dict[str, Any]) -> None:
    message = replace(big(), actions=(Action("a", "a"), Action("b", "b")))
    trimmed = trim(message, limits)
    assert trimmed == replace(message, **expected)


def test_fields_and_their_parts_are_trimmed() -> None:
    trimmed = trim(big(), MessageLimits(fields=3, field_name=5, field_value=4, rows=2))
    assert [field.name for field in trimmed.fields] == ["name…", "name…", "…"]
    assert trimmed.fields[0].value == line("xxx", "…")
    assert trimmed.table is not None
    assert trimmed.table.rows == (("asset000", "$1.00 B"), ("… and 49 more", ""))


def test_one_row_and_one_figure_that_are_left_out_are_one() -> None:
    message = Message("x", fields=(Field("a", line("b")),), table=Table(("Asset",), (("BTC",),)))

    trimmed = trim(message, MessageLimits(rows=0, fields=0))

    assert trimmed.lines == (line("… and 1 more row"), line("… and 1 more figure"))
