"""Messages as plain text and as JSON."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.chat.terminal import message_to_json, plain_text
from bot.domain.snapshot import MissingPart
from bot.messages.documents import Document
from bot.messages.model import Chart, Fold, Message, ShownTotal, Tone, line, lines, moment
from tests.chat.terminal.messages import INCIDENT, NOW, RESERVES
from tests.fakes.marking_language import mark_texts


def test_an_incident_reads_as_sentences() -> None:
    assert plain_text(INCIDENT, NOW).splitlines() == [
        "🟠 INC-1 · Binance · elevated outflow",
        "  Net outflow −$2.3 B in 24 h",
        "  USDC closed since 08:17 UTC",
        "  DefiLlama · as of 14:05 UTC (12 min ago)",
        "  try: /why INC-1 · /flows binance",
    ]


def test_fields_chart_and_table_are_all_there() -> None:
    assert plain_text(RESERVES, NOW).splitlines()[2:] == [
        "  Own token: 9.9 % (BNB)",
        "  Stablecoins: 52.8 %",
        "  Chains: 12",
        "  Net flow: −$2.30 B",
        "  Opened: 2022-12-11 14:17 UTC",
        "  Clean reserves ▆▅▃ $55.0 B to $58.0 B · now $55.0 B",
        "  Asset        Value",
        "  BUSD       $17.8 B",
        "  BNB (own)  $6.45 B",
    ]


def test_a_chart_of_shares_is_written_in_per_cent_and_an_empty_one_not_at_all() -> None:
    shares = Chart("Flow", "share", (NOW, NOW), (-0.01, 0.02))
    empty = Chart("Nothing known", "usd", (), ())

    assert "−1.0 % to +2.0 %" in plain_text(replace(RESERVES, chart=shares), NOW)
    assert "Nothing known" not in plain_text(replace(RESERVES, chart=empty), NOW)


@pytest.mark.parametrize(("tone", "word"), [(Tone.SEVERE, " · severe"), (Tone.HELD, " · held"), (Tone.INFO, "")])
def test_a_severity_is_spelled_out_as_well(tone: Tone, word: str) -> None:
    assert plain_text(Message("Binance", tone), NOW) == f"{tone.icon} Binance{word}"


def test_a_sample_says_that_it_is_one() -> None:
    assert plain_text(replace(INCIDENT, sample=True), NOW).startswith("🟠 Sample · INC-1")


def test_a_terminal_folds_nothing_away() -> None:
    assert plain_text(replace(RESERVES, fold=Fold(0, "why 1")), NOW) == plain_text(RESERVES, NOW)


def test_lines_are_wrapped_at_the_width() -> None:
    long = Message("Binance", lines=lines("outflow " * 40))

    assert max(map(len, plain_text(long, NOW).splitlines())) <= 100
    assert max(map(len, plain_text(long, NOW, width=40).splitlines())) <= 40


def test_text_from_outside_cannot_control_the_terminal() -> None:
    evil = Message("Bin\x1b[2Jance", lines=lines("a\x07b\u202ec\nd"))

    assert plain_text(evil, NOW) == "🏦 Bin[2Jance\n  abc d"
    assert message_to_json(evil)["lines"] == ["abc d"]


def test_json_has_every_part_with_times_in_iso() -> None:
    content = message_to_json(RESERVES)

    assert json.loads(json.dumps(content)) == content
    assert content["title"] == "Binance · reserves"
    assert content["tone"] == "info"
    assert content["fields"][0] == {"name": "Own token", "value": "9.9 % (BNB)"}
    assert content["fields"][4]["value"] == "2022-12-11T14:17:00+00:00"
    assert content["chart"]["points"][0] == ["2022-12-10T14:17:00+00:00", 58e9]
    assert content["table"]["rows"][0] == ["BUSD", "$17.8 B"]
    assert content["footer"] == ""
    assert message_to_json(INCIDENT)["actions"][0] == {"label": "Why", "command": "/why INC-1"}
    assert (message_to_json(INCIDENT)["chart"], message_to_json(INCIDENT)["table"]) == (None, None)


def test_json_has_the_file_of_a_message_where_it_has_one() -> None:
    document = message_to_json(replace(INCIDENT, document=Document("a.json", "{}")))["document"]
    assert document == {"name": "a.json", "media_type": "application/json", "text": "{}"}
    assert "document" not in message_to_json(INCIDENT)


def test_a_moment_of_another_day_brings_its_date() -> None:
    yesterday = Message("x", lines=(line(moment(NOW - timedelta(days=1), relative=True)),))

    assert "2022-12-12 14:17 UTC (24 h ago)" in plain_text(yesterday, NOW)


def test_json_says_which_reading_a_total_is_from_and_what_is_missing_since() -> None:
    tron = MissingPart("Tron\x07", 22e9, NOW - timedelta(hours=2))
    partial = ShownTotal("binance", NOW - timedelta(hours=3), 102e9, 105e9, (tron,), NOW, 82e9)
    listed = ShownTotal("okx", NOW, None, 9e9, is_checked=False)

    content = message_to_json(replace(RESERVES, totals=(partial, listed)))

    assert json.loads(json.dumps(content)) == content
    assert content["totals"] == [
        {
            "exchange": "binance",
            "as_of": "2022-12-13T11:17:00+00:00",
            "reserves_usd": 102e9,
            "total_usd": 105e9,
            "checked": True,
            "complete": False,
            "missing": [{"name": "Tron", "usd": 22e9, "since": "2022-12-13T12:17:00+00:00"}],
            "newest": {"as_of": "2022-12-13T14:17:00+00:00", "reserves_usd": 82e9},
        },
        {
            "exchange": "okx",
            "as_of": "2022-12-13T14:17:00+00:00",
            "reserves_usd": None,
            "total_usd": 9e9,
            "checked": False,
            "complete": True,
            "missing": [],
            "newest": None,
        },
    ]
    assert message_to_json(RESERVES)["totals"] == []


def test_words_of_its_own_are_in_the_language_of_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    mark_texts(monkeypatch)
    sample = replace(INCIDENT, title="INC-1", sample=True, language="es")

    assert plain_text(sample, NOW).splitlines() == [
        "🟠 es‹Sample · INC-1 · es‹elevated››",
        "  Net outflow −$2.3 B in 24 h",
        "  USDC closed since 08:17 UTC",
        "  DefiLlama · as of 14:05 UTC (es‹es‹12 min› ago›)",
        "  es‹try: /why INC-1 · /flows binance›",
    ]
