"""What people read of a part of the reserves that the source does not report any more."""

from dataclasses import replace

import pytest

from bot.alerting.data_notice import notice_steps
from bot.domain.incident import Ending, Incident, IncidentState, StepReason
from bot.domain.jump import Jump, JumpReason, Verdict
from bot.domain.signal import Note, NoteReason
from bot.messages.cards.alert import incident_card
from bot.messages.cards.common import note_sentence
from bot.messages.cards.incident_list import incidents_card
from bot.messages.cards.outflow import OutflowCard
from bot.messages.cards.why import why_card
from bot.messages.model import Message, Tone
from tests.builders import DAY, HOUR, NOON, flow, signal
from tests.messages.cards.plain import said

TRON = Jump("Tron", NOON - 6 * HOUR, -1.2e9, -0.12, JumpReason.UNREPORTED, Verdict.WAITING, ())
SOLANA = replace(TRON, group="Solana", usd=-2e8, share=-0.02)
UNKNOWN_CAUSE = (
    "The cause is not known: the source may have lost it, or the exchange may have moved the coins to addresses that "
    "nobody tracks."
)


def notice(*parts: Jump) -> Incident:
    [(_, _, step, _)] = notice_steps([], replace(signal(-0.001), unreported=parts), NOON)
    assert step.incident
    return replace(step.incident, number=7)


def ended(*parts: Jump, ending: Ending = Ending.RETURNED) -> Message:
    """Return the message of a notice once it is over, with these parts as they are known then."""
    opened = notice(*(replace(part, verdict=Verdict.WAITING) for part in parts))
    shown = replace(opened.signal, jumps=parts)
    over = replace(opened, state=IncidentState.RESOLVED, ending=ending, signal=shown, announced=shown)
    return incident_card(over, "Binance", StepReason.RESOLVED)


def back(part: Jump, usd: float | None) -> Jump:
    return replace(part, verdict=Verdict.RETURNED, turned_at=NOON, back_usd=usd)


def test_it_says_what_is_missing_since_when_and_that_nobody_knows_why() -> None:
    card = incident_card(notice(TRON), "Binance", StepReason.OPENED)

    assert said(card).splitlines() == [
        "INC-7 · Binance · Tron is missing at the source",
        "Tron $1.20 B · 12.0 % of reserves, missing since 2022-12-13 06:00 UTC",
        UNKNOWN_CAUSE,
        "Not counted as an outflow. Flows that include it are shown as a range until it is back.",
        "Reserves only. What the exchange owes its customers is not included.",
        "DefiLlama · as of 2022-12-13 12:00 UTC (live)",
        "Why",
        "Flows",
    ]
    assert (card.tone, card.silent, card.mention) == (Tone.WATCH, True, None)
    large = replace(TRON, share=-0.2, usd=-2e9)
    assert incident_card(notice(large), "Binance", StepReason.OPENED).tone is Tone.ELEVATED


def test_two_parts_have_a_line_each_and_the_one_that_is_back_says_so() -> None:
    opened = notice(TRON, SOLANA)
    assert said(incident_card(opened, "Binance", StepReason.OPENED)).splitlines()[0] == (
        "INC-7 · Binance · Solana, Tron are missing at the source"
    )
    shown = replace(opened.signal, jumps=(back(SOLANA, 1.9e8), TRON))
    card = incident_card(replace(opened, signal=shown, announced=shown), "Binance", StepReason.UPDATED)

    gap = "missing from 2022-12-13 06:00 UTC to 2022-12-13 12:00 UTC"
    assert said(card).splitlines()[:3] == [
        "INC-7 · Binance · Solana, Tron are missing at the source",
        f"Solana $200 M · 2.0 % of reserves, {gap}: $190 M at the prices before",
        "Tron $1.20 B · 12.0 % of reserves, missing since 2022-12-13 06:00 UTC",
    ]


@pytest.mark.parametrize(
    ("usd", "outcome", "tone"),
    [
        (1.19e9, ", with $1.19 B now and $1.20 B then.", Tone.GOOD),
        (
            8.9e8,
            ", with $890 M now and $1.20 B then. What it lost meanwhile is judged like any other move.",
            Tone.WATCH,
        ),
        (None, ".", Tone.GOOD),
    ],
)
def test_it_ends_with_what_it_holds_now_and_then(usd: float | None, outcome: str, tone: Tone) -> None:
    card = ended(back(TRON, usd))

    assert f"It is back{outcome}" in said(card).splitlines()
    assert said(card).splitlines()[0] == "INC-7 · Binance · Tron is back at the source"
    assert card.tone is tone


def test_what_is_still_away_ends_as_no_good_news() -> None:
    card = ended(replace(TRON, verdict=Verdict.NOT_COUNTED), ending=Ending.UNREPORTED)

    assert (
        "Still missing after three days. It is not counted as an outflow: from now on flows leave it out, and "
        "/reserves names it as missing until it has been away for 30 days."
    ) in said(card).splitlines()
    assert card.tone is Tone.WATCH


def test_a_second_gap_says_that_the_source_is_unsteady() -> None:
    before = back(replace(TRON, at=NOON - 30 * HOUR), 1.2e9)

    words = said(incident_card(notice(before, TRON), "Binance", StepReason.OPENED)).splitlines()

    assert "This is gap number 2 within 72 h: the source's figures are unsteady here." in words


def test_it_is_among_the_incidents_and_why_explains_it() -> None:
    listed, why = said(incidents_card([notice(TRON)], {})), said(why_card(notice(TRON), "Binance"))

    assert "🟡 binance · 12.0 % missing · watch (its peak) · INC-7 · opened" in listed
    for words in (
        "Peak: watch, 12.0 % ($1.20 B) missing, 2022-12-13 12:00 UTC",
        "Tron $1.20 B · 12.0 % of reserves, missing since 2022-12-13 06:00 UTC",
        "Over the limit: 12.0 % of reserves missing (limit 3.0 %)",
        "A part is missing when two readings or more lack it, for six hours or more.",
        UNKNOWN_CAUSE,
        "/settings notices off",
    ):
        assert words in why


def test_a_flow_without_a_part_that_is_gone_says_so() -> None:
    """In the sentence below an alert's figures, and as a note beside all of them."""
    rest = replace(flow(-0.04), gone_parts=("Tron",))
    note = Note(NoteReason.UNREPORTED, "Tron", 1.2e9, NOON - 4 * DAY)

    assert OutflowCard().caution(replace(signal(-0.04), flows=(rest,))).endswith("Data without Tron.")
    assert "".join(span.text for span in note_sentence(note)).startswith(
        "Without Tron ($1.20 B when last reported), which the source does not report any more · "
    )
