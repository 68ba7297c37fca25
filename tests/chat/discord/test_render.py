"""Messages as Discord shows them."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.discord.markup import escape, line_markdown, line_plain
from bot.chat.discord.render import payload, plain_payload
from bot.language.translation import written_in
from bot.messages.model import (
    Action,
    Chart,
    Field,
    Fold,
    Message,
    Span,
    Table,
    Tone,
    bold,
    code,
    line,
    lines,
    link,
    moment,
)
from tests.fakes.discord_limits import message_problems
from tests.fakes.marking_language import mark_texts

NOON = datetime(2022, 12, 13, 12, 0, tzinfo=UTC)
UNIX = 1670932800


def shown(message: Message) -> dict[str, object]:
    embed: dict[str, object] = payload(message)["embeds"][0]
    return embed


def test_a_message_reads_from_title_to_footer() -> None:
    message = Message(
        "INC-42 · Binance · elevated outflow",
        Tone.ELEVATED,
        lines=lines(line("Net outflow ", bold("−$2.3 B"), " in 24 h"), line("Ask ", code("/why 42"))),
        fields=(Field("BTC", line("−$0.7 B")), Field("Doors", line("open"), inline=False)),
        footer=line("DefiLlama · as of ", moment(NOON, relative=True)),
    )
    assert shown(message) == {
        "type": "rich",
        "title": "🟠 INC-42 · Binance · elevated outflow",
        "color": 0xF28C28,
        "description": "Net outflow **−\N{WORD JOINER}$2.3\N{NO-BREAK SPACE}B** in 24\N{NO-BREAK SPACE}h\n"
        "Ask `/why 42`\n"
        f"-# DefiLlama · as of <t:{UNIX}:f> (<t:{UNIX}:R>)",
        "fields": [
            {"name": "BTC", "value": "−\N{WORD JOINER}$0.7\N{NO-BREAK SPACE}B", "inline": True},
            {"name": "Doors", "value": "open", "inline": False},
        ],
    }


def test_details_are_left_out_and_a_button_asks_for_them() -> None:
    message = Message(
        "INC-42 · why",
        lines=lines("Open.", "Baseline: …"),
        fields=(Field("opened", line("today")),),
        chart=Chart("Reserves", "usd", (NOON,), (1.0,)),
        table=Table(("Window",), (("24 h",),)),
        actions=(Action("Flows", "flows binance"),),
        fold=Fold(1, "why INC-42 details"),
    )
    buttons = payload(message)["components"][0]["components"]

    assert (shown(message)["description"], "fields" in shown(message)) == ("Open.", False)
    assert [(button["label"], button["custom_id"]) for button in buttons] == [
        ("Details", "run:why INC-42 details"),
        ("Flows", "run:flows binance"),
    ]
    assert plain_payload(message)["content"].splitlines()[1:] == ["Open."]


def test_an_age_that_discord_counts_on_is_shown_also_in_what_is_read_later() -> None:
    assert line_markdown(line(moment(NOON, live=True))) == f"<t:{UNIX}:f> (<t:{UNIX}:R>)"


@pytest.mark.parametrize("tone", list(Tone))
def test_every_tone_has_a_colour_and_an_icon(tone: Tone) -> None:
    embed = shown(Message("Outflow", tone))
    assert str(embed["title"]).startswith(tone.icon)
    assert isinstance(embed["color"], int)


def test_no_two_tones_share_a_colour() -> None:
    assert len({shown(Message("Outflow", tone))["color"] for tone in Tone}) == len(Tone)


@pytest.mark.parametrize("tone", [Tone.HELD, Tone.WATCH, Tone.ELEVATED, Tone.SEVERE, Tone.CRITICAL])
def test_a_severity_is_spelled_out_as_well(tone: Tone) -> None:
    assert str(shown(Message("Outflow", tone))["title"]).endswith(f"· {tone}")
    assert str(shown(Message(f"{tone.title()} outflow", tone))["title"]).count(tone) <= 1


def test_a_sample_says_so() -> None:
    assert shown(Message("Outflow", sample=True))["title"] == "🏦 SAMPLE · Outflow"


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("**bold** _it_ ~~no~~ `code` ||spoiler||", r"\*\*bold\*\* \_it\_ \~\~no\~\~ \`code\` \|\|spoiler\|\|"),
        ("[here](https://evil.example)", r"\[here\]\(https\://evil.example\)"),
        ("https://evil.example/a", r"https\://evil.example/a"),
        ("<@123> <@&5> <#7> </why:9>", r"\<@123\> \<@&5\> \<#7\> \</why:9\>"),
        ("<:fire:123> <a:fire:1> <t:0:R>", r"\<:fire:123\> \<a:fire:1\> \<t:0:R\>"),
        ("@everyone @here", "@\u200beveryone @\u200bhere"),
        ("back\\slash", r"back\\slash"),
        ("\u202egnp.exe\u200b", "gnp.exe"),
        ("one\ntwo", "one two"),
    ],
)
def test_nothing_from_outside_becomes_markup(text: str, safe: str) -> None:
    assert escape(text) == safe


@pytest.mark.parametrize(
    ("address", "shown_as"),
    [
        ("https://kucoin.com/_api/por?lang=en_US", "https://kucoin.com/_api/por?lang=en_US"),
        ("http://plain.example", r"http\://plain.example"),
        ("https://a.example/) @everyone", "https\\://a.example/\\) @\u200beveryone"),
    ],
)
def test_an_address_of_a_table_can_be_opened_and_is_nothing_but_an_address(address: str, shown_as: str) -> None:
    assert line_markdown(line(link(address))) == shown_as


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("# big", r"\# big"),
        ("-# small", r"\-# small"),
        ("- item", r"\- item"),
        ("1. item", r"1\. item"),
        ("> q", r"\> q"),
    ],
)
def test_a_line_begins_nothing(text: str, safe: str) -> None:
    """Signs that mean something at the beginning of a line only are escaped there."""
    assert line_markdown(line(text)) == safe


def test_a_number_keeps_its_sign_its_point_and_its_unit() -> None:
    assert (
        line_markdown(line("−$1.14 B, 1.8 % in 24 h"))
        == "−\N{WORD JOINER}$1.14\N{NO-BREAK SPACE}B, 1.8\N{NO-BREAK SPACE}% in 24\N{NO-BREAK SPACE}h"
    )


def test_what_is_to_be_copied_keeps_its_spaces() -> None:
    assert line_markdown(line(code("/subscribe okx 50 M"))) == "`/subscribe okx 50 M`"


def test_bold_keeps_blanks_outside_and_markup_out() -> None:
    assert line_markdown(line(bold(" a*b "))) == " **a\\*b** "
    assert line_markdown(line(bold("  "))) == "  "


def test_code_holds_no_backtick() -> None:
    assert line_markdown(line(code("a`b"))) == "`aˋb`"
    assert line_markdown((Span("", code=True),)) == ""


def test_a_moment_is_shown_in_the_readers_time() -> None:
    assert line_markdown(line(moment(NOON))) == f"<t:{UNIX}:f>"
    assert line_plain(line("at ", moment(NOON))) == "at 2022-12-13 12:00 UTC"


def test_a_chart_is_a_sparkline() -> None:
    chart = Chart("Reserves", "usd", tuple(NOON + timedelta(days=day) for day in range(3)), (1.0, 2.0, 3.0))
    assert shown(Message("Binance", chart=chart))["description"] == "Reserves\n`▁▅█`\n$1.00 to $3.00 · now $3.00"


def test_a_table_is_a_block_that_fits_a_phone_and_cannot_be_broken_out_of() -> None:
    table = Table(("Exchange", "Share"), (("Bin```ance" * 12, "−1.8 %"), ("OKX", "0.2 %")), numeric=(1,))
    block = str(shown(Message("Top", table=table))["description"])
    assert block.startswith("```\n")
    assert block.endswith("\n```")
    assert "`" not in block[3:-3]
    assert max(len(row) for row in block.split("\n")) <= 56
    assert "−1.8 %" in block


def test_buttons_carry_their_command() -> None:
    rows = payload(Message("Why", actions=tuple(Action(f"B{number}", f"why {number}") for number in range(7))))[
        "components"
    ]
    assert [len(row["components"]) for row in rows] == [5, 2]
    assert rows[0]["components"][0] == {"type": 2, "style": 2, "label": "B0", "custom_id": "run:why 0"}


def test_buttons_that_say_the_same_or_too_much_are_left_out() -> None:
    actions = (Action("A", "why 1"), Action("B", "why 1"), Action("C", "x" * 97), Action(" ", "why 2"))
    (row,) = payload(Message("Why", actions=actions))["components"]
    assert [button["label"] for button in row["components"]] == ["A"]


def test_at_most_twenty_five_buttons() -> None:
    message = Message("Why", actions=tuple(Action("B", f"why {number}") for number in range(40)))
    assert sum(len(row["components"]) for row in payload(message)["components"]) == 25


def test_what_is_left_out_is_counted() -> None:
    message = Message("Long", lines=tuple(line("word " * 60) for _ in range(40)))
    assert re.search(r"… and \d+ more lines", str(shown(message)["description"]))


def test_the_plain_form_says_the_same_without_form() -> None:
    message = Message("Outflow", Tone.SEVERE, lines=lines(line(bold("−$2 B"))), fields=(Field("BTC", line("*x*")),))
    assert (
        plain_payload(message)["content"] == "🔴 Outflow · severe\n−\N{WORD JOINER}$2\N{NO-BREAK SPACE}B\nBTC: \\*x\\*"
    )


def test_the_plain_form_pings_whom_the_full_one_would_and_is_as_silent() -> None:
    body = plain_payload(Message("Outflow" * 999, mention="123", silent=True))
    assert body["content"].startswith("<@&123>\n🏦 Outflow")
    assert len(body["content"]) <= 2000
    assert body["allowed_mentions"] == {"parse": [], "roles": ["123"], "replied_user": False}
    assert body["flags"] == 1 << 12
    assert "flags" not in plain_payload(Message("Outflow"))


texts = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("*_`|<>@\\[]()#-1.\n"), max_size=400)
spans = st.builds(Span, texts, st.booleans(), st.booleans()) | st.builds(Span, at=st.just(NOON), relative=st.booleans())
text_lines = st.lists(spans, max_size=4).map(tuple)
messages = st.builds(
    Message,
    title=texts,
    tone=st.sampled_from(Tone),
    lines=st.lists(text_lines, max_size=30).map(tuple),
    fields=st.lists(st.builds(Field, texts, text_lines), max_size=30).map(tuple),
    table=st.none() | st.lists(st.tuples(texts, texts), max_size=60).map(lambda rows: Table(("a", "b"), tuple(rows))),
    footer=text_lines,
    actions=st.lists(st.builds(Action, texts, texts), max_size=30).map(tuple),
    mention=st.sampled_from([None, "here", "12345"]),
)


@settings(max_examples=150, deadline=None)
@given(messages)
def test_discord_takes_any_message(message: Message) -> None:
    assert message_problems(payload(message), new=True) == []
    assert message_problems(plain_payload(message), new=True) == []


@pytest.mark.parametrize(
    "message",
    [
        Message("*" * 500),
        Message("Lines", lines=tuple(line(bold("_" * 2000)) for _ in range(5))),
        Message("Fields", fields=tuple(Field(f"Field {number}", line("word " * 150)) for number in range(20))),
        Message("Marks", fields=(Field("`" * 400, tuple(bold("*") for _ in range(300))),)),
        Message("Rows", table=Table(("a" * 100, "b"), tuple(("x" * 100, "y") for _ in range(500)))),
        Message("Footer", footer=line("~" * 5000)),
    ],
    ids=lambda message: message.title[:6],
)
def test_a_message_too_long_in_any_part_fits(message: Message) -> None:
    assert message_problems(payload(message), new=True) == []


def test_words_of_its_own_are_in_the_language_of_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    mark_texts(monkeypatch)
    table = Table(("Asset",), tuple((f"A{row}",) for row in range(300)))
    with written_in("es"):
        sample = Message("INC-7", Tone.SEVERE, lines=lines("a", "b"), sample=True, fold=Fold(1, "why INC-7 details"))
        long = Message("x", chart=Chart("Share", "share", (NOON, NOON), (-0.018, 0.011)), table=table)

    assert shown(sample)["title"] == "🔴 es‹SAMPLE · INC-7 · es‹severe››"
    assert payload(sample)["components"][0]["components"][0]["label"] == "es‹Details›"
    assert "es‹SAMPLE · INC-7" in plain_payload(sample)["content"]
    assert "es‹−1,8\N{NO-BREAK SPACE}% to +1,1\N{NO-BREAK SPACE}% · now" in str(shown(long)["description"])
    assert "es‹… and 101 more›" in str(shown(long)["description"])
