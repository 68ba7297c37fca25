"""Messages as Telegram shows them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.telegram.render import render
from bot.language.translation import written_in
from bot.messages.model import Action, Chart, Field, Fold, Message, Span, Table, Tone, bold, code, line, lines, moment
from bot.messages.plain_text import utf16_length
from tests.chat.telegram.scene import NOW
from tests.fakes.marking_language import mark_texts
from tests.fakes.telegram_markup import plain_text

ALERT = Message(
    title="INC-42 · Binance · elevated outflow",
    tone=Tone.ELEVATED,
    lines=lines(
        line("Net outflow ", bold("−$2.3 B"), " in 24 h"),
        line("as of ", moment(NOW - timedelta(minutes=12), relative=True)),
    ),
    fields=(Field("Withdrawals", line("BTC open")), Field("Ask", line(code("/why INC-42")))),
    chart=Chart("30 days", "share", (NOW, NOW, NOW), (-0.018, 0.0, 0.011)),
    table=Table(("Asset", "Flow"), (("USDT", "−$0.9 B"), ("<BTC>", "−$0.7 B")), numeric=(1,)),
    footer=line("DefiLlama & others"),
    actions=(Action("why", "why INC-42"), Action("chart", "chart binance")),
)


def test_an_alert_in_full() -> None:
    assert render(ALERT, NOW).html == (
        "<b>🟠 INC-42 · Binance · elevated outflow</b>\n"
        "Net outflow <b>−\N{WORD JOINER}$2.3\N{NO-BREAK SPACE}B</b> in 24\N{NO-BREAK SPACE}h\n"
        "as of 2022-12-13 14:05\N{NO-BREAK SPACE}UTC (12\N{NO-BREAK SPACE}min ago)\n"
        "\n"
        "<b>Withdrawals:</b> BTC open\n"
        "<b>Ask:</b> <code>/why INC-42</code>\n"
        "\n"
        "30 days\n▁▅█\n−1.8\N{NO-BREAK SPACE}% to +1.1\N{NO-BREAK SPACE}% · now +1.1\N{NO-BREAK SPACE}%\n"
        "\n"
        "<pre>Asset     Flow\nUSDT   −$0.9 B\n&lt;BTC&gt;  −$0.7 B</pre>\n"
        "\n"
        "<i>DefiLlama &amp; others</i>"
    )


def test_plain_text_says_what_the_markup_says() -> None:
    rendered = render(ALERT, NOW)
    assert rendered.text == plain_text(rendered.html, "HTML")


def test_what_is_to_be_copied_keeps_its_spaces() -> None:
    rendered = render(Message("x", lines=lines(line(code("/subscribe okx 50 M")))), NOW)
    assert "/subscribe okx 50 M" in rendered.text
    assert "<code>/subscribe okx 50 M</code>" in rendered.html


def test_a_moment_without_its_age() -> None:
    assert "(" not in render(Message("x", lines=lines(line(moment(NOW)))), NOW).text


def test_a_sample_says_so() -> None:
    assert render(Message("INC", sample=True), NOW).text == "🏦 SAMPLE · INC"


def test_dollars_on_a_chart_are_dollars() -> None:
    chart = Chart("Reserves", "usd", (NOW, NOW), (1e9, 2e9))
    assert render(Message("x", chart=chart), NOW).text.endswith(
        "$1.00\N{NO-BREAK SPACE}B to $2.00\N{NO-BREAK SPACE}B · now $2.00\N{NO-BREAK SPACE}B"
    )


def test_a_chart_without_a_number_is_left_out() -> None:
    chart = Chart("Reserves", "usd", (NOW,), (float("nan"),))
    assert render(Message("x", chart=chart), NOW).text == "🏦 x"


def test_details_are_a_quote_that_opens_at_a_tap_with_the_table_as_rows_of_text() -> None:
    assert render(replace(ALERT, fold=Fold(1, "why INC-42 details")), NOW).html == (
        "<b>🟠 INC-42 · Binance · elevated outflow</b>\n"
        "Net outflow <b>−\N{WORD JOINER}$2.3\N{NO-BREAK SPACE}B</b> in 24\N{NO-BREAK SPACE}h\n"
        "\n"
        "<blockquote expandable>as of 2022-12-13 14:05\N{NO-BREAK SPACE}UTC (12\N{NO-BREAK SPACE}min ago)\n"
        "<b>Withdrawals:</b> BTC open\n"
        "<b>Ask:</b> <code>/why INC-42</code>\n"
        "30 days\n▁▅█\n−1.8\N{NO-BREAK SPACE}% to +1.1\N{NO-BREAK SPACE}% · now +1.1\N{NO-BREAK SPACE}%\n"
        "Asset · Flow\n"
        "USDT · −\N{WORD JOINER}$0.9\N{NO-BREAK SPACE}B\n"
        "&lt;BTC&gt; · −\N{WORD JOINER}$0.7\N{NO-BREAK SPACE}B</blockquote>\n"
        "\n"
        "<i>DefiLlama &amp; others</i>"
    )


def test_without_details_there_is_no_quote() -> None:
    folded = Message("x", lines=lines("a"), fold=Fold(1, "why INC-42 details"))

    assert render(folded, NOW).html == "<b>🏦 x</b>\na"


def test_a_time_in_a_message_that_is_read_later_has_no_age() -> None:
    assert render(Message("x", lines=lines(line(moment(NOW, live=True)))), NOW).text.endswith(
        "14:17\N{NO-BREAK SPACE}UTC"
    )


ODD = st.text(alphabet=st.sampled_from("<>&\"'/b i\u202e\u200b🟠é\n\x00\ud800;#ampltg"), max_size=40)


@settings(deadline=None)
@given(ODD, ODD, ODD, ODD, st.sampled_from((None, Fold(0, "why 1"), Fold(9, "why 1"))))
def test_telegram_can_read_any_text(title: str, text: str, cell: str, footer: str, fold: Fold | None) -> None:
    message = Message(
        title=title,
        lines=lines(line(Span(text), bold(text), code(text))),
        fields=(Field(text, line(cell)),),
        table=Table((cell, text), ((text, cell),)),
        footer=line(footer),
        fold=fold,
    )
    rendered = render(message, NOW)
    assert plain_text(rendered.html, "HTML") == rendered.text.strip()
    assert not set("\u202e\u200b\x00\ud800") & set(rendered.html)


@settings(deadline=None)
@given(
    st.integers(min_value=0, max_value=400),
    st.integers(min_value=0, max_value=60),
    st.integers(min_value=0, max_value=60),
    st.sampled_from(("a", "🟠", "<", "&")),
    st.sampled_from((None, Fold(8, "why 1"))),
)
def test_every_message_fits(rows: int, fields: int, count: int, letter: str, fold: Fold | None) -> None:
    message = Message(
        title=letter * 30,
        lines=tuple(line(letter * 100) for _ in range(count)),
        fields=tuple(Field(letter * 20, line(bold(letter * 40))) for _ in range(fields)),
        table=Table(("Asset", "Flow"), tuple((letter * 10, str(row)) for row in range(rows))) if rows else None,
        footer=line(letter * 100),
        fold=fold,
    )
    rendered = render(message, NOW)
    assert utf16_length(plain_text(rendered.html, "HTML")) <= 4096


def test_what_is_left_out_is_counted() -> None:
    long = replace(ALERT, table=Table(("A", "B"), tuple((f"asset {row}", "1") for row in range(1000))))
    assert "more" in render(long, NOW).text
    assert render(long, NOW).text.endswith("DefiLlama & others")


def test_times_are_shown_in_utc() -> None:
    assert (
        "2022-12-13 14:17\N{NO-BREAK SPACE}UTC"
        in render(Message("x", lines=lines(line(moment(NOW)))), datetime.now(UTC)).text
    )


def test_words_of_its_own_are_in_the_language_of_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    mark_texts(monkeypatch)
    with written_in("es"):
        sample = Message(
            "INC-7", Tone.SEVERE, lines=lines(line(moment(NOW - timedelta(minutes=12), relative=True))), sample=True
        )

    assert render(sample, NOW).text == (
        "🔴 es‹SAMPLE · INC-7 · es‹severe››\n"
        "2022-12-13 14:05\N{NO-BREAK SPACE}UTC (es‹es‹12\N{NO-BREAK SPACE}min› ago›)"
    )
