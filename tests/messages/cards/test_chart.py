"""Charts as data: what is drawn is what is said, what is unknown is a gap, and noise is no crash."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from bot.domain.daily_assets import DailyAssets
from bot.domain.flow import Flow, Window
from bot.domain.incident import Incident, IncidentState
from bot.domain.outflow_curve import OutflowCurve
from bot.domain.reading import Holding, Reading, Slot
from bot.domain.snapshot import DailyPoint, ExchangeSnapshot, MissingPart
from bot.language import translation
from bot.language.translation import written_in
from bot.messages.cards.chart import ChartWindow
from bot.messages.cards.chart_composition import composition_chart_card
from bot.messages.cards.chart_flows import flows_chart_card
from bot.messages.cards.chart_reserves import reserves_chart_card
from bot.messages.cards.chart_run import run_chart_card
from bot.messages.model import Message, Tone
from bot.messages.pictures import Picture, Stroke
from tests.builders import BINANCE, CHAIN_MISSING, DAY, HOUR, NOON, flow, holding, incident, quiet_days, reading, signal
from tests.messages.cards.plain import said

MIDNIGHT = NOON.replace(hour=0)
FTX = OutflowCurve(
    "FTX, November 2022",
    NOON - 30 * DAY,
    tuple(hours * HOUR for hours in range(80)),
    tuple(-0.005 * hours for hours in range(80)),
    "reconstruction from published figures",
)


def days(*shares: float | None, until: datetime = MIDNIGHT) -> tuple[DailyPoint, ...]:
    """Return points of consecutive days, the last of them at `until`."""
    first = until - (len(shares) - 1) * DAY
    return tuple(DailyPoint(first + index * DAY, 6e10, share) for index, share in enumerate(shares))


def snapshot(*shares: float | None, day: Flow | None = None, now: Reading | None = None) -> ExchangeSnapshot:
    seen = signal(None, flows=[day or flow(-0.036)])
    return ExchangeSnapshot(BINANCE, None, now or holding(58), seen, days(*(shares or (0.002,) * 30)))


def drawn(message: Message) -> Picture:
    assert message.picture
    return message.picture


def flows(
    given: ExchangeSnapshot, incidents: Sequence[Incident] = (), window: ChartWindow = ChartWindow.MONTH
) -> Message:
    return flows_chart_card(given, incidents, window)


def run(*shares: float, open_incident: Incident | None = None) -> Message:
    elapsed = tuple(index * DAY for index in range(len(shares)))
    curve = OutflowCurve("Binance", NOON - elapsed[-1], elapsed, shares) if shares else None
    return run_chart_card(snapshot(), curve, [FTX], open_incident, ChartWindow.FORTNIGHT)


def reserves(
    given: ExchangeSnapshot, history: Sequence[DailyAssets], window: ChartWindow = ChartWindow.MONTH
) -> Message:
    return reserves_chart_card(given, history, [incident()], window)


def held_assets(*totals: float, until: datetime = MIDNIGHT) -> list[DailyAssets]:
    first = until - (len(totals) - 1) * DAY
    return [
        DailyAssets(first + index * DAY, {"USDT": total * 0.6, "BTC": total * 0.4})
        for index, total in enumerate(totals)
    ]


MESSAGES = {
    "flows": flows(snapshot(), [incident()]),
    "flows between two ends": flows(snapshot(day=replace(flow(-0.036), lowest_usd=-6.41e9, highest_usd=-1e9))),
    "reserves": reserves(snapshot(), held_assets(6e10, 6e10, 6e10)),
    "composition": composition_chart_card(snapshot()),
    "run": run(0.0, -0.02, -0.036, open_incident=incident()),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_the_figures_of_a_picture_are_those_of_its_text(name: str) -> None:
    message = MESSAGES[name]
    picture, text = drawn(message), said(message)
    in_picture = (picture.title, picture.headline, *(band.name for band in picture.bands))
    in_picture += (*picture.notes, *(series.figure for series in picture.series))
    figures = {figure for words in in_picture for figure in re.findall(r"[−+$]?\$?\d[\d.]* ?[%BMK]?", words)}
    not_said = {figure.strip() for figure in figures if figure.strip(" %") not in text}
    # Dates and numbers of incidents are marked in the picture alone, layers of reserves have their own figures.
    assert not_said <= {"42", "13", "$34.8 B", "$23.2 B", "$58.0 B"}
    assert picture.headline in text


@pytest.mark.parametrize("name", MESSAGES)
def test_a_picture_explains_itself(name: str) -> None:
    picture = drawn(MESSAGES[name])
    assert picture.title.startswith("Binance · ")
    assert picture.source == "DefiLlama · as of 2022-12-13 12:00 UTC"
    assert "What the exchange owes" in said(MESSAGES[name])


@pytest.mark.parametrize("name", MESSAGES)
def test_a_chart_is_short_enough_to_be_a_caption(name: str) -> None:
    assert len(said(MESSAGES[name])) < 900


def test_a_chart_leads_to_the_other_ones() -> None:
    commands = [action.command for action in MESSAGES["flows"].actions]
    assert commands == [f"chart binance {kind}" for kind in ("reserves", "composition", "run")]


def test_a_day_stands_where_it_was_and_an_unknown_one_is_a_gap() -> None:
    picture = drawn(flows(snapshot(0.001, None, -0.018, 0.004)))
    (points,) = [series.points for series in picture.series if series.stroke is Stroke.MAIN]
    assert [value for _, value in points] == [0.001, None, -0.018, 0.004]
    assert datetime.fromtimestamp(points[-1][0], UTC) == MIDNIGHT - timedelta(hours=12)
    assert "1 day cannot be compared with the day before: marked “?”." in picture.notes


def test_days_that_are_not_there_at_all_are_gaps_too() -> None:
    given = replace(snapshot(), days=(*days(0.001, 0.002, until=MIDNIGHT - 3 * DAY), *days(0.003)))
    picture = drawn(flows(given))
    assert [value for _, value in picture.series[0].points] == [0.001, 0.002, None, None, 0.003]
    assert "2 days cannot be compared with the day before: marked “?”." in said(flows(given))


def test_the_window_says_how_many_days_are_drawn() -> None:
    given = snapshot(*(0.001,) * 90)
    for window in ChartWindow:
        picture = drawn(flows(given, window=window))
        assert (len(picture.series[0].points), window.words in picture.title) == (window.days, True)
        assert window.length == window.days * DAY


def test_the_last_24_hours_follow_the_last_whole_day() -> None:
    picture = drawn(flows(snapshot()))
    main, latest = picture.series
    assert (latest.stroke, latest.points[0][1], latest.figure) == (Stroke.LATEST, -0.036, "−3.6 %")
    assert latest.points[0][0] - main.points[-1][0] == DAY.total_seconds()


def test_the_bars_of_text_end_with_the_last_24_hours_as_the_headline_does() -> None:
    message = flows(snapshot())
    assert message.chart
    assert message.chart.title == "Net flow a day, 30 days"
    assert message.chart.values == pytest.approx((*(0.002,) * 30, -0.036))
    held = flows(snapshot(day=flow(-0.2, hold=CHAIN_MISSING)))
    assert held.chart
    assert held.chart.values == pytest.approx((0.002,) * 30)


def test_a_flow_with_two_ends_shows_what_is_certain_and_what_is_not() -> None:
    _, certain, uncertain = drawn(MESSAGES["flows between two ends"]).series
    assert (certain.stroke, certain.name) == (Stroke.LATEST, "last 24 h, at least")
    assert (uncertain.stroke, uncertain.figure) == (Stroke.UNCERTAIN, "−10.0 %")
    open_flow = replace(flow(0.0), lowest_usd=-1.282e9, highest_usd=1.923e9)
    _, *ends = drawn(flows(snapshot(day=open_flow))).series
    assert [(end.stroke, end.figure) for end in ends] == [(Stroke.UNCERTAIN, "−2.0 %"), (Stroke.UNCERTAIN, "+3.0 %")]


def test_a_held_figure_is_a_gap_and_said() -> None:
    """A fifth that is not told is no run, and must not be drawn as one."""
    message = flows(snapshot(day=flow(-0.2, hold=CHAIN_MISSING)))
    (main,) = drawn(message).series
    assert main.points[-1][1] is None
    assert drawn(message).headline == "24 h: cannot be compared"
    sentence = "Why: chain missing (Tron, 14.0 % of reserves)."
    assert sentence in drawn(message).notes
    assert sentence in said(message)
    assert "20.0 %" not in said(message)


def test_without_a_figure_for_24_hours_the_days_are_shown() -> None:
    message = flows(replace(snapshot(), signal=signal(None, flows=[flow(-0.1, window=Window.WEEK)], baseline=None)))
    assert "24 h: not available yet" in said(message)
    assert "Normal day: not known yet" in said(message)
    assert len(drawn(message).series) == 1


def test_the_axis_is_never_so_short_that_noise_is_a_crash() -> None:
    assert drawn(flows(snapshot(*(0.0005,) * 30))).scale == (-0.02, 0.02)
    assert drawn(run(0.0, -0.001)).scale == (-0.05, 0.01)


def test_incidents_are_marked_from_their_first_reading() -> None:
    past = replace(
        incident(number=41, state=IncidentState.RESOLVED),
        first_as_of=NOON - 9 * DAY,
        changed_at=NOON - 7 * DAY,
    )
    older = replace(past, number=40, first_as_of=NOON - 60 * DAY, changed_at=NOON - 59 * DAY)
    picture = drawn(flows(snapshot(), [incident(), past, older]))
    normal, now, before = picture.bands
    assert normal.is_vertical
    assert (now.name, now.low, now.high) == (
        "INC-42 since 13 Dec", NOON.timestamp(), (MIDNIGHT + DAY).timestamp()
    )  # fmt: skip
    assert (before.name, before.high) == ("INC-41 4 Dec to 6 Dec", (NOON - 7 * DAY).timestamp())


def test_too_few_days_are_a_sentence_with_something_else_to_ask() -> None:
    for given, known, when in (
        (snapshot(0.001, None), "1 day", "in 2 days"),
        (snapshot(0.001, 0.001, None), "2 days", "tomorrow"),
        (replace(snapshot(), days=()), "0 days", "in 3 days"),
    ):
        message = flows(given)
        assert (message.picture, message.tone) == (None, Tone.TROUBLE)
        assert f"{known} of Binance known so far: a chart of flows needs 3. Ask again {when}." in said(message)
        assert [action.command for action in message.actions] == ["reserves binance", "chart binance composition"]
    assert reserves(snapshot(), []).picture is None
    assert "1 day of Binance known so far" in said(reserves(snapshot(), []))


def test_what_was_never_read_cannot_be_drawn() -> None:
    never_read = ExchangeSnapshot(BINANCE)
    for message in (flows(never_read), reserves(never_read, []), composition_chart_card(never_read), run()):
        assert message.picture is None
        assert message.tone is Tone.TROUBLE


def test_reserves_stand_in_layers_the_newest_as_it_is_told() -> None:
    message = reserves(snapshot(), held_assets(6e10, 6e10, 6e10))
    picture = drawn(message)
    assert picture.headline == "$58.0 B without its own token"
    assert [(series.name, series.figure, series.points[-1][1]) for series in picture.series] == [
        ("USDT", "$34.8 B", 3.48e10), ("BTC", "$23.2 B", 2.32e10)
    ]  # fmt: skip
    assert message.chart
    assert message.chart.values == pytest.approx((6e10, 6e10, 6e10, 5.8e10))


def test_small_assets_are_one_layer() -> None:
    many = {f"Ethereum/COIN{index}": (1.0, 1e9) for index in range(7)}
    picture = drawn(reserves(snapshot(now=reading(many)), held_assets(6e10, 6e10)))
    assert [series.name for series in picture.series][-2:] == ["COIN4", "2 others"]
    assert picture.series[-1].figure == "$2.00 B"
    six = dict(list(many.items())[:6])
    assert drawn(reserves(snapshot(now=reading(six)), held_assets(6e10, 6e10))).series[-1].name == "1 other"


def test_assets_that_are_gone_are_in_the_days_that_had_them() -> None:
    """The newest reading has BTC alone: the days before still reach their whole total."""
    only_btc = reading({"Bitcoin/BTC": (1e6, 2.32e4)})
    picture = drawn(reserves(snapshot(now=only_btc), held_assets(6e10, 6e10, 6e10)))
    assert [(series.name, series.figure) for series in picture.series] == [("BTC", "$23.2 B"), ("others", "$0.00")]
    totals = [
        sum(value or 0.0 for _, value in values)
        for values in zip(*(layer.points for layer in picture.series), strict=True)
    ]
    assert totals == pytest.approx([6e10, 6e10, 6e10, 2.32e10])


def test_a_day_whose_total_is_not_that_of_its_assets_is_left_open() -> None:
    """Thursday's reading lacked a chain, and on Friday the source had a price wrong; the rest is shown."""
    given = replace(snapshot(), days=(*days(0, 0), replace(days(0)[0], day=MIDNIGHT - 4 * DAY, is_complete=False)))
    history = [*held_assets(4e10, until=MIDNIGHT - 4 * DAY), *held_assets(6e10, 9e10, 6e10, 6e10)]
    given = replace(given, days=tuple(replace(point, reserves_usd=6e10) for point in days(0, 0, 0, 0)))
    message = reserves(given, history)
    values = [value for _, value in drawn(message).series[0].points]
    assert values == pytest.approx([3.6e10, None, 3.6e10, 3.6e10, 3.48e10])
    assert "1 day is left open: the figures were incomplete." in drawn(message).notes
    assert "2 days are left open" in said(reserves(given, held_assets(6e10, 9e10, 9e10, 6e10)))


def test_own_tokens_are_left_out_and_said() -> None:
    exchange = replace(BINANCE, own_tokens=frozenset({"BNB"}))
    with_own = reading({"Tron/USDT": (6e10, 1.0), "BSC/BNB": (1e7, 300.0)})
    given = replace(snapshot(now=with_own), exchange=exchange)
    message = reserves(given, held_assets(6e10, 6e10, 6e10))
    # The days before had BTC as well.
    assert [series.name for series in drawn(message).series] == ["USDT", "others"]
    assert "Its own token is left out: BNB $3.00 B." in drawn(message).notes
    rows = drawn(composition_chart_card(given)).series
    assert [(row.name, row.figure, row.stroke) for row in rows] == [
        ("USDT", "95.2 % · $60.0 B", Stroke.MAIN), ("BNB own", "4.8 % · $3.00 B", Stroke.EXTRA)
    ]  # fmt: skip
    without = replace(given, exchange=replace(BINANCE, own_tokens=frozenset()))
    assert drawn(composition_chart_card(without)).headline == "$63.0 B"
    assert drawn(reserves(without, held_assets(6e10, 6e10, 6e10))).headline == "$63.0 B"


def test_a_missing_chain_is_said_and_the_last_complete_total_drawn() -> None:
    missing = (MissingPart("Tron", 2e10, NOON),)
    given = replace(snapshot(), missing=missing, last_complete=holding(60, at=NOON - HOUR))
    for message in (flows(given), reserves(given, held_assets(6e10, 6e10)), composition_chart_card(given)):
        sentence = "Missing at the source now: Tron. Totals are those of the last complete reading."
        assert sentence in drawn(message).notes
        assert "Missing at DefiLlama: Tron ($20.0 B" in said(message)
    assert drawn(composition_chart_card(given)).headline == "$60.0 B without its own token"


def test_a_composition_has_a_row_for_the_rest() -> None:
    many = {f"Ethereum/COIN{index}": (1.0, 1e9) for index in range(10)}
    message = composition_chart_card(snapshot(now=reading(many)))
    assert [row.name for row in drawn(message).series][-2:] == ["COIN7", "2 others"]
    assert message.table
    assert message.table.rows[-1] == ("2 others", "20.0 % · $2.00 B")
    nine = dict(list(many.items())[:9])
    assert drawn(composition_chart_card(snapshot(now=reading(nine)))).series[-1].name == "1 other"


def test_what_is_worth_nothing_has_no_composition() -> None:
    worthless = replace(holding(0), holdings={Slot("Ethereum", "X"): Holding(1.0, 0.0)})
    assert composition_chart_card(snapshot(now=worthless)).picture is None


def test_a_run_is_laid_beside_those_of_the_past_at_the_same_point() -> None:
    message = run(0.0, -0.02, -0.036, open_incident=incident())
    own, past = drawn(message).series
    assert (own.name, own.figure, own.stroke) == ("Binance now", "−3.6 % after 2 d", Stroke.MAIN)
    assert (past.figure, past.points[8]) == ("−24.0 % after 2 d", (2.0, -0.24))
    assert past.points[-1] == pytest.approx((79 / 24, -0.395))
    assert all(before[0] < after[0] for before, after in pairwise(past.points))
    assert "Day 0 is 11 Dec, the day before INC-42 began." in said(message)
    assert "FTX, November 2022: −24.0 % after 2 d (lowest −39.5 %)" in said(message)
    assert "Past runs: reconstruction from published figures." in drawn(message).notes


def test_days_of_a_run_that_cannot_be_compared_are_left_open() -> None:
    elapsed = (timedelta(0), DAY, 4 * DAY)
    curve = OutflowCurve("Binance", NOON - 4 * DAY, elapsed, (0.0, -0.02, -0.05))
    message = run_chart_card(snapshot(), curve, [FTX], None, ChartWindow.FORTNIGHT)
    assert drawn(message).series[0].points == ((0.0, 0.0), (1.0, -0.02), (2.5, None), (4.0, -0.05))
    assert "Days that cannot be compared are left open." in drawn(message).notes
    assert "Days that cannot be compared are left open." in said(message)


def test_a_past_run_that_was_shorter_is_shown_to_its_end() -> None:
    message = run(*(0.0,) * 8)
    assert "FTX, November 2022: −39.5 % after 3 d, its end" in said(message)
    assert "Day 0 is 6 Dec; no incident is open." in said(message)
    without_past = run_chart_card(
        snapshot(), OutflowCurve("Binance", NOON, (timedelta(0), DAY), (0.0, -0.1)), [], None, ChartWindow.WEEK
    )
    assert len(drawn(without_past).series) == 1
    assert "Past runs" not in said(without_past)


def test_quiet_days_and_a_crash_are_both_in_the_picture() -> None:
    given = replace(snapshot(), days=quiet_days())
    values = [value for series in drawn(flows(given)).series for _, value in series.points if value is not None]
    assert min(values) == -0.036


def test_a_picture_is_in_the_language_of_its_message_and_in_english_where_its_letters_may_lack_a_font(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(translation, "_catalogue", lambda _: None)
    with written_in("ru"):
        russian = drawn(run(0.0, -0.036))
    with written_in("zh-CN"):
        chinese = drawn(flows(snapshot(), [incident()]))
    assert (russian.language, russian.headline, russian.in_english) == ("ru", "−3,6 % of reserves in 24 h", None)
    assert (chinese.language, chinese.headline) == ("zh-CN", "24 h −$23.1亿（−3.6 %）")
    assert "INC-42 since 12月13日" in [band.name for band in chinese.bands]
    assert chinese.in_english == drawn(flows(snapshot(), [incident()]))
