"""The language of "ж" shows exactly the words that were not looked up."""

from dataclasses import replace

import pytest

from bot.language.translation import tr, tr_as, tr_count, written_in
from bot.messages.model import Action, Chart, Field, Message, Table, bold, code, line
from bot.messages.number_format import usd
from bot.messages.pictures import Axis, Band, Picture, PictureKind, Series
from bot.messages.translated_lines import tr_line
from tests.language.pseudo import PSEUDO, leftover_words, pseudo_language


def test_every_letter_of_a_text_is_replaced_and_its_names_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    pseudo_language(monkeypatch)
    with written_in(PSEUDO):
        assert tr("{asset} is closed.", asset="USDT") == "USDT жж жжжжжж."
        assert tr_count("{count} place", "{count} places", 1) == "1 жжжжж"
        assert tr_count("{count} place", "{count} places", 2) == "2 жжжжжж"
        assert tr_as("an incident", "open") == "жжжж"
        assert tr_line("**Peak**: {share}", share="8 %") == (bold("жжжж"), *line(": 8 %"))
        assert leftover_words(Message(tr("Reserves of {usd}", usd=usd(-1.2e12)))) == []
    assert tr("{asset} is closed.", asset="USDT") == "USDT is closed."


def test_words_left_over_are_found_wherever_they_stand() -> None:
    picture = Picture(
        PictureKind.RUN, "ptitle", "headline", Axis.TIME, Axis.USD, (Series("series", (), "figure"),), "source",
        bands=(Band("band", 0, 1),), notes=("note",),
    )  # fmt: skip
    message = Message(
        "INC-42 · Crypto.com · title",
        lines=(line("see /why in 12 h, title", code("typed words")), line("BTC outflow")),
        fields=(Field("name", line("value")),),
        chart=Chart("chart", "usd", (), ()),
        table=Table(("header",), (("cell",),)),
        footer=line("DefiLlama footer"),
        actions=(Action("label", "command"),),
        picture=picture,
    )

    assert leftover_words(message, {"Crypto.com"}) == [
        "title", "see", "outflow", "name", "value", "chart", "header", "cell", "footer", "label",
        "ptitle", "headline", "source", "note", "series", "figure", "band",
    ]  # fmt: skip
    assert leftover_words(replace(message, title="OKX, OKXes", picture=None), {"OKX"})[0] == "OKXes"
