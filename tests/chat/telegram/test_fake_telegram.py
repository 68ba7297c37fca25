"""The fake Telegram refuses what Telegram refuses, which is what the other tests rely on."""

import pytest

from tests.fakes.telegram import FakeTelegram, Rates
from tests.fakes.telegram_markup import Refused, keyboard, plain_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<b>a</b> &lt;b&gt; &amp; <i>c</i>", "a <b> & c"),
        ('<a href="https://example.org">x</a>', "x"),
        ("<pre>1\n2</pre>\n<blockquote>q</blockquote>", "1\n2\nq"),
        ("<tg-spoiler>s</tg-spoiler><u>u</u><s>t</s><code>&#60;</code>", "sut<"),
    ],
)
def test_markup_is_read(html: str, text: str) -> None:
    assert plain_text(html, "HTML") == text


@pytest.mark.parametrize("html", ["a < b", "a & b", "<b>x", "<b><i>x</b></i>", "x</b>", "<p>x</p>", "<b", "&nbsp;"])
def test_broken_markup_is_refused(html: str) -> None:
    with pytest.raises(Refused, match="can't parse entities"):
        plain_text(html, "HTML")


def test_length_counts_after_the_markup_and_in_utf16() -> None:
    assert plain_text(f"<b>{'x' * 4096}</b>", "HTML")
    for too_long in ("x" * 4097, "🟠" * 2049):
        with pytest.raises(Refused, match="message is too long"):
            plain_text(too_long, "")


@pytest.mark.parametrize("empty", ["", "   ", "<b> </b>"])
def test_an_empty_text_is_refused(empty: str) -> None:
    with pytest.raises(Refused, match="text is empty"):
        plain_text(empty, "HTML")


@pytest.mark.parametrize(
    "markup",
    [
        '{"inline_keyboard": [[{"text": "x", "callback_data": ""}]]}',
        '{"inline_keyboard": [[{"text": "", "callback_data": "x"}]]}',
        '{"inline_keyboard": [[{"text": "x", "callback_data": "%s"}]]}' % ("é" * 33),
        "nonsense",
    ],
)
def test_a_broken_keyboard_is_refused(markup: str) -> None:
    with pytest.raises(Refused):
        keyboard(markup)


def test_rates_are_kept() -> None:
    time = [0.0]
    rates = Rates(clock=lambda: time[0])
    for chat in range(30):
        rates.take(chat)
    with pytest.raises(Refused, match="retry after 1"):
        rates.take(99)
    time[0] = 1.0
    for _ in range(20):
        rates.take(-5)
        time[0] += 1
    with pytest.raises(Refused, match="retry after 40"):
        rates.take(-5)
    assert rates.refused == 2


async def test_a_button_that_is_not_there_cannot_be_pressed(telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    telegram.private(ann)
    await telegram.sendmessage({"chat_id": str(ann.id), "text": "x"})
    with pytest.raises(ValueError, match="no such button"):
        telegram.press(telegram.sent[0], "help", ann)


async def test_waiting_for_what_never_comes_ends(telegram: FakeTelegram) -> None:
    with pytest.raises(AssertionError, match="'okx' in it"):
        await telegram.wait_for_message(telegram.group(), containing="okx", limit=0.01)
