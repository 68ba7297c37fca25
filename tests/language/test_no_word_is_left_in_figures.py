"""Answers about exchanges have no English word left but names.

The contents are the longest ones, with every caution, and those of which hardly anything is known.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import pytest

from bot.domain.exchange import Exchange
from bot.domain.flow import Window
from bot.domain.incident import IncidentState
from bot.domain.rehearsal import Rehearsal
from bot.domain.severity import Severity
from bot.domain.snapshot import ExchangeSnapshot
from bot.language.translation import written_in
from bot.messages.cards.comparison import beside_the_past_card, side_by_side_card
from bot.messages.cards.ranking import RankBy, exchanges_card, top_card
from bot.messages.cards.rehearsal import nothing_to_rehearse_card, rehearsal_card
from bot.messages.cards.reserves import reserves_card
from bot.messages.model import Message
from bot.messages.plain_text import display_width, text_table
from tests.builders import DAY, HOUR, NOON, flow, holding, incident, listing, quiet_days, reading, signal
from tests.language.pseudo import PSEUDO, PseudoCatalogue, leftover_words, pseudo_language
from tests.messages.cards.plain import said
from tests.messages.cards.test_one_screen import (
    CALM,
    CHAINS,
    CURVE,
    EXCHANGE,
    HELD,
    INCIDENT,
    LONG_NAME,
    MANY,
    NAMES,
    PARTIAL,
    PAST,
    TABLE_COLUMNS,
)

ALLOWED = {LONG_NAME, *NAMES.values(), *CHAINS, "long", "LONGASSET", "LONGTOKEN", "BNB", "Crypto"}

LISTED = ExchangeSnapshot(EXCHANGE, listing(EXCHANGE, inflow=-555e9), health=CALM.health)
UNKNOWN = ExchangeSnapshot(Exchange("long", LONG_NAME))
UNTRACKED = replace(UNKNOWN, listing=listing(UNKNOWN.exchange, total=None))
NOTHING = replace(CALM, reading=reading({f"Tron/LONGASSET{number}": (0, 1.0) for number in range(9)}), signal=None)
OLD = replace(CALM, reading=holding(60, at=NOON - 2 * DAY, exchange="long"))
GAPS = replace(CALM, days=(replace(CALM.days[0], is_complete=False), *CALM.days[1:9]))
UP = replace(CALM, signal=signal(None, flows=[flow(0.02, at=NOON - 9 * HOUR)], exchange="long"), days=quiet_days(2))
DOWN = replace(UP, signal=signal(-0.02, exchange="long"))
UNCLEAR = [replace(snapshot, signal=HELD) for snapshot in MANY]
YOUNG = [replace(CALM, signal=None, days=quiet_days(2))]
UNLISTED = [listing(EXCHANGE, at=NOON - DAY), listing(replace(EXCHANGE, id="long1", slug=None), total=None)]
FIRST_DAY = replace(CURVE, elapsed=CURVE.elapsed[:2], shares=CURVE.shares[:2])
SHORT_PAST = replace(PAST, elapsed=PAST.elapsed[:3], shares=(0.0, -0.5, -0.4))

CARDS: Mapping[str, Callable[[], Message]] = {
    "reserves": partial(reserves_card, CALM, NOON, INCIDENT),
    "reserves without parts": partial(reserves_card, PARTIAL, NOON),
    "reserves that were never complete": partial(reserves_card, replace(PARTIAL, last_complete=None), NOON),
    "reserves with gaps": partial(reserves_card, GAPS, NOON),
    "reserves of nothing": partial(reserves_card, NOTHING, NOON),
    "reserves without an own token": partial(reserves_card, replace(CALM, exchange=UNKNOWN.exchange), NOON),
    "reserves by the list": partial(reserves_card, LISTED, NOON),
    "a total alone": partial(reserves_card, replace(LISTED, listing=listing(EXCHANGE, clean=None)), NOON),
    "no total": partial(reserves_card, replace(LISTED, listing=listing(EXCHANGE, total=None)), NOON),
    "no wallets": partial(reserves_card, UNTRACKED, NOON),
    "nothing known": partial(reserves_card, UNKNOWN, NOON),
    **{f"top {by}": partial(top_card, MANY, by, Window.THREE_DAYS, NOON) for by in RankBy},
    "top without parts": partial(top_card, [*UNCLEAR, CALM], RankBy.RESERVES, Window.DAY, NOON),
    "top of inflows": partial(top_card, [DOWN, UP], RankBy.INFLOW, Window.DAY, NOON),
    "top of outflows": partial(top_card, [DOWN, UP, *UNCLEAR], RankBy.OUTFLOW, Window.DAY, NOON),
    "top of unclear figures": partial(top_card, UNCLEAR, RankBy.OUTFLOW, Window.THREE_DAYS, NOON),
    "top of nothing": partial(top_card, [], RankBy.RESERVES, Window.DAY, NOON),
    "top of no hour": partial(top_card, [DOWN], RankBy.OUTFLOW, Window.HOUR, NOON),
    "top of a week to come": partial(top_card, [DOWN], RankBy.OUTFLOW, Window.WEEK, NOON),
    "top of days to come": partial(top_card, YOUNG, RankBy.OUTFLOW, Window.WEEK, NOON),
    "top of no day": partial(top_card, [], RankBy.OUTFLOW, Window.DAY, NOON),
    "exchanges": partial(exchanges_card, [listing(snapshot.exchange) for snapshot in MANY], MANY, NOON),
    "old exchanges": partial(exchanges_card, [listing(EXCHANGE), *UNLISTED], [OLD], NOON),
    "exchanges not read": partial(exchanges_card, [listing(EXCHANGE), *UNLISTED], [], NOON),
    "no exchanges": partial(exchanges_card, [], [], NOON),
    "compared": partial(side_by_side_card, PARTIAL, replace(PARTIAL, signal=HELD), NOON),
    "beside the past": partial(beside_the_past_card, PARTIAL, CURVE, PAST, INCIDENT),
    "without an incident": partial(beside_the_past_card, CALM, CURVE, SHORT_PAST, None),
    "since yesterday": partial(beside_the_past_card, CALM, FIRST_DAY, SHORT_PAST, None),
    "without a curve": partial(beside_the_past_card, CALM, None, PAST, None),
    "nothing to rehearse": partial(nothing_to_rehearse_card, [LONG_NAME, LONG_NAME]),
}


def rehearsed(times: int, exchanges: int, *, left_out: int = 0) -> Message:
    """Return a rehearsal in which a rule has fired so many times for so many exchanges."""
    fired = [incident(Severity.SEVERE, state=state, exchange="long") for state in [*IncidentState] * times][:times]
    judged = dict.fromkeys(list(NAMES)[:exchanges], NOON - 9 * DAY)
    past = Rehearsal(NOON - 90 * DAY, NOON, tuple(fired), judged, "defillama", NOON)
    return rehearsal_card("$50 M", past, fired, NAMES, left_out=left_out)


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_no_english_word_is_left_in_an_answer(card: Callable[[], Message], monkeypatch: pytest.MonkeyPatch) -> None:
    card()  # texts that are kept are kept by language
    pseudo_language(monkeypatch)
    with written_in(PSEUDO):
        assert leftover_words(card(), ALLOWED) == []


def test_an_exchange_gives_way_to_the_word_beside_it_in_a_narrow_table(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {"{exchange} now": "{exchange} сейчас", "{exchange} then": "{exchange} тогда"}
    monkeypatch.setattr(PseudoCatalogue, "gettext", lambda _, text: texts.get(text, text))
    pseudo_language(monkeypatch)
    with written_in(PSEUDO):
        table = beside_the_past_card(CALM, CURVE, PAST, None).table

    assert table
    assert table.header == ("Day", "Crypt… сейчас", "Crypto… тогда")
    assert max(map(display_width, text_table(table, width=99).splitlines())) <= TABLE_COLUMNS


@pytest.mark.parametrize("times", [0, 1, 2, 9])
@pytest.mark.parametrize("exchanges", [1, 3])
def test_no_english_word_is_left_in_a_rehearsal(times: int, exchanges: int, monkeypatch: pytest.MonkeyPatch) -> None:
    pseudo_language(monkeypatch)
    with written_in(PSEUDO):
        assert leftover_words(rehearsed(times, exchanges, left_out=times), ALLOWED) == []


@pytest.mark.parametrize(
    ("times", "exchanges", "words"),
    [
        (0, 1, "This rule would not have fired for Crypto & Co Exchange 0 in the last 90 days."),
        (0, 3, "This rule would not have fired for any of 3 exchanges in the last 90 days."),
        (1, 1, "would have fired once for Crypto & Co Exchange 0 in the last 90 days (3.4 times a month)."),
        (1, 3, "would have fired once for 3 exchanges in the last 90 days (1.1 times a month each)."),
        (4, 1, "would have fired 4 times for Crypto & Co Exchange 0 in the last 90 days (13.5 times a month)."),
        (4, 1, "… and 1 earlier one."),
        (5, 3, "would have fired 5 times for 3 exchanges in the last 90 days (5.6 times a month each)."),
        (5, 3, "… and 2 earlier ones."),
        (5, 1, "Shorter history: Crypto & Co Exchange 0 since 2022-12-04."),
        (5, 3, "Shorter history: Crypto & Co Exchange 0 since 2022-12-04, 2 more."),
    ],
)
def test_a_rehearsal_counts_alerts_and_exchanges(times: int, exchanges: int, words: str) -> None:
    assert words in said(rehearsed(times, exchanges))


@pytest.mark.parametrize(("left_out", "words"), [(1, "1 smaller exchange was"), (2, "2 smaller exchanges were")])
def test_exchanges_that_are_not_rehearsed_are_counted(left_out: int, words: str) -> None:
    assert f"{words} left out." in said(rehearsed(1, 1, left_out=left_out))
