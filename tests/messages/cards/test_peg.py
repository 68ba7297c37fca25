"""What incidents about stablecoins say."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.detection.pegs import Peg
from bot.domain.incident import Incident, IncidentState, StepReason
from bot.domain.peg import CoinPeg, CoinSupply, PegQuote, PegReading, with_reading
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Signal
from bot.messages.cards.alert import incident_card, resolved_card
from bot.messages.cards.incident_list import incidents_card
from bot.messages.cards.why import why_card
from tests.builders import HOUR, NOON, incident
from tests.messages.cards.plain import said

SUPPLY = CoinSupply(4.1e10, 4.2e10)


def seen(index: float | None, *venues: float, supply: CoinSupply | None = SUPPLY) -> Signal:
    """Return the graded signal of USDC after half an hour of these prices."""
    coin: CoinPeg | None = None
    for minutes in (0, 15, 30):
        at = NOON + timedelta(minutes=minutes)
        quotes = tuple(PegQuote(name, usd, at) for name, usd in zip(("Kraken", "Coinbase"), venues, strict=False))
        price = None if index is None else PegQuote("DefiLlama", index, at)
        coin = with_reading(coin, "USDC", PegReading(at, price, quotes, supply))
    assert coin
    source = Peg()
    signal = source.signal(source.update(source.initial_state(), [coin]), "USDC", coin.newest.at)
    assert signal
    return source.grade(signal, Sensitivity.NORMAL)


def story(signal: Signal, **fields: Any) -> Incident:
    opened = replace(incident(signal.severity or Severity.WATCH, seen=signal), rule="peg", subject="USDC")
    return replace(opened, raised_by=signal, **fields)


def test_an_alert_leads_with_the_price_that_two_sources_agree_on() -> None:
    alert = incident_card(story(seen(0.9052, 0.9144)), "USDC", StepReason.OPENED)

    assert said(alert).splitlines()[:5] == [
        "INC-42 · USDC · severe, below its peg",
        "$0.9144 (−8.6 %) or lower at two sources.",
        "DefiLlama $0.9052 · Kraken $0.9144",
        "Supply: −2.4 % in 7 d.",
        "This is about the coin. It does not count against any exchange.",
    ]


def test_an_alert_by_one_source_alone_says_so_and_why_it_is_no_worse() -> None:
    text = said(incident_card(story(seen(0.94)), "USDC", StepReason.OPENED))
    assert "INC-42 · USDC · watch, below its peg" in text
    assert "$0.94 (−6.0 %), by DefiLlama alone." in text
    assert "two sources can't be judged for now: no second source has a price." in text

    text = said(incident_card(story(seen(0.94, 0.999)), "USDC", StepReason.OPENED))
    assert "two sources can't be judged for now: the sources disagree." in text
    assert "DefiLlama $0.94 · Kraken $0.999" in text


def test_an_alert_about_the_supply_says_by_how_much_it_shrank() -> None:
    alert = incident_card(story(seen(1.0, 1.0, supply=CoinSupply(3.8e10, 4.1e10))), "USDC", StepReason.OPENED)

    assert said(alert).splitlines()[:3] == [
        "INC-42 · USDC · watch, supply shrinking",
        "−7.3 % of its supply in 7 d.",
        "DefiLlama $1 · Kraken $1",
    ]


def test_why_has_the_limits_and_what_was_beyond_them() -> None:
    text = said(why_card(story(seen(0.9052, 0.9144)), "USDC"))

    assert "Over the limit: 8.6 % below $1 at two sources for 15 minutes, limit 5.0 %" in text
    assert "peg rule, normal sensitivity" in text
    assert "below $1 by 0.50 % watch · 2.0 % elevated · 5.0 % severe, each for 15 minutes · supply down 5.0 %" in text
    assert "By one source alone it is watch at most." in text


def test_the_list_and_the_end_are_in_figures() -> None:
    told = story(seen(0.9052, 0.9144))
    over = replace(told, state=IncidentState.RESOLVED, changed_at=NOON + 9 * HOUR, signal=seen(1.0, 1.0))

    assert "USDC · −8.6 % · severe" in said(incidents_card([told], {}))
    assert said(resolved_card(over, "USDC")).splitlines()[:2] == [
        "INC-42 · USDC · resolved",
        "Back below the alert limits.",
    ]
