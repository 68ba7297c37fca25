"""Messages as panels."""

import io
from dataclasses import replace
from typing import Literal

import pytest
from rich.cells import cell_len
from rich.console import Console

from bot.chat.terminal.panel import render
from bot.messages.model import Chart, Message, Tone, lines
from tests.chat.terminal.messages import INCIDENT, NOW, RESERVES
from tests.fakes.marking_language import mark_texts


def drawn(message: Message, *, width: int = 120, colour: bool = False) -> str:
    """Return what the terminal would show."""
    out = io.StringIO()
    system: Literal["truecolor"] | None = "truecolor" if colour else None
    Console(file=out, width=width, force_terminal=colour, color_system=system, no_color=not colour).print(
        render(message, NOW)
    )
    return out.getvalue()


def test_an_incident_shows_icon_words_time_and_what_to_type_next() -> None:
    panel = drawn(INCIDENT)

    assert panel.startswith("╭─ 🟠 INC-1 · Binance · elevated outflow ")
    assert "Net outflow −$2.3 B in 24 h" in panel
    assert "as of 14:05 UTC (12 min ago)" in panel
    assert "try: /why INC-1 · /flows binance" in panel
    assert "2022-12-13 14:17 UTC ─╯" in panel


@pytest.mark.parametrize("message", [INCIDENT, RESERVES, Message("x", Tone.TROUBLE), Message("y", Tone.CRITICAL)])
@pytest.mark.parametrize(("terminal", "expected"), [(120, 100), (80, 80)])
def test_every_row_is_as_wide_as_the_panel(message: Message, terminal: int, expected: int) -> None:
    assert {cell_len(row) for row in drawn(message, width=terminal).splitlines()} == {expected}


def test_short_fields_stand_side_by_side_and_long_ones_alone() -> None:
    rows = [row.strip("│ ").split() for row in drawn(RESERVES).splitlines()]

    assert ["Own", "token", "Stablecoins", "Chains"] in rows
    assert ["9.9", "%", "(BNB)", "52.8", "%", "12"] in rows
    assert ["Opened", "2022-12-11", "14:17", "UTC"] in rows


def test_a_chart_shows_its_span_low_and_high() -> None:
    panel = drawn(RESERVES)

    assert "▆▅▃" in panel
    assert "2022-12-10 → 2022-12-12 · $55.0 B to $58.0 B · now $55.0 B" in panel
    assert "Nothing" not in drawn(replace(RESERVES, chart=Chart("Nothing", "usd", (), ())))


def test_numbers_of_a_table_align_right() -> None:
    cells = [row.strip("│ ") for row in drawn(RESERVES).splitlines() if "$17.8" in row or "$6.45" in row]

    assert cells == ["BUSD        $17.8 B", "BNB (own)   $6.45 B"]


def test_each_tone_has_a_colour_of_its_own() -> None:
    borders = {drawn(Message("Binance", tone), colour=True).split("╭")[0] for tone in Tone}

    assert len(borders) == len(Tone)


def test_markup_in_a_text_is_just_letters() -> None:
    assert "[bold red]x[/]" in drawn(Message("Binance", lines=lines("[bold red]x[/]")))


def test_words_of_its_own_are_in_the_language_of_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    mark_texts(monkeypatch)
    panel = drawn(replace(INCIDENT, title="INC-1", sample=True, language="es"))

    assert panel.startswith("╭─ 🟠 es‹Sample · INC-1 · es‹elevated›› ")
    assert "es‹try: /why INC-1 · /flows binance›" in panel
