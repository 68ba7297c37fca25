from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.detection.proofs import LATE, LOST, LOWEST_RATIO, PROOF_RULE, ProofsOfReserves
from bot.domain.incident import Incident, StepReason, WorstMoment
from bot.domain.proof_of_reserves import AssetRatio, ProofOfReserves
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Reason, Signal, Size, Unit
from bot.messages.cards.alert import incident_card, resolved_card
from bot.messages.cards.incident_list import incidents_card
from bot.messages.cards.proof_incident import ProofCard
from bot.messages.cards.why import why_card
from tests.builders import NOON, incident
from tests.messages.cards.plain import plain, said

CARD = ProofCard()
BTC, ETH, USDT = (AssetRatio(asset, 1.02, 102.0, 100.0) for asset in ("BTC", "ETH", "USDT"))
BEFORE = ProofOfReserves(
    "binance", "Binance", as_of=date(2022, 10, 1), cadence_days=31, ratios=(BTC, ETH, USDT), read_at=NOON
)
NEWEST = replace(BEFORE, as_of=date(2022, 12, 1))


def signal_of(*proofs: ProofOfReserves) -> Signal:
    source = ProofsOfReserves()
    signal = source.signal(source.update(source.initial_state(), proofs), "binance", NOON)
    assert signal
    return source.grade(signal, Sensitivity.NORMAL)


def incident_of(signal: Signal, severity: Severity = Severity.WATCH) -> Incident:
    return replace(
        incident(severity, number=9), rule=PROOF_RULE, signal=signal, announced=signal, worst_moment=None, worst=None
    )


LATE_ONE = signal_of(BEFORE)
SHORT = signal_of(replace(NEWEST, ratios=(BTC, AssetRatio("USDT", 0.982), AssetRatio("ETH", 0.9999))))
GONE = signal_of(BEFORE, replace(NEWEST, ratios=(BTC, replace(USDT, liabilities=None))))
CALM = signal_of(NEWEST)


def alert(signal: Signal) -> list[str]:
    """Return the title of an alert, and its lines without those that every alert has."""
    card = incident_card(incident_of(signal), "Binance", StepReason.OPENED)
    return [card.title, *map(plain, card.lines)]


def test_a_late_proof_is_told_with_its_age() -> None:
    assert alert(LATE_ONE) == [
        "INC-9 · Binance · proof of reserves late",
        "Proof of 2022-10-01, 73 days old; the next one is 42 days late.",
        "The exchange's own figures. A coin that is delisted or renamed leaves a proof, too.",
    ]


def test_less_held_than_owed_names_the_assets_lowest_first() -> None:
    assert alert(SHORT)[:3] == [
        "INC-9 · Binance · less held than owed",
        "Less held than owed in the newest proof: USDT 98.20 %, ETH 99.99 %.",
        "Proof of 2022-12-01, 12 days old.",
    ]


def test_what_is_gone_is_named() -> None:
    assert alert(GONE)[:2] == [
        "INC-9 · Binance · proof of reserves incomplete",
        "Gone from the newest proof: ETH. Liabilities no longer published: USDT.",
    ]


def test_each_loss_alone_is_named_too() -> None:
    asset = signal_of(BEFORE, replace(NEWEST, ratios=(BTC, USDT)))
    owed = signal_of(BEFORE, replace(NEWEST, ratios=(BTC, ETH, replace(USDT, liabilities=None))))

    assert alert(asset)[1] == "Gone from the newest proof: ETH."
    assert alert(owed)[1] == "Liabilities no longer published: USDT."


def test_one_that_is_calm_again_says_so() -> None:
    eased = replace(incident_of(CALM), easing_since=NOON)

    assert CARD.headline(eased) == "proof of reserves"
    over = said(resolved_card(incident_of(CALM), "Binance"))
    assert "The newest proof of reserves is in time, and has all that the one before had." in over


def test_why_explains_it() -> None:
    why = said(why_card(incident_of(SHORT, Severity.ELEVATED), "Binance"))

    assert "proof of reserves rule, normal sensitivity" in why
    assert "98.20 % of what is owed, limit 100 %" in why
    assert "watch more than 10 days late" in why
    assert "Read from the exchange every six hours; everything has to show twice." in why


def test_it_is_listed_with_its_figure() -> None:
    listed = said(incidents_card([incident_of(SHORT, Severity.ELEVATED)], {"binance": "Binance"}))

    assert "98.20 % of what is owed" in listed


def test_the_alert_leads_to_the_proof() -> None:
    card = incident_card(incident_of(SHORT), "Binance", StepReason.OPENED)

    assert [action.command for action in card.actions[:2]] == ["why INC-9", "por binance"]


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (Size(-1.0, Unit.DAYS), "1 day late"),
        (Size(-42.0, Unit.DAYS), "42 days late"),
        (Size(-0.018, Unit.OWED), "98.20 % of what is owed"),
        (Size(-2.0, Unit.COUNT), "2 assets missing or without liabilities"),
        (None, "unknown"),
    ],
)
def test_a_size_is_told_in_its_unit(size: Size | None, words: str) -> None:
    assert CARD.size(size) == words
    if size:
        assert CARD.worst_moment(WorstMoment(NOON, Severity.WATCH, LATE, size)) == words


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (Reason(None, LATE, 11.0, 10.0), "11 days late, limit 10"),
        (Reason(None, LOWEST_RATIO, 0.982, 1.0), "98.20 % of what is owed, limit 100 %"),
        (Reason(None, LOST, 1.0, 1.0), "1 asset missing or without liabilities"),
    ],
)
def test_a_limit_that_is_crossed_is_told_with_it(reason: Reason, words: str) -> None:
    assert CARD.reason(reason) == words


def test_what_cannot_be_judged_is_named() -> None:
    source = ProofsOfReserves()
    state = source.update(source.initial_state(), [replace(BEFORE, read_at=datetime(2022, 12, 11, tzinfo=UTC))])
    held = source.signal(state, "binance", NOON)
    assert held

    (names, sentence), *others = CARD.holds(held)

    assert (names, others) == (("age", "ratios", "assets"), [])
    assert sentence == "data too old (newest reading is 60 h old)"
    assert CARD.nothing_measured() == "no proof of reserves could be read"
    assert CARD.brief(replace(held, leading=None)) == ""
