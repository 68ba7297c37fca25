"""A reading that lacks a part is never shown as a total, in whichever card."""

from dataclasses import replace

import pytest

from bot.chat.discord.render import payload
from bot.chat.telegram.render import render
from bot.chat.terminal import plain_text
from bot.domain.flow import Flow, Hold, HoldReason, Window
from bot.domain.outflow_curve import OutflowCurve
from bot.domain.snapshot import ExchangeSnapshot, MissingPart
from bot.messages.cards.comparison import beside_the_past_card, side_by_side_card
from bot.messages.cards.flows import daily_line, flows_card
from bot.messages.cards.ranking import RankBy, exchanges_card, top_card
from bot.messages.cards.reserves import reserves_card
from bot.messages.cards.shown_total import shown_total
from bot.messages.model import Message, ShownTotal
from bot.messages.plain_text import text_table
from tests.builders import (
    BINANCE,
    CHAIN_MISSING,
    DAY,
    HOUR,
    NOON,
    OKX,
    flow,
    holding,
    listing,
    quiet_days,
    reading,
    signal,
)
from tests.fakes.as_read import as_read
from tests.messages.cards.plain import said

TRON = MissingPart("Tron", 22e9, NOON - 2 * HOUR)
COMPLETE = reading(
    {"Tron/USDT": (22e9, 1.0), "Bitcoin/BTC": (4e6, 20_000.0), "Binance/BNB": (1e7, 300.0)}, at=NOON - 3 * HOUR
)
REST = reading({"Bitcoin/BTC": (4.1e6, 20_000.0), "Binance/BNB": (1e7, 300.0)})
PARTIAL = ExchangeSnapshot(
    BINANCE,
    listing(total=8.5e10, inflow=-2.2e10),
    REST,
    signal(None, flows=[flow(0.0, hold=CHAIN_MISSING)]),
    quiet_days(40),
    missing=(TRON,),
    last_complete=COMPLETE,
)
"""Binance with $102 B three hours ago, of which the source tells $82 B now and leaves out Tron."""
OKX_SNAPSHOT = ExchangeSnapshot(OKX, None, holding(90, exchange="okx"), signal(-0.01, exchange="okx"))
MISSING_SINCE = "Tron ($22.0 B, 21.6 %) since 2022-12-13 10:00 UTC"
NOTE = f"* Binance: shown as of 2022-12-13 09:00 UTC; missing now: {MISSING_SINCE}."
PARTIAL_FIGURES = ("$82.0 B", "$85.0 B")
"""What the newest reading adds up to without its own token, and with it, as the source's list has it."""


def rows(card: Message) -> dict[str, tuple[str, ...]]:
    assert card.table
    return {row[0]: row[1:] for row in card.table.rows}


def test_reserves_are_the_last_complete_ones_and_name_what_is_missing() -> None:
    card = reserves_card(PARTIAL, NOON)
    text = said(card).splitlines()

    assert text[0] == "Binance · $102 B"
    assert text[1] == (
        "Last complete figures: 2022-12-13 09:00 UTC (ago). "
        "Reserves without its own token BNB ($3.00 B, 2.9 %); with it $105 B."
    )
    assert text[3] == f"⚠️ Missing at DefiLlama: {MISSING_SINCE}. The rest: $80.0 B then, $82.0 B now."
    assert "Stablecoins: 21.0 % of the total (USDT 21.0 %)" in text
    assert rows(card)["USDT"] == ("22.0 B", "$22.0 B", "21.0 %")
    assert "DefiLlama · as of 2022-12-13 09:00 UTC (ago) · newest reading, incomplete: 2022-12-13 12:00 UTC" in text


def test_the_sources_own_figure_is_shown_with_a_caution() -> None:
    figure = "DefiLlama's own 24 h figure: −$22.0 B (2022-12-13 12:00 UTC)."

    assert f"{figure} It may count the missing part as withdrawn." in said(flows_card(PARTIAL, Window.DAY, NOON))
    assert "as withdrawn" not in said(flows_card(replace(PARTIAL, listing=None), Window.DAY, NOON))
    complete = replace(PARTIAL, missing=(), last_complete=None, signal=signal(None))
    assert figure in said(flows_card(complete, Window.DAY, NOON)).splitlines()


def test_parts_that_went_at_different_times_have_each_its_own_time() -> None:
    solana = MissingPart("SOL on Solana", 6e9, NOON - HOUR)

    text = said(reserves_card(replace(PARTIAL, missing=(TRON, solana)), NOON))

    assert f"{MISSING_SINCE}, SOL on Solana ($6.00 B, 5.9 %) since 2022-12-13 11:00 UTC. The rest: $82.0 B now." in text


def test_many_parts_are_added_up_behind_the_second() -> None:
    parts = tuple(MissingPart(f"Chain {index}", 1e9, NOON - 2 * HOUR) for index in range(6))

    text = said(reserves_card(replace(PARTIAL, missing=parts), NOON))

    assert "Chain 1 ($1.00 B, 0.98 %) since 2022-12-13 10:00 UTC and 4 more ($4.00 B). The rest: $96.0 B then" in text
    assert "Chain 2" not in text


def test_without_any_complete_reading_a_total_is_a_least_one() -> None:
    text = said(reserves_card(replace(PARTIAL, last_complete=None), NOON))

    assert text.startswith("Binance · at least $82.0 B\n")
    assert "The rest: $82.0 B now." in text
    compared = said(side_by_side_card(replace(PARTIAL, last_complete=None), OKX_SNAPSHOT, NOON))
    assert "* Binance: missing now: Tron ($22.0 B, 26.8 %)" in compared


def test_the_chart_leaves_out_days_that_lacked_a_part() -> None:
    days = (*PARTIAL.days[:-2], *(replace(day, reserves_usd=8e10, is_complete=False) for day in PARTIAL.days[-2:]))

    chart = reserves_card(replace(PARTIAL, days=days), NOON).chart

    assert chart
    assert (chart.title, len(chart.values), min(chart.values)) == (
        "Reserves, 28 complete of 30 days", 29, 6e10,
    )  # fmt: skip
    assert reserves_card(replace(PARTIAL, days=days[-4:]), NOON).chart is None


@pytest.mark.parametrize("is_first", [True, False])
def test_a_comparison_marks_the_column_and_shows_its_last_complete_figures(is_first: bool) -> None:  # noqa: FBT001
    pair = (PARTIAL, OKX_SNAPSHOT) if is_first else (OKX_SNAPSHOT, PARTIAL)

    card = side_by_side_card(*pair, NOON)

    assert card.table
    assert card.table.header[1:] == (("Binance *", "OKX") if is_first else ("OKX", "Binance *"))
    column = 0 if is_first else 1
    figures = {name: cells[column] for name, cells in rows(card).items()}
    assert [figures[name] for name in ("Reserves", "Total", "Own token", "Stablecoins")] == [
        "$102 B", "$105 B", "2.9 %", "21.0 %",
    ]  # fmt: skip
    assert figures["Flow 24 h"] == "unclear"
    assert NOTE in said(card).splitlines()
    assert "Unclear at Binance: a part is missing." in said(card).splitlines()
    assert "as of 2022-12-13 09:00 UTC (ago)" in said(replace(card, lines=()))


def test_beside_the_past_it_says_what_is_missing() -> None:
    curve = OutflowCurve("Binance", NOON - 2 * DAY, (0 * DAY, DAY), (0.0, -0.01))

    card = beside_the_past_card(PARTIAL, curve, curve, None)

    assert f"⚠️ Missing at DefiLlama: {MISSING_SINCE}. The rest: $80.0 B then, $82.0 B now." in said(card)
    assert "newest reading, incomplete: 2022-12-13 12:00 UTC" in said(card)


def test_the_largest_are_ranked_by_their_last_complete_figure_and_marked() -> None:
    """What is left of Binance, $82 B, would stand below the $90 B of OKX."""
    card = top_card([OKX_SNAPSHOT, PARTIAL], RankBy.RESERVES, Window.DAY, NOON)

    assert list(rows(card).items()) == [
        ("Binance *", ("$102 B", "unclear")),
        ("OKX", ("$90.0 B", "−1.0 %")),
    ]
    assert "as of 2022-12-13 12:00 UTC (ago) · oldest 2022-12-13 09:00 UTC (ago)" in said(card)
    assert NOTE in said(card).splitlines()


def test_an_exchange_that_cannot_be_ranked_by_flow_says_what_is_missing() -> None:
    alone = said(top_card([PARTIAL], RankBy.OUTFLOW, Window.DAY, NOON)).splitlines()
    among_others = said(top_card([OKX_SNAPSHOT, PARTIAL], RankBy.OUTFLOW, Window.DAY, NOON)).splitlines()

    assert NOTE in alone
    assert NOTE in among_others
    assert not any(line.startswith("Binance") for line in among_others)


def test_a_ranking_by_flow_counts_the_certain_end_and_marks_it() -> None:
    open_flow = replace(flow(-0.04, reserves=1e11), lowest_usd=-6e9, highest_usd=-2e9)
    bounded = replace(PARTIAL, signal=signal(None, flows=[open_flow]))
    larger = replace(OKX_SNAPSHOT, signal=signal(-0.03, exchange="okx"))

    card = top_card([bounded, larger], RankBy.OUTFLOW, Window.DAY, NOON)

    assert list(rows(card)) == ["OKX", "Binance *"]
    assert rows(card)["Binance *"] == ("−$2.00 B", "−2.0 %")
    assert "* At least: a part is missing, or a jump waits for the next reading" in said(card)
    waiting = replace(bounded, missing=(), last_complete=None)
    assert "Binance *" in rows(top_card([waiting], RankBy.OUTFLOW_USD, Window.DAY, NOON))
    assert "At least" not in said(top_card([larger], RankBy.OUTFLOW, Window.DAY, NOON))


def test_nothing_read_is_no_ranking_of_reserves() -> None:
    listed = ExchangeSnapshot(BINANCE, listing())

    assert "No exchange has been read yet." in said(top_card([listed], RankBy.RESERVES, Window.DAY, NOON))


def test_without_a_window_the_largest_are_ranked_all_the_same() -> None:
    card = top_card([replace(OKX_SNAPSHOT, signal=None)], RankBy.RESERVES, Window.MONTH, NOON)

    assert rows(card)["OKX"] == ("$90.0 B", "–")


def test_the_list_shows_the_last_complete_total_instead_of_its_own() -> None:
    listed = [listing(OKX, total=9e10), listing(total=8.5e10)]

    card = exchanges_card(listed, [PARTIAL, OKX_SNAPSHOT], NOON)

    assert list(rows(card).items()) == [("binance *", ("$105 B", "watched")), ("okx", ("$90.0 B", "watched"))]
    assert NOTE in said(card).splitlines()
    assert [action.label for action in card.actions] == ["Binance", "OKX"]


def test_an_old_total_in_the_list_says_its_age() -> None:
    card = exchanges_card([listing(at=NOON + 3 * DAY)], [PARTIAL], NOON + 3 * DAY)

    assert rows(card)["binance *"] == ("$105 B", "3 d ago")


def test_what_many_exchanges_lack_is_told_of_two() -> None:
    many = [replace(PARTIAL, exchange=replace(BINANCE, id=f"x{index}", name=f"X{index}")) for index in range(6)]

    text = said(top_card(many, RankBy.RESERVES, Window.DAY, NOON))

    assert sum(line.startswith("* X") for line in text.splitlines()) == 2
    assert "* 4 more are incomplete now: /reserves <exchange> says what is missing." in text
    several = replace(PARTIAL, missing=(TRON, replace(TRON, name="Solana")))
    assert f"missing now: {MISSING_SINCE} and 1 more ($22.0 B)." in said(
        top_card([several], RankBy.RESERVES, Window.DAY, NOON)
    )


def test_flows_say_what_is_missing() -> None:
    text = said(flows_card(PARTIAL, Window.DAY, NOON))

    assert f"⚠️ Missing at DefiLlama: {MISSING_SINCE}. The rest: $80.0 B then, $82.0 B now." in text
    assert "It may count the missing part as withdrawn." in text


@pytest.mark.parametrize(
    ("days", "lacking", "reserves"),
    [
        (2, replace(flow(-0.01, reserves=1.02e11), lost_at_start=("Tron",)), "$102 B, with Tron as last read"),
        (4, replace(flow(-0.01, reserves=8e10), gone_parts=("Tron",)), "$80.0 B, without Tron"),
    ],
)
def test_reserves_at_the_start_of_a_window_that_lacked_the_part_say_how_they_stand(
    days: int, lacking: Flow, reserves: str
) -> None:
    """For days the source has left out Tron, so that both ends of 24 h lack it; from the fourth on it is gone."""
    missing = (replace(TRON, since=NOON - days * DAY),)
    snapshot = replace(PARTIAL, missing=missing, signal=signal(None, flows=[lacking]))

    text = said(flows_card(snapshot, Window.DAY, NOON))

    assert f"1.0 % of reserves ({reserves})" in text
    assert "every chain is in both readings" not in text


def test_flows_with_two_ends_are_told_with_both() -> None:
    open_flow = replace(flow(-0.58, reserves=1e11), lowest_usd=-61e9, highest_usd=-55e9)
    snapshot = replace(PARTIAL, signal=signal(None, flows=[open_flow]))

    text = said(flows_card(snapshot, Window.DAY, NOON)).splitlines()

    assert text[1] == (
        "Net outflow of at least −$55.0 B in 24 h · at least 55.0 % of reserves ($100 B), at most 61.0 %"
    )
    assert text[0] == "Binance · 24 h at least −$55.0 B (−55.0 %)"
    assert "The largest outflow in 90 days." in text
    reserves_text = said(reserves_card(snapshot, NOON))
    assert reserves_text.startswith("Binance · $102 B · 24 h at least −$55.0 B (−55.0 %)\n")
    assert "Flow 24 h: −$55.0 B to −$61.0 B (−55.0 to −61.0 %)" in reserves_text
    compared = said(side_by_side_card(snapshot, OKX_SNAPSHOT, NOON))
    assert "Flow 24 h | −55.0 % * | −1.0 %" in compared
    assert "* At least; Binance: 24 h −55.0 to −61.0 %." in compared


@pytest.mark.parametrize(
    ("held", "moved"),
    [
        (CHAIN_MISSING, " · 24 h at least −$55.0 B (−55.0 %)"),
        (Hold(HoldReason.WITHHELD, "since 12:00 UTC"), ""),
    ],
)
def test_what_is_certain_of_a_flow_stands_in_the_title_unless_the_operator_has_paused_it(
    held: Hold, moved: str
) -> None:
    """A run does not hide behind a chain that is missing."""
    bounded = replace(flow(-0.58, reserves=1e11, hold=held), lowest_usd=-61e9, highest_usd=-55e9)
    snapshot = replace(PARTIAL, signal=signal(None, flows=[bounded]))

    assert reserves_card(snapshot, NOON).title == f"Binance · $102 B{moved}"


def test_a_flow_without_a_certain_direction_has_both_ends_in_the_title_unless_it_is_unclear() -> None:
    either = replace(flow(0.0, reserves=1e11), lowest_usd=-2e9, highest_usd=3e9)
    snapshot = replace(PARTIAL, signal=signal(None, flows=[either]))
    unclear = replace(PARTIAL, signal=signal(None, flows=[replace(either, hold=CHAIN_MISSING)]))

    assert reserves_card(snapshot, NOON).title == "Binance · $102 B · 24 h −$2.00 B to +$3.00 B (−2.0 to +3.0 %)"
    assert reserves_card(unclear, NOON).title == "Binance · $102 B"


def test_how_unusual_a_flow_is_follows_from_its_certain_end_and_without_one_is_not_said() -> None:
    little = replace(flow(-0.05, reserves=1e11), lowest_usd=-20e9, highest_usd=-0.12e9)
    either = replace(little, highest_usd=5e9)

    def unusual(open_flow: Flow) -> str:
        snapshot = replace(PARTIAL, signal=signal(None, flows=[open_flow]))
        return said(flows_card(snapshot, Window.DAY, NOON))

    assert "That is within a normal day." in unusual(little)
    assert "normal day." not in unusual(either)


def test_a_day_in_one_line_has_the_last_complete_figure() -> None:
    assert daily_line(PARTIAL).startswith(
        "2022-12-13 Binance $102 B at 2022-12-13 09:00 UTC, Tron missing since · 24 h"
    )


@pytest.mark.parametrize(
    "card",
    [
        reserves_card(PARTIAL, NOON),
        side_by_side_card(PARTIAL, OKX_SNAPSHOT, NOON),
        top_card([PARTIAL, OKX_SNAPSHOT], RankBy.RESERVES, Window.DAY, NOON),
        exchanges_card([listing(total=8.5e10)], [PARTIAL], NOON),
    ],
    ids=["reserves", "compare", "top", "exchanges"],
)
def test_no_figure_of_a_partial_reading_stands_where_a_total_does(card: Message) -> None:
    """The one place for it is behind “The rest”."""
    text = said(card).partition("The rest:")[0] + said(replace(card, lines=()))

    assert not any(figure in text for figure in PARTIAL_FIGURES)
    total = next(total for total in card.totals if total.exchange == "binance")
    assert (total.reserves_usd, total.total_usd, total.as_of, total.missing) == (
        102e9, 105e9, COMPLETE.as_of, (TRON,),
    )  # fmt: skip


def test_programs_get_the_shown_total_and_the_rest_apart() -> None:
    assert shown_total(PARTIAL) == ShownTotal(
        "binance", COMPLETE.as_of, 102e9, 105e9, (TRON,), newest_as_of=NOON, newest_reserves_usd=82e9
    )
    assert shown_total(OKX_SNAPSHOT) == ShownTotal("okx", NOON, 90e9, 90e9)
    assert shown_total(ExchangeSnapshot(BINANCE)) is None


def test_a_total_of_the_list_alone_is_marked_as_not_checked() -> None:
    listed = ExchangeSnapshot(BINANCE, listing())

    assert shown_total(listed) == ShownTotal("binance", NOON, 6e10, 6.5e10, is_checked=False)
    assert shown_total(ExchangeSnapshot(BINANCE, listing(total=None))) is None
    assert "From the source's list alone: a chain that is missing there would lower this total unnoticed." in said(
        reserves_card(listed, NOON)
    )


CARDS = {
    "reserves": reserves_card(PARTIAL, NOON),
    "flows": flows_card(PARTIAL, Window.DAY, NOON),
    "compare": side_by_side_card(PARTIAL, OKX_SNAPSHOT, NOON),
    "top": top_card([PARTIAL, OKX_SNAPSHOT], RankBy.RESERVES, Window.DAY, NOON),
    "exchanges": exchanges_card([listing(total=8.5e10)], [PARTIAL], NOON),
}


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_every_platform_names_what_is_missing_and_no_table_is_cut(card: Message) -> None:
    on_telegram = as_read(render(card, NOON).text)
    on_discord = as_read(payload(card)["embeds"][0]["description"].replace("\\", ""))
    on_the_terminal = plain_text(card, NOON)

    assert all("Tron ($22.0 B, 21.6 %) since" in text for text in (on_telegram, on_discord, on_the_terminal))
    assert f"<t:{TRON.since.timestamp():.0f}:f>" in on_discord
    if card.table:
        assert "…" not in text_table(card.table)
