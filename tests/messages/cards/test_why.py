"""/why: what an incident rests on, so that anybody can check it."""

from dataclasses import replace

import pytest

from bot.detection.outflow import grade
from bot.domain.flow import Flow, Window
from bot.domain.incident import Ending, Event, Incident, IncidentState, StepReason, WorstMoment
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Signal, Size, SourceFigure, Unit
from bot.messages.cards.why import why_card
from bot.messages.model import Fold, Tone
from bot.messages.plain_text import display_width, text_table
from tests.builders import CHAIN_MISSING, DAY, HOUR, NOON, STALE, flow, incident, signal
from tests.messages.cards.plain import said


def why(story: Incident) -> list[str]:
    return said(why_card(story, "Binance")).splitlines()


def raised(seen: Signal, now: Signal | None = None) -> Incident:
    """Return an incident that was opened on one look; the newest is another where `now` is given."""
    return replace(incident(seen=now or seen), raised_by=seen)


def test_the_inputs_are_two_readings_with_their_source_and_what_moved_between_them() -> None:
    text = why(raised(signal(-0.036)))

    assert text[0] == "INC-42 · Binance · why"
    assert text[1] == "Net outflow −$2.31 B in 24 h · 3.6 % of reserves ($64.1 B)"
    assert text[2] == "Open · elevated (its peak) · outflow rule, normal sensitivity"
    assert (
        "Compared: DefiLlama's reading of 2022-12-12 12:00 UTC (reserves $64.1 B) with that of 2022-12-13 12:00 UTC, "
        "fetched 2022-12-13 12:05 UTC."
    ) in text
    assert "By asset: −1.38 B USDT = −$1.38 B · −46.2 K BTC = −$923 M" in text
    assert "DefiLlama · as of 2022-12-13 12:00 UTC (ago)" in text
    assert "24 h | −$2.31 B | −3.6 % | 12-12" in text


def test_reserves_that_lacked_a_part_at_the_start_have_it_as_it_was_last_read() -> None:
    text = why(raised(signal(None, flows=[replace(flow(), lost_at_start=("Tron",))])))

    assert text[1].endswith("of reserves ($64.1 B, with Tron as last read)")
    assert any("of 2022-12-12 12:00 UTC (reserves $64.1 B, with Tron as last read) with" in words for words in text)


def test_of_a_flow_with_two_ends_the_certain_one_is_compared_and_listed() -> None:
    day = flow(-0.058, missing=("Tron",))
    text = why(raised(signal(None, flows=[replace(day, lowest_usd=day.usd - 1e9, highest_usd=day.usd + 1e9)])))

    assert text[1].startswith("Net outflow of at least −$2.72 B in 24 h · at least 4.2 % of reserves")
    assert text[1].endswith("at most 7.4 %: Tron missing")
    assert "24 h | −$2.72 B | −4.2 % | 12-12" in text
    assert any(words.startswith("Its 24 h, at least −4.2 %: the largest outflow in 90 days. Score") for words in text)


def test_where_nothing_is_certain_of_a_day_it_is_compared_with_no_other() -> None:
    day = flow(-0.002, missing=("Tron",))
    text = why(raised(signal(None, flows=[replace(day, lowest_usd=day.usd - 1e9, highest_usd=day.usd + 1e9)])))

    assert not any(line.startswith("Its 24 h") for line in text)


def test_a_day_on_which_nothing_moved_is_compared_as_well() -> None:
    text = why(raised(signal(0.0)))

    assert any(words.startswith("Its 24 h, 0.00 %: as on a normal day. Score 0.0") for words in text)


def test_many_assets_are_the_largest_and_the_rest() -> None:
    day = flow()
    many = replace(day, assets=tuple(replace(day.assets[1], asset=f"A{number}", usd=-1e8) for number in range(7)))

    assert "A3 = −$100 M · everything else −$1.91 B" in "\n".join(why(raised(signal(None, flows=[many]))))


def test_what_is_crossed_stands_beside_every_threshold_of_the_preset() -> None:
    text = why(raised(signal(-0.036)))

    assert "Over the limit: 24 h −3.6 % (limit −3.0 %)" in text
    assert (
        "Limits at normal sensitivity: watch 24 h −1.5 %* · elevated 24 h −3 %*, 7 d −6 %*, 14 d −10 %, 30 d −20 % · "
        "severe 24 h −8 %, 72 h −15 %. * only if also unusual for this exchange (score −3.5 or lower). Flows under "
        "$5.00 M are ignored. An incident ends at 60 % of the limit."
    ) in text
    early = why(replace(raised(grade(signal(-0.036), Sensitivity.EARLY)), sensitivity=Sensitivity.EARLY))
    assert any(
        words.startswith("Limits at early sensitivity: watch 24 h −1.05 %* · elevated 24 h −2.1 %*") for words in early
    )


@pytest.mark.parametrize(
    ("share", "place"),
    [
        (-0.036, "Its 24 h, −3.6 %: the largest outflow in 90 days. Score −9.0"),
        (-0.008, "Its 24 h, −0.80 %: lower than on 95 % of days. Score −2.0"),
        (0.002, "Its 24 h, +0.20 %: as on a normal day. Score +0.5"),
        (0.02, "Its 24 h, +2.0 %: higher than on 95 % of days. Score +5.0"),
    ],
)
def test_the_day_has_its_place_among_the_usual_ones(share: float, place: str) -> None:
    text = why(raised(signal(share)))

    assert f"{place}: its distance from the median day in spreads (robust z). −3.5 or lower is unusual." in text
    assert (
        "Normal days: median 0.00 %, nine in ten between −0.60 % and +0.70 %, lowest −1.0 %, spread 0.40 % (last 90 "
        "days)."
    ) in text


@pytest.mark.parametrize(
    ("figure", "opinion"),
    [
        (SourceFigure(Window.DAY, -2.1e9), "−$2.10 B, matches ours, −$2.31 B."),
        (SourceFigure(Window.DAY, 2.1e9), "+$2.10 B, differs from ours, −$2.31 B."),
    ],
)
def test_the_second_opinion_says_whether_it_agrees(figure: SourceFigure, opinion: str) -> None:
    seen = replace(signal(), source_figures=(figure,))

    assert f"DefiLlama's own 24 h figure, {opinion}" in why(raised(seen))


def test_a_second_opinion_on_a_window_that_is_unknown_stands_alone() -> None:
    seen = replace(signal(), source_figures=(SourceFigure(Window.MONTH, -2.1e9),))

    assert "DefiLlama's own 30 d figure, −$2.10 B, cannot be compared with ours." in why(raised(seen))


def test_that_there_is_no_second_opinion_is_said() -> None:
    assert "DefiLlama gives no flow figure of its own to compare with." in why(raised(signal()))


def test_each_hold_is_told_with_its_reason_and_its_end() -> None:
    week = replace(CHAIN_MISSING, detail="Tron, 13.9 % of reserves")
    events = (
        Event(NOON, StepReason.OPENED, Severity.ELEVATED, Size(-0.036, Unit.RESERVES, -2.3e9)),
        Event(NOON + HOUR, StepReason.HELD, Severity.ELEVATED, holds=(CHAIN_MISSING, week)),
        Event(NOON + 3 * HOUR, StepReason.RELEASED, Severity.ELEVATED, Size(-0.036, Unit.RESERVES)),
        Event(NOON + 5 * HOUR, StepReason.HELD, Severity.ELEVATED, holds=(STALE, CHAIN_MISSING)),
        Event(NOON + 6 * HOUR, StepReason.ESCALATED, Severity.SEVERE, Size(-0.09, Unit.RESERVES)),
        Event(NOON + 9 * HOUR, StepReason.HELD, Severity.SEVERE),
    )

    text = why(replace(incident(), events=events))

    chain = "chain missing (Tron, 14.0 % of reserves)"
    assert [sentence for sentence in text if sentence.startswith("Data gap")] == [
        f"Data gap: 2022-12-13 13:00 UTC to 2022-12-13 15:00 UTC, {chain}",
        f"Data gap: 2022-12-13 17:00 UTC to 2022-12-13 18:00 UTC, {chain} and data too old (newest reading is 5 h old)",
        "Data gap: 2022-12-13 21:00 UTC to now, no figure could be computed",
    ]
    assert "opened: 2022-12-13 12:00 UTC · −3.6 %" in text
    assert "escalated: 2022-12-13 18:00 UTC · −9.0 %" in text
    assert not [sentence for sentence in text if sentence.startswith(("held:", "released:"))]


def test_of_many_holds_the_last_are_told_and_all_counted() -> None:
    events = tuple(Event(NOON + day * DAY, StepReason.HELD, Severity.ELEVATED) for day in range(5))
    text = [sentence for sentence in why(replace(incident(), events=events)) if sentence.startswith("Data gap")]

    assert text[0] == "Data gaps during this incident: 5. The last 3:"
    assert [sentence[10:26] for sentence in text[1:]] == ["2022-12-15 12:00", "2022-12-16 12:00", "2022-12-17 12:00"]


def test_a_life_without_a_hold_says_so() -> None:
    assert "Data gaps during this incident: none." in why(incident())


def test_a_held_window_is_marked() -> None:
    seen = signal(-0.036, flows=[flow(-0.07, Window.WEEK, hold=CHAIN_MISSING)])

    assert "7 d * | −$4.49 B | −7.0 % | 12-06" in why(raised(seen))


def test_what_raised_it_and_what_is_now_are_kept_apart() -> None:
    text = why(raised(signal(-0.036), now=signal(-0.041, at=NOON + HOUR)))

    assert text[1].startswith("Net outflow −$2.31 B")
    assert (
        "Newest reading: Net outflow −$2.63 B in 24 h · 4.1 % of reserves ($64.1 B) · over the limit: "
        "24 h −4.1 % (limit −3.0 %)"
    ) in text


@pytest.mark.parametrize(
    ("flows", "words"),
    [
        ((flow(0.001),), "At its end: Net inflow +$64.1 M in 24 h · 0.10 % of reserves ($64.1 B) · no limit"),
        ((), "At its end: Flow not known: no figure can be computed. · no limit is exceeded"),
    ],
)
def test_a_closed_incident_is_explained_in_green_by_what_raised_it(flows: tuple[Flow, ...], words: str) -> None:
    calm = signal(None, at=NOON + DAY, flows=flows)
    story = replace(raised(signal(-0.036), now=calm), state=IncidentState.RESOLVED)
    text = why(story)

    assert why_card(story, "Binance").tone is Tone.GOOD
    assert text[2] == "Resolved (peak: elevated) · outflow rule, normal sensitivity"
    assert any(sentence.startswith("Over the limit: 24 h −3.6 % (limit −3.0 %)") for sentence in text)
    assert any(sentence.startswith(words) for sentence in text)


def test_an_internal_move_is_explained_as_one() -> None:
    over = replace(incident(state=IncidentState.RESOLVED), ending=Ending.INTERNAL_MOVE)
    text = said(why_card(over, "Binance"))
    assert "It was an internal move: most of what left has come back. Data complete." in text
    assert "Could be" not in text


def test_the_worst_moment_is_told_and_not_only_the_last_step() -> None:
    worst = WorstMoment(NOON + HOUR, Severity.SEVERE, Window.DAY, Size(-0.081, Unit.RESERVES, -6.4e8))
    story = replace(raised(signal(-0.036), now=signal(-0.001, at=NOON + DAY)), worst_moment=worst)

    assert why(story)[3] == "Peak: elevated, −8.1 % (−$640 M) in 24 h, 2022-12-13 13:00 UTC"


def test_while_a_part_is_missing_the_last_complete_reading_is_told() -> None:
    complete = signal(-0.041, at=NOON + HOUR)
    held = signal(None, at=NOON + 2 * HOUR, flows=[flow(hold=CHAIN_MISSING)])
    story = replace(raised(signal(-0.036), now=held), announced=signal(-0.036), last_complete=complete)

    assert any(sentence.startswith("Last complete reading: Net outflow −$2.63 B in 24 h") for sentence in why(story))


def test_an_incident_of_before_is_explained_by_its_newest_reading() -> None:
    text = why(incident(seen=signal(-0.001, baseline=None)))

    assert "These figures exceed no limit." in text
    assert "Normal day: not known yet, it takes 14 days of readings." in text
    assert not [sentence for sentence in text if sentence.startswith(("Normal days", "Its 24 h", "Newest reading"))]


def test_without_a_comparable_window_there_are_no_inputs() -> None:
    text = why(incident(seen=signal(None)))

    assert text[1] == "Flow not known: no figure can be computed."
    assert not [sentence for sentence in text if sentence.startswith("Compared")]


def test_assets_that_are_not_known_are_not_listed() -> None:
    bare = replace(flow(), assets=())

    assert not [sentence for sentence in why(raised(signal(None, flows=[bare]))) if sentence.startswith("By asset")]


def test_seven_lines_are_shown_at_most_and_the_rest_is_folded_away() -> None:
    worst = WorstMoment(NOON + HOUR, Severity.SEVERE, Window.DAY, Size(-0.081, Unit.RESERVES, -6.4e8))
    story = replace(raised(signal(-0.036), now=signal(-0.001, at=NOON + DAY)), worst_moment=worst)
    folded = why_card(story, "Binance")

    assert folded.fold == Fold(7, "why INC-42 details")
    assert not folded.private
    assert len(folded.lines) > 14


def test_details_that_somebody_asked_for_are_one_message_with_everything_for_them_alone() -> None:
    folded, unfolded = (why_card(incident(), "Binance", unfolded=is_asked) for is_asked in (False, True))

    assert (unfolded.fold, unfolded.private) == (None, True)
    assert said(unfolded) == said(folded)


def test_the_table_of_windows_fits_a_phone() -> None:
    held = [flow(-0.55, window, hold=CHAIN_MISSING, reserves=9.99e12) for window in Window if window is not Window.DAY]
    table = why_card(raised(signal(-0.036, flows=held)), "Binance").table

    assert table
    assert max(map(display_width, text_table(table, width=99).splitlines())) <= 34
