"""What incidents about an exchange's prices say."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.detection.price_gaps import PriceGap
from bot.domain.incident import Incident, IncidentState, StepReason
from bot.domain.price_gap import AssetGap, ExchangeGaps, GapReading, QuoteFlaw, with_gaps
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Signal
from bot.messages.cards.alert import incident_card, resolved_card
from bot.messages.cards.incident_list import incidents_card
from bot.messages.cards.signal_kinds import card_of
from bot.messages.cards.why import why_card
from tests.builders import HOUR, NOON, incident
from tests.messages.cards.plain import said


def seen(flaw: QuoteFlaw | None = None, **gaps: float) -> Signal:
    """Return the graded signal of HTX after half an hour of these gaps; USDT's cannot be compared with a `flaw`."""
    known: ExchangeGaps | None = None
    for minutes in range(0, 35, 5):
        told = [AssetGap(asset, "USDT", 1.0, 1.0, 6, gap) for asset, gap in gaps.items()]
        if flaw:
            told.append(AssetGap("USDT", "USD", 1.0, None, 2, None, flaw))
        known = with_gaps(known, "htx", "HTX", GapReading(NOON + timedelta(minutes=minutes), tuple(told)))
    assert known
    source = PriceGap()
    signal = source.signal(source.update(source.initial_state(), [known]), "htx", known.newest.at)
    assert signal
    return source.grade(signal, Sensitivity.NORMAL)


def story(signal: Signal, **fields: Any) -> Incident:
    opened = replace(incident(signal.severity or Severity.WATCH, seen=signal), rule="price gap", subject="htx")
    return replace(opened, raised_by=signal, **fields)


def test_an_alert_leads_with_the_largest_gap_and_accuses_nobody() -> None:
    alert = incident_card(story(seen(BTC=-0.061, ETH=-0.058)), "HTX", StepReason.OPENED)

    assert said(alert).splitlines()[:4] == [
        "INC-42 · HTX · elevated, prices below other exchanges",
        "BTC 6.1 % below the median of 6 other exchanges.",
        "Against other exchanges: BTC −6.1 % · ETH −5.8 %",
        "Prices drift apart where coins or money cannot leave. A fault of one market does that, too.",
    ]


def test_a_price_above_the_others_and_one_that_is_not_compared() -> None:
    text = said(incident_card(story(seen(BTC=0.024, flaw=QuoteFlaw.FEW)), "HTX", StepReason.OPENED))

    assert "INC-42 · HTX · watch, prices above other exchanges" in text
    assert "BTC 2.4 % above the median of 6 other exchanges." in text
    assert "USDT can't be judged for now: fewer than four other exchanges have a price." in text


def test_why_says_the_limits_and_how_it_is_measured() -> None:
    text = said(why_card(story(seen(BTC=-0.024)), "HTX"))

    assert "BTC 2.4 % below others, limit 2.0 %" in text
    assert "2.0 % from other exchanges for 5 minutes watch · 5.0 % for 30 minutes" in text
    assert "By prices alone nothing is worse." in text


def test_lists_and_endings_have_the_figure() -> None:
    opened = story(seen(BTC=-0.024))

    assert "−2.4 %" in said(incidents_card([opened], {"htx": "HTX"}))
    over = replace(opened, state=IncidentState.RESOLVED, changed_at=NOON + 9 * HOUR, signal=seen(BTC=0.0))
    assert "Back below the alert limits." in said(resolved_card(over, "HTX"))
    assert card_of("price gap").reason(seen(BTC=-0.024).reasons[0]) == "BTC 2.4 % below others, limit 2.0 %"
