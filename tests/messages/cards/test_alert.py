from dataclasses import replace

import pytest

from bot.alerting.lifecycle_policy import Policy
from bot.alerting.market_wide import advance_market
from bot.detection.outflow import grade
from bot.domain.exchange import MARKET
from bot.domain.flow import Flow, HoldReason, Window
from bot.domain.incident import Ending, Event, Incident, IncidentState, StepReason, WorstMoment
from bot.domain.jump import Jump, JumpReason, Verdict
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Note, NoteReason, Rule, Size, Unit
from bot.messages.cards.alert import incident_card, resolved_card
from bot.messages.cards.approval import asked_privately_card
from bot.messages.cards.common import _HOLD_WORDS, note_sentence
from bot.messages.cards.flow_bounds import flow_sentence
from bot.messages.cards.incident_list import incidents_card
from bot.messages.cards.why import why_card
from bot.messages.model import Fold, Tone
from bot.messages.phone_screen import screen_lines
from tests.builders import CHAIN_MISSING, HOUR, NOON, STALE, flow, incident, majors, signal
from tests.messages.cards.plain import plain, said


def card(story: Incident, reason: StepReason = StepReason.OPENED) -> str:
    return said(incident_card(story, "Binance", reason))


def frozen(*flows: Flow) -> Incident:
    """Return an incident whose message shows the figures of noon, while an hour later there are only these flows."""
    return replace(incident(), signal=signal(None, at=NOON + HOUR, flows=flows), held=True)


def test_an_alert_says_all_that_is_known() -> None:
    assert card(incident()).splitlines() == [
        "INC-42 · Binance · elevated outflow",
        "Net outflow −$2.31 B in 24 h · 3.6 % of reserves ($64.1 B)",
        "Normal day: −0.6 % to +0.7 % (last 90 days)",
        "USDT −$1.38 B · BTC −$923 M",
        "Could be withdrawals, an internal wallet move or a theft. Data complete.",
        "Reserves only. What the exchange owes its customers is not included.",
        "DefiLlama · as of 2022-12-13 12:00 UTC (live)",
        "Why",
        "Chart",
        "Reserves",
        "Flows",
        "Mute 4 h",
        "Mute 24 h",
        "Until it gets worse",
    ]


def test_a_bleed_is_named_as_one() -> None:
    seen = signal(None, flows=[flow(-0.12, Window.FORTNIGHT)])
    story = replace(incident(seen=seen), rule=seen.rule)

    assert card(story).startswith("INC-42 · Binance · slow outflow over weeks\nNet outflow −$7.69 B in 14 d")
    assert "bleed rule, normal sensitivity" in said(why_card(story, "Binance"))


def test_the_title_of_a_bleed_follows_the_figure_of_a_day() -> None:
    seen = signal(-0.04, flows=[flow(-0.12, Window.FORTNIGHT)])
    story = replace(incident(seen=seen), rule=Rule.BLEED)

    assert card(story).startswith("INC-42 · Binance · elevated outflow\nNet outflow −$2.56 B in 24 h")


def test_a_bleed_that_eases_keeps_its_title() -> None:
    seen = signal(-0.002, flows=[flow(-0.07, Window.FORTNIGHT)])
    story = replace(incident(seen=seen), rule=Rule.BLEED)

    assert card(story).startswith("INC-42 · Binance · slow outflow over weeks\n")


def test_an_alert_has_fourteen_lines_at_most_and_the_rest_is_folded_away() -> None:
    notes = tuple(Note(NoteReason.ROUND_TRIP, f"A{number}", 1e9) for number in range(12))

    assert incident_card(incident(), "Binance", StepReason.OPENED).fold is None
    many = incident_card(incident(seen=replace(signal(), notes=notes)), "Binance", StepReason.OPENED)
    assert many.fold == Fold(12, "why INC-42 details")
    assert "A11 $1.00 B left and came back" in said(many)


def test_an_alert_of_many_long_lines_is_folded_where_the_screen_of_a_phone_ends() -> None:
    notes = tuple(Note(NoteReason.TOGETHER, f"LONGASSET{number}", -9.99e9, NOON) for number in range(4))
    told = incident_card(incident(seen=replace(signal(), notes=notes)), "Crypto & Co Exchange", StepReason.OPENED)

    assert told.fold
    assert told.fold.after < len(told.lines) <= 12
    assert screen_lines(replace(told, lines=told.lines[: told.fold.after])) <= 22
    endless = incident_card(incident(), "Crypto & Co Exchange " * 50, StepReason.OPENED)
    assert endless.fold == Fold(1, "why INC-42 details")


def test_an_unconfirmed_alert_says_so() -> None:
    assert "Not confirmed yet" in card(incident(Severity.SEVERE, confirmed=False))
    assert "Not confirmed" not in card(incident(confirmed=False, state=IncidentState.RESOLVED))


@pytest.mark.parametrize(
    ("reason", "turn"),
    [
        (StepReason.ESCALATED, "Escalated from watch to severe."),
        (StepReason.DEESCALATED, "Easing: down from watch to severe."),
        (
            StepReason.RESOLVED,
            "The outflow is back below the alert limits. Peak: critical. Lasted 2 h, from 2022-12-13 10:00 UTC on.",
        ),
    ],
)
def test_an_alert_says_what_turned(reason: StepReason, turn: str) -> None:
    opened = Event(NOON - 2 * HOUR, StepReason.OPENED, Severity.WATCH)
    events = (opened, replace(opened, at=NOON))
    story = replace(incident(Severity.SEVERE, peak=Severity.CRITICAL), events=events, worst=None)

    assert turn in card(story, reason).splitlines()


@pytest.mark.parametrize("events", [(), (Event(NOON, StepReason.OPENED, Severity.SEVERE),) * 2])
def test_what_it_was_before_is_left_out_where_it_is_not_known_or_the_same(events: tuple[Event, ...]) -> None:
    story = replace(incident(Severity.SEVERE), events=events)

    assert "Escalated to severe." in card(story, StepReason.ESCALATED).splitlines()


@pytest.mark.parametrize(
    ("normal", "title", "words"),
    [
        (Severity.WATCH, "unusual outflow", "This place uses early sensitivity, at which it is elevated already."),
        (Severity.SEVERE, "severe outflow", "This place uses early sensitivity, at which it is elevated only."),
        (None, "elevated outflow", "Posted early: this place uses early sensitivity. At normal it is no incident yet."),
    ],
)
def test_every_place_reads_one_severity_and_why_its_own_preset_differs(
    normal: Severity | None, title: str, words: str
) -> None:
    early = replace(incident(), sensitivity=Sensitivity.EARLY)
    told = incident_card(early, "Binance", StepReason.OPENED, normal=normal)

    assert said(told).startswith(f"INC-42 · Binance · {title}\n")
    assert told.tone is Tone(normal or Severity.ELEVATED)
    assert words in said(told).splitlines()


def test_presets_that_agree_are_not_spoken_of() -> None:
    calm = replace(incident(), sensitivity=Sensitivity.CALM)

    assert "sensitivity" not in said(incident_card(calm, "Binance", StepReason.OPENED, normal=Severity.ELEVATED))


def test_an_internal_move_is_no_recovery() -> None:
    story = replace(incident(state=IncidentState.RESOLVED), ending=Ending.INTERNAL_MOVE)

    for text in (card(story, StepReason.RESOLVED), said(resolved_card(story, "Binance"))):
        assert "It was an internal move: most of what left has come back." in text
        assert "Could be" not in text
    assert "Data complete." in card(story, StepReason.RESOLVED)
    assert "Could be" in card(replace(story, ending=None), StepReason.RESOLVED)


@pytest.mark.parametrize(
    ("note", "sentence"),
    [
        (
            Note(NoteReason.WALLETS_CHANGED, "Tron", 9e9),
            "Tron +$9.00 B jumped in one step (a changed wallet list or one ",
        ),
        (Note(NoteReason.COUNTED, "Tron", -9e9), "Tron −$9.00 B jumped in one step and is counted in full now"),
        (Note(NoteReason.ROUND_TRIP, "BTC", 9e9), "BTC $9.00 B left and came back: no flow"),
        (Note(NoteReason.PRICE_ODD, "BTC", 20_000.0), "BTC is valued at $20,000, its last price"),
        (Note(NoteReason.OWN_TOKEN, "BNB", -9e9), "Own token BNB −$9.00 B in 24 h: left out of every flow."),
        (Note(NoteReason.GAP, "24h, 72h"), "No figure for 24 h, 72 h: "),
        (
            Note(NoteReason.REVISED, "2 days, 2022-12-03 to 2022-12-04"),
            "The source revised its history (2 days, 2022-12-03 to 2022-12-04): earlier figures for those days may",
        ),
    ],
)
def test_what_was_left_out_is_said(note: Note, sentence: str) -> None:
    seen = replace(signal(), notes=(note,))

    assert sentence in card(incident(seen=seen))
    assert sentence in said(why_card(incident(seen=seen), "Binance"))


def test_every_reason_has_words_for_people() -> None:
    assert set(_HOLD_WORDS) == set(HoldReason)
    assert all(note_sentence(Note(reason, "Tron", 1.0)) for reason in NoteReason)


def test_held_windows_are_named_with_their_reason() -> None:
    held = [flow(-0.1, window, hold=CHAIN_MISSING) for window in (Window.WEEK, Window.MONTH)]

    assert "7 d, 30 d can't be judged for now: chain missing (Tron, 14.0 % of reserves)." in card(
        incident(seen=signal(-0.036, flows=held))
    )


def test_a_held_alert_says_so_in_its_title_and_why_once() -> None:
    held = [flow(-0.1, window, hold=CHAIN_MISSING) for window in (Window.DAY, Window.WEEK)]

    text = card(frozen(*held), StepReason.HELD)

    assert text.startswith(
        "INC-42 · Binance · elevated outflow · frozen\nNet outflow −$2.31 B in 24 h · 3.6 % of reserves ($64.1 B)\n"
    )
    assert (
        "Figures frozen: chain missing (Tron, 14.0 % of reserves). They are those of 2022-12-13 12:00 UTC, until newer "
        "ones can be compared."
    ) in text
    assert text.count("Tron") == 1
    assert "DefiLlama · as of 2022-12-13 12:00 UTC (live)" in text


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (("Tron",), ("Tron (14.0 % of reserves) is missing at the source.", "until it is back.")),
        (("Tron", "Base"), ("Base and Tron (14.0 % of reserves) are missing at the source.", "until they are back.")),
    ],
)
def test_a_frozen_alert_names_the_chains_that_are_missing(missing: tuple[str, ...], words: tuple[str, str]) -> None:
    day = flow(-0.1, hold=CHAIN_MISSING, missing=missing)

    told = card(frozen(day), StepReason.HELD)

    assert f"Data incomplete: {words[0]} The figures are the last complete ones, of 2022-12-13 12:00 UTC;" in told
    assert f"this alert is frozen {words[1]}" in told
    assert told.startswith("INC-42 · Binance · elevated outflow · data incomplete\n")


def test_a_missing_chain_that_holds_nothing_is_named_without_its_size() -> None:
    uncertain = replace(flow(-0.1, missing=("Tron",)), lowest_usd=-9e9, highest_usd=-6e9)

    assert "Data incomplete: Tron is missing at the source." in card(frozen(uncertain), StepReason.HELD)


def test_a_frozen_alert_names_every_reason() -> None:
    held = [flow(-0.1, hold=CHAIN_MISSING), flow(-0.1, Window.WEEK, hold=STALE)]
    both = "frozen: chain missing (Tron, 14.0 % of reserves) and data too old (newest reading is 5 h old)."

    assert both in card(frozen(*held), StepReason.HELD)
    assert "frozen: no figure could be computed." in card(frozen(), StepReason.HELD)


def test_windows_held_for_different_reasons_are_named_one_by_one() -> None:
    held = [flow(-0.1, Window.WEEK, hold=STALE), flow(0.0, Window.MONTH, hold=CHAIN_MISSING)]

    text = card(incident(seen=signal(-0.036, flows=held)))

    assert "7 d can't be judged for now: data too old (newest reading is 5 h old)." in text
    assert "30 d can't be judged for now: chain missing (Tron, 14.0 % of reserves)." in text


def bounded(certain: float, worst: float, *, missing: tuple[str, ...] = ()) -> Flow:
    """Return the flow of a day that lies between two shares."""
    day = flow((certain + worst) / 2, missing=missing)
    return replace(day, lowest_usd=worst * day.reserves_usd, highest_usd=certain * day.reserves_usd)


def test_of_two_bounds_the_certain_one_is_shown_first() -> None:
    seen = signal(None, flows=[bounded(-0.55, -0.6, missing=("Tron",))])
    text = card(incident(Severity.SEVERE, seen=seen))

    assert (
        "Net outflow of at least −$35.3 B in 24 h · at least 55.0 % of reserves ($64.1 B), at most 60.0 %: Tron missing"
    ) in text
    assert "Its exact size is not known yet." in text
    assert "at least −55.0 % in 24 h" in said(incidents_card([incident(Severity.SEVERE, seen=seen)], {}))


def test_bounds_on_both_sides_of_zero_name_no_direction() -> None:
    waiting = Jump("BTC", NOON, -3e9, -0.05, JumpReason.ALONE, Verdict.WAITING, ())
    counted = replace(waiting, group="ETH", verdict=Verdict.COUNTED)
    seen = replace(signal(None, flows=[bounded(0.01, -0.04)]), jumps=(waiting, counted))

    assert (
        "Net flow in 24 h between −4.0 % and +1.0 % of reserves ($64.1 B), −$2.56 B to +$641 M: "
        "BTC jumped in one step, waiting for the next reading"
    ) in card(incident(seen=seen))


def test_a_title_says_that_it_eases_while_the_figure_is_below_what_it_is_called() -> None:
    easing = replace(incident(seen=signal(0.004)), easing_since=NOON, easing_seen=1)
    text = card(easing, StepReason.UPDATED)

    assert text.startswith("INC-42 · Binance · elevated, easing\nNet inflow +$256 M in 24 h")
    assert (
        "Below the limits of elevated since 2022-12-13 12:00 UTC; it is downgraded if that lasts. No limit is exceeded "
        "now."
    ) in text
    assert "easing" not in card(replace(easing, state=IncidentState.RESOLVED), StepReason.RESOLVED)


def test_while_it_eases_what_is_still_over_a_lower_limit_is_said() -> None:
    easing = replace(incident(Severity.ELEVATED, seen=signal(-0.02)), easing_since=NOON, easing_seen=1)

    assert "Still over a lower limit: 24 h −2.0 % (limit −1.5 %)." in card(easing)


def test_an_inflow_of_the_day_does_not_hide_the_outflow_that_eases() -> None:
    fortnight, held = flow(-0.07, Window.FORTNIGHT), flow(-0.3, Window.MONTH, hold=CHAIN_MISSING)
    eased = signal(0.004, flows=[flow(-0.02, Window.WEEK), fortnight, held])

    assert card(replace(incident(seen=eased), easing_since=NOON)).splitlines()[1] == plain(flow_sentence(fortnight))


def test_after_a_deescalation_the_title_is_that_of_the_severity_of_now() -> None:
    eased = incident(Severity.ELEVATED, peak=Severity.SEVERE, seen=signal(-0.02))

    assert card(eased, StepReason.DEESCALATED).startswith("INC-42 · Binance · elevated outflow\n")


def test_the_end_of_a_hold_is_told() -> None:
    assert "Data complete again: this alert follows the newest figures." in card(incident(), StepReason.RELEASED)


def test_the_end_of_a_hold_does_not_call_data_complete_of_which_a_part_cannot_be_judged() -> None:
    partly = signal(-0.036, flows=[flow(-0.036), flow(-0.05, Window.WEEK, hold=CHAIN_MISSING)])
    text = card(incident(seen=partly), StepReason.RELEASED)
    assert "No longer frozen: this alert follows the newest figures." in text
    assert "7 d can't be judged for now" in text
    assert "complete" not in text


def test_a_chain_too_small_to_hold_is_named() -> None:
    seen = signal(None, flows=[flow(-0.036, missing=("Fantom",))])

    assert "Data without Fantom." in card(incident(seen=seen))


@pytest.mark.parametrize(
    ("flows", "words"),
    [
        ([flow(hold=STALE)], "Flow not known: the data are incomplete."),
        ([], "Flow not known: no figure can be computed."),
    ],
)
def test_without_a_figure_an_alert_says_why(flows: list[Flow], words: str) -> None:
    held = signal(None, flows=flows)

    assert words in card(incident(seen=held))


def test_a_resolved_alert_is_green() -> None:
    over = incident_card(incident(state=IncidentState.RESOLVED), "Binance", StepReason.RESOLVED)

    assert (over.title, over.tone) == ("INC-42 · Binance · resolved", Tone.GOOD)


def test_a_small_exchange_without_a_past_says_so() -> None:
    assert "Normal day: not known yet, it takes 14 days of readings." in card(incident(seen=signal(baseline=None)))


def test_the_closing_words_name_the_worst_there_was() -> None:
    story = replace(incident(peak=Severity.SEVERE, seen=signal(-0.001)), worst=Size(-0.095, Unit.RESERVES, -6e9))

    assert "Peak: severe, −9.5 % (−$6.00 B). Lasted" in said(resolved_card(story, "Binance"))


def test_the_closing_words_name_the_worst_moment() -> None:
    moment = WorstMoment(NOON - HOUR, Severity.SEVERE, Window.DAY, Size(-0.095, Unit.RESERVES, -6e9))
    closing = said(resolved_card(replace(incident(peak=Severity.SEVERE), worst_moment=moment), "Binance"))

    assert "Peak: severe, −9.5 % (−$6.00 B) in 24 h, 2022-12-13 11:00 UTC. Lasted" in closing


def test_an_incident_is_open_since_it_was_told_and_not_since_it_waited_to_be_confirmed() -> None:
    opened = Event(NOON + HOUR, StepReason.OPENED, Severity.WATCH)
    later = Event(NOON + 2 * HOUR, StepReason.ESCALATED, Severity.ELEVATED)
    story = replace(incident(), started_at=NOON, events=(opened, later))

    assert "from 2022-12-13 13:00 UTC on." in said(resolved_card(story, "Binance"))
    assert "opened 2022-12-13 13:00 UTC" in said(incidents_card([story], {}))


def test_the_list_of_incidents_shows_the_worst_open_one() -> None:
    stories = [
        incident(Severity.SEVERE, number=3),
        incident(Severity.WATCH, number=2, exchange="unheard"),
        incident(Severity.CRITICAL, number=1, state=IncidentState.RESOLVED, seen=signal(None)),
    ]

    found = incidents_card(stories, {"binance": "Binance"})

    assert found.tone is Tone.SEVERE
    assert said(found).splitlines()[1] == "2 open · 3 shown, newest first"
    assert "🔴 Binance · −3.6 % in 24 h · severe (its peak) · INC-3 · opened 2022-12-13 12:00 UTC" in said(found)
    assert "🟡 unheard · −3.6 % in 24 h · watch (its peak) · INC-2" in said(found)
    assert "🟢 Binance · resolved (peak: critical) · INC-1 · opened" in said(found)


def test_no_incident_is_no_proof_of_calm() -> None:
    found = said(incidents_card([], {}, about="Binance"))

    assert found.startswith("Incidents · Binance\nNo open or past incidents. /status says how fresh")


def test_a_market_wide_incident_names_its_members() -> None:
    singles = [incident(number=number, exchange=name) for number, name in enumerate(("binance", "okx", "kraken"), 1)]
    story = advance_market(Policy(), None, singles, NOON).incident
    assert story
    names = {"binance": "Binance", "okx": "OKX"}
    text = said(incident_card(replace(story, number=7), "Market-wide", StepReason.OPENED, names)).splitlines()

    assert text[:5] == [
        "INC-7 · Market-wide · elevated outflow at 3 exchanges",
        "Net outflow −$6.92 B in 24 h · 3.6 % of reserves ($192 B)",
        "Binance (INC-1) · elevated · −$2.31 B · −3.6 % in 24 h",
        "kraken (INC-3) · elevated · −$2.31 B · −3.6 % in 24 h",
        "OKX (INC-2) · elevated · −$2.31 B · −3.6 % in 24 h",
    ]
    assert "three or more exchanges" in said(why_card(story, "market", names))
    over = replace(story, state=IncidentState.RESOLVED)
    assert "Now fewer than three large exchanges are elevated." in said(resolved_card(over, "Market-wide"))
    assert "elevated (its peak) · INC-0" in said(incidents_card([story], {}))


def market_wide(*singles: Incident) -> Incident:
    story = advance_market(Policy(), None, singles, NOON).incident
    assert story
    return replace(story, number=7)


def test_a_market_wide_incident_that_the_source_may_have_caused_says_so() -> None:
    note = Note(NoteReason.TOGETHER, "USDT", -2e9, NOON)
    singles = [incident(exchange=name, seen=replace(signal(-0.036), notes=(note,))) for name in ("a", "b", "c")]
    text = said(incident_card(market_wide(*singles), "Market-wide", StepReason.OPENED))
    assert "3 exchanges −$6.00 B in one step, in the same hour as at other exchanges: perhaps a fault" in text


def test_a_market_wide_title_names_no_outflow_above_an_inflow() -> None:
    """Each lost 7 % within a week, and has an inflow today."""
    week = signal(0.004, flows=[flow(-0.07, Window.WEEK)])
    text = said(
        incident_card(market_wide(*(incident(exchange=name, seen=week) for name in "abc")), "", StepReason.OPENED)
    ).splitlines()
    assert text[0] == "INC-7 · Market-wide · elevated at 3 exchanges"
    assert text[1].startswith("Net inflow")
    assert text[2].endswith("−7.0 % in 7 d")


def test_a_market_wide_incident_of_forty_exchanges_fits_on_a_screen() -> None:
    story = market_wide(*(incident(number=number, exchange=f"exchange-{number}") for number in range(40)))
    message = incident_card(story, "Market-wide", StepReason.OPENED)
    assert message.fold
    shown = said(replace(message, lines=message.lines[: message.fold.after]))
    assert "Reserves only. What the exchange owes its customers is not included." in shown
    assert screen_lines(replace(message, lines=message.lines[: message.fold.after])) < 26
    everything = why_card(story, "Market-wide", {}, unfolded=True)
    assert (everything.fold, everything.private) == (None, True)
    assert all(f"exchange-{number} " in said(everything) for number in range(40))


def test_an_incident_says_what_it_is_part_of() -> None:
    assert "Part of the market-wide incident INC-7." in card(replace(incident(), covered_by=7))


def test_every_major_is_named_and_closed_ones_with_since_when() -> None:
    seen = replace(signal(), withdrawals=majors("BTC", "USDT", since=NOON - HOUR))
    graded = grade(seen, Sensitivity.NORMAL)
    story = incident(graded.severity or Severity.WATCH, seen=graded)

    told = card(story)

    assert "Withdrawals: ETH, USDC open; BTC, USDT closed since 2022-12-13 11:00 UTC" in told
    assert "Does not ease while withdrawals of two major assets are closed." in told
    assert "withdrawals of 2 major assets closed (limit 2)" in said(why_card(story, "Binance"))


def test_withdrawals_that_keep_nothing_open_are_shown_as_well_and_what_nobody_watches_is_not() -> None:
    open_ones = card(incident(seen=replace(signal(), withdrawals=majors())))

    assert "Withdrawals: BTC, ETH, USDT, USDC open" in open_ones
    assert "Does not ease" not in "\n".join(open_ones)
    assert "Withdrawals" not in "\n".join(card(incident(seen=signal())))


@pytest.mark.parametrize(
    ("window", "hours", "words"),
    [
        (Window.DAY, 22, "in 24 h · "),
        (Window.DAY, 26, "in 24 h · "),
        (Window.DAY, 12, "in 24 h (since 2022-12-13 00:00 UTC) · "),
        (Window.DAY, 21, "in 24 h (since 2022-12-12 15:00 UTC) · "),
        (Window.DAY, 27, "in 24 h (since 2022-12-12 09:00 UTC) · "),
        (Window.DAY, 37, "in 24 h (since 2022-12-11 23:00 UTC) · "),
        (Window.WEEK, 187, "in 7 d (since 2022-12-05 17:00 UTC) · "),
    ],
)
def test_a_window_that_began_noticeably_earlier_or_later_says_since_when_it_is(
    window: Window, hours: int, words: str
) -> None:
    assert words in plain(flow_sentence(replace(flow(window=window), start=NOON - hours * HOUR)))


def test_an_open_incident_is_muted_with_buttons_and_one_that_is_over_is_not() -> None:
    def commands(state: IncidentState) -> list[str]:
        card = incident_card(incident(state=state), "Binance", StepReason.OPENED)
        return [action.command for action in card.actions if action.command.startswith("mute")]

    assert commands(IncidentState.OPEN) == ["mute binance 4h", "mute binance 24h", "mute binance worse"]
    assert commands(IncidentState.RESOLVED) == []


def test_a_market_wide_incident_is_muted_as_the_market() -> None:
    wide = replace(incident(exchange=MARKET.id), rule=Rule.MARKET_WIDE)
    assert [action.command for action in incident_card(wide, "Market-wide", StepReason.OPENED).actions] == [
        "incidents", "mute market 4h", "mute market 24h", "mute market worse",
    ]  # fmt: skip
    over = replace(wide, state=IncidentState.RESOLVED)
    assert len(incident_card(over, "Market-wide", StepReason.RESOLVED).actions) == 1


def test_the_question_whether_to_post_an_alert_folds_no_more_of_it_than_the_alert() -> None:
    alert = replace(incident_card(incident(), "Binance", StepReason.OPENED), fold=Fold(3, "why INC-42 details"))
    asked = asked_privately_card(alert, "INC-42", "@channel")
    assert asked.fold
    assert asked.lines[1 : asked.fold.after] == alert.lines[:3]
    assert asked_privately_card(replace(alert, fold=None), "INC-42", "@channel").fold is None
