from dataclasses import replace
from typing import Any

import pytest

from bot.detection.withdrawals.closed_networks import CLOSED_AT
from bot.detection.withdrawals.closed_withdrawals import CLOSED_SHARE, SHARE_JUMPED_FOR, USUAL_SHARE, ClosedWithdrawals
from bot.domain.assets import MAJORS
from bot.domain.incident import Incident, IncidentState, StepReason, WorstMoment
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import CLOSED_WITHDRAWALS, Measurement, Reason, Signal, Size, Unit
from bot.domain.withdrawal_reading import WithdrawalState
from bot.domain.withdrawals import Majors, MajorWithdrawals
from bot.messages.cards.alert import incident_card, resolved_card
from bot.messages.cards.incident_list import incidents_card
from bot.messages.cards.why import why_card
from bot.messages.cards.withdrawals_incident import ClosedNetworkCard, WithdrawalsCard
from tests.builders import HOUR, NOON, incident, majors
from tests.messages.cards.plain import said

MINUTE = HOUR / 60
CARD, NETWORK_CARD = WithdrawalsCard(), ClosedNetworkCard()
SHARES = (
    Measurement(CLOSED_SHARE, Size(-0.32, Unit.NETWORKS)),
    Measurement(USUAL_SHARE, Size(-0.1, Unit.NETWORKS)),
)
JUMPED = (*SHARES, Measurement(SHARE_JUMPED_FOR, Size(-75.0, Unit.COUNT)))


def seen(withdrawals: Majors, shares: tuple[Measurement, ...] = (), after: Any = 75 * MINUTE) -> Signal:
    """Return the graded signal of Gate so long after noon, when its majors closed."""
    count = Measurement(CLOSED_WITHDRAWALS, Size(-float(sum(major.is_closed for major in withdrawals)), Unit.COUNT))
    figures = (count, *(Measurement(major.asset, Size(-float(major.is_closed), Unit.COUNT)) for major in withdrawals))
    raw = Signal(
        "gate", "withdrawals", NOON + after, NOON + after, "Gate", withdrawals=withdrawals, figures=(*figures, *shares)
    )
    return ClosedWithdrawals().grade(raw, Sensitivity.NORMAL)


def unlisted(*assets: str) -> Majors:
    """Return the majors at an exchange that lists all but some, with everything open."""
    return tuple(
        MajorWithdrawals(major.asset, WithdrawalState.UNKNOWN, None) if major.asset in assets else major
        for major in majors()
    )


def story(signal: Signal, **fields: Any) -> Incident:
    opened = replace(incident(signal.severity or Severity.WATCH, seen=signal), rule=signal.rule, subject=signal.subject)
    return replace(opened, raised_by=signal, **fields)


def test_an_alert_says_how_many_majors_cannot_be_withdrawn_and_since_when() -> None:
    alert = incident_card(story(seen(majors("USDC"))), "Gate", StepReason.OPENED)

    assert said(alert).splitlines() == [
        "INC-42 · Gate · USDC withdrawals closed",
        "1 of 4 major assets cannot be withdrawn.",
        "Withdrawals: BTC, ETH, USDT open; USDC closed since 2022-12-13 12:00 UTC",
        "This is what the exchange itself says. A wallet upgrade closes withdrawals, too.",
        "Gate · as of 2022-12-13 13:15 UTC (live)",
        "Why",
        "Withdrawals",
        "Mute 4 h",
        "Mute 24 h",
        "Until it gets worse",
    ]
    assert alert.silent


@pytest.mark.parametrize(
    ("closed", "shares", "words"),
    [
        (("BTC", "USDT"), (), "BTC and USDT withdrawals closed"),
        (("BTC", "ETH", "USDT"), (), "BTC, ETH and USDT withdrawals closed"),
        (MAJORS, (), "withdrawals of all majors closed"),
        ((), JUMPED, "many withdrawals closed"),
        ((), SHARES, "withdrawals open"),
    ],
)
def test_a_title_names_what_is_closed(closed: tuple[str, ...], shares: tuple[Measurement, ...], words: str) -> None:
    assert CARD.headline(story(seen(majors(*closed), shares))) == words


def test_a_jump_of_the_closed_share_is_told_with_what_is_usual() -> None:
    signal = seen(majors(), JUMPED)
    text = said(incident_card(story(signal), "Gate", StepReason.OPENED))

    assert "All 4 major assets can be withdrawn." in text
    assert "32.0 % of all its networks closed, normally 10.0 %." in text
    assert CARD.brief(signal) == "32.0 % of networks closed"
    assert "Over the limit: Far more networks than usual closed for 75 min, limit 60 min" in said(
        why_card(story(signal), "Gate")
    )


def test_what_is_unknown_is_counted_beside_what_is_closed() -> None:
    part = seen(majors("BTC", others=WithdrawalState.UNKNOWN))

    assert "1 of 4 major assets cannot be withdrawn; 3 unknown." in said(
        incident_card(story(part), "Gate", StepReason.OPENED)
    )


@pytest.mark.parametrize(
    ("signal", "words"),
    [(seen(majors("BTC", "USDT")), "BTC, USDT closed"), (seen(majors()), "no major closed")],
)
def test_a_list_says_what_is_closed(signal: Signal, words: str) -> None:
    assert CARD.brief(signal) == words
    assert words in said(incidents_card([story(signal)], {}))


def test_why_tells_the_limits_that_were_crossed_and_all_others() -> None:
    text = said(why_card(story(seen(majors("BTC", "ETH"))), "Gate"))

    assert "Over the limit: BTC closed for 75 min, limit 15 min" in text
    assert (
        "Limits at normal sensitivity: watch one major closed for 60 min, or 20.0 % more of all networks than normal · "
        "elevated two for 15 min · severe all four, at once. Announced maintenance counts one severity less."
    ) in text
    assert "Closing and opening both have to show in two readings." in text


@pytest.mark.parametrize(
    ("sensitivity", "words"), [(Sensitivity.EARLY, "42 min, … 10.5 min"), (Sensitivity.CALM, "90 min, … 22.5 min")]
)
def test_presets_scale_the_minutes(sensitivity: Sensitivity, words: str) -> None:
    told = "".join(span.text for span in CARD.thresholds(sensitivity))

    watch, elevated = words.split(", … ")
    assert f"one major closed for {watch}" in told
    assert f"two for {elevated}" in told


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (Reason(None, CLOSED_WITHDRAWALS, 4.0, 4.0), "4 of 4 majors closed"),
        (Reason(None, "USDT", 75.0, 60.0), "USDT closed for 75 min, limit 60 min"),
        (Reason(None, "USDT", 330.0, 60.0), "USDT closed for 5.5 h, limit 60 min"),
    ],
)
def test_a_limit_that_was_crossed_is_told_in_minutes_or_hours(reason: Reason, words: str) -> None:
    assert CARD.reason(reason) == words


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (None, "unknown"),
        (Size(-1, Unit.COUNT), "1 major closed"),
        (Size(-3, Unit.COUNT), "3 majors closed"),
        (Size(-0.32, Unit.NETWORKS), "32.0 % of networks closed"),
    ],
)
def test_a_size_is_how_many_majors_or_which_part_of_all_networks(size: Size | None, words: str) -> None:
    assert CARD.size(size) == words


@pytest.mark.parametrize(
    ("withdrawals", "words"),
    [
        (majors(), "Withdrawals are open again."),
        (
            majors("BTC", is_dead=True),
            "What is still closed is a network upgrade, was announced, or was closed long before.",
        ),
        (unlisted("USDC"), "USDC is not listed there any more."),
        (unlisted("USDT", "USDC"), "USDT and USDC are not listed there any more."),
        (unlisted("BTC"), "Withdrawals are open again."),
    ],
)
def test_an_end_does_not_call_open_what_is_closed_or_not_listed(withdrawals: Majors, words: str) -> None:
    over = story(seen(withdrawals), state=IncidentState.RESOLVED, rests_on=("USDT", "USDC"))
    worst = WorstMoment(NOON, Severity.ELEVATED, CLOSED_WITHDRAWALS, Size(-2, Unit.COUNT))

    reply = said(resolved_card(replace(over, worst_moment=worst), "Gate"))

    assert f"resolved\n{words}\nPeak: watch, 2 majors closed, 2022-12-13 12:00 UTC. Lasted" in reply


def network_signal(*closed: float) -> Signal:
    """Return the signal about Tron with the exchanges Gate, HTX and KuCoin: 1 closed, 0 open again."""
    names = ("Gate", "HTX", "KuCoin")
    return Signal(
        "TRON",
        "network event",
        NOON + HOUR,
        NOON + HOUR,
        "exchanges",
        severity=Severity.WATCH,
        leading=CLOSED_AT,
        reasons=(Reason(None, CLOSED_AT, 3.0, 3.0),),
        seen_since=NOON,
        figures=(
            Measurement(CLOSED_AT, Size(-sum(closed), Unit.COUNT)),
            *(Measurement(name, Size(-value, Unit.COUNT)) for name, value in zip(names, closed, strict=True)),
        ),
    )


def test_a_network_event_is_told_about_the_network_and_accuses_no_exchange() -> None:
    text = said(incident_card(story(network_signal(1, 1, 1)), "TRON", StepReason.OPENED)).splitlines()

    assert text[:4] == [
        "INC-42 · TRON · closed at 3 exchanges",
        "3 exchanges closed withdrawals over this network, first since 2022-12-13 12:00 UTC.",
        "Closed: Gate, HTX, KuCoin.",
        "Usually a network upgrade; it does not count against any exchange.",
    ]


def test_exchanges_that_have_opened_again_are_named() -> None:
    single, none = (
        said(incident_card(story(network_signal(*closed)), "TRON", StepReason.UPDATED))
        for closed in ((1, 0, 0), (0, 0, 0))
    )

    assert "closed at 1 exchange\n" in single
    assert "Open again: HTX, KuCoin." in single
    assert "Closed:" not in none


def test_why_tells_what_makes_a_network_event() -> None:
    text = said(why_card(story(network_signal(1, 1, 1)), "TRON"))

    assert "Over the limit: closed at 3 exchanges within an hour, limit 3" in text
    assert "Limit: watch 3 exchanges within an hour. It never becomes worse than that." in text
    assert "An exchange that closes several main networks within that hour is not counted" in text


def test_a_network_event_that_is_over_calls_nothing_open_that_is_closed() -> None:
    """It is over after a day, and where of three exchanges one has closed other networks as well."""
    after = network_signal(1, 1, 0)
    over = replace(after, figures=(Measurement(CLOSED_AT, Size(0.0, Unit.COUNT)), *after.figures[1:]))

    text = said(incident_card(story(over), "TRON", StepReason.UPDATED))
    assert "TRON · no longer closed at many exchanges" in text
    assert "Over: it has lasted a day, or one of the exchanges has closed other networks, too." in text
    assert "Closed: Gate, HTX." in text
    end = said(resolved_card(story(over, state=IncidentState.RESOLVED), "TRON"))
    assert "What is still closed counts against the exchanges again." in end


def test_a_network_event_ends_with_the_network_open() -> None:
    over = story(network_signal(0, 0, 0), state=IncidentState.RESOLVED)

    assert "The network is open again." in said(resolved_card(over, "TRON"))
    assert NETWORK_CARD.measurement(CLOSED_AT) == "closed at"
    assert NETWORK_CARD.measurement("Gate") == "Gate"
    assert NETWORK_CARD.size(None) == "0 exchanges"


def test_without_a_first_closing_it_is_not_dated() -> None:
    undated = replace(network_signal(1, 1, 1), seen_since=None)

    assert "first since" not in said(incident_card(story(undated), "TRON", StepReason.OPENED))
