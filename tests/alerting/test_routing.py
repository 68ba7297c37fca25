from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerting.lifecycle import Policy, advance
from bot.alerting.routing import Audience, audience, reaches
from bot.domain.incident import Incident, IncidentState, Step, StepReason
from bot.domain.place import Place, Platform, Subscription
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Size, Unit
from tests.builders import HOUR, NOON, incident, signal, subscription

HERE = subscription()


def place(name: str) -> Place:
    return Place(Platform.TELEGRAM, name)


def told(before: Incident | None, after: Incident, reason: StepReason, *mine: Subscription) -> Audience:
    return audience(before, Step(after, reason), mine or (HERE,))


def test_an_opening_is_posted() -> None:
    assert told(None, incident(), StepReason.OPENED) == Audience(post=(HERE,))


@pytest.mark.parametrize("reason", [StepReason.UPDATED, StepReason.CONFIRMED, StepReason.HELD, StepReason.RELEASED])
def test_a_change_edits_the_message(reason: StepReason) -> None:
    assert told(incident(), replace(incident(), steps=2), reason) == Audience(edit=(HERE,))


def test_an_escalation_is_posted_anew() -> None:
    worse = replace(incident(Severity.SEVERE), steps=2)

    assert told(incident(), worse, StepReason.ESCALATED) == Audience(post=(HERE,))


def test_a_resolution_edits_and_is_never_the_first_that_a_place_hears() -> None:
    over = replace(incident(state=IncidentState.RESOLVED), steps=2)
    high = subscription(place=place("high"), severity=Severity.SEVERE)

    assert told(incident(), over, StepReason.RESOLVED, HERE, high) == Audience(edit=(HERE,))
    asked = subscription(place=place("large"), usd=3e9)
    assert told(
        incident(), replace(over, worst=Size(-0.14, Unit.RESERVES, -9e9)), StepReason.RESOLVED, HERE, asked
    ) == Audience(edit=(HERE,))


@pytest.mark.parametrize("reason", [StepReason.NOTHING, StepReason.PENDING, StepReason.DISMISSED])
def test_what_is_not_told_reaches_nobody(reason: StepReason) -> None:
    assert told(None, incident(state=IncidentState.PENDING), reason) == Audience()


def test_a_forgotten_incident_reaches_nobody() -> None:
    assert audience(incident(), Step(None, StepReason.DISMISSED), [HERE]) == Audience()


@pytest.mark.parametrize(
    ("asked", "hears"),
    [
        (subscription(severity=Severity.ELEVATED), True),
        (subscription(severity=Severity.SEVERE), False),
        (subscription(usd=0.036 * 6.41e10), True),
        (subscription(usd=2.4e9), False),
        (subscription(share=0.036), True),
        (subscription(share=0.037), False),
        (subscription(sensitivity=Sensitivity.EARLY), False),
    ],
)
def test_a_place_hears_what_it_asked_for(asked: Subscription, hears: bool) -> None:  # noqa: FBT001 — a table's column
    assert told(None, incident(seen=signal(-0.036)), StepReason.OPENED, asked).post == ((asked,) if hears else ())


def test_what_was_never_told_reaches_nobody() -> None:
    assert reaches(HERE, incident())
    assert not reaches(HERE, replace(incident(), steps=0))


def test_what_was_told_without_a_figure_reaches_those_who_set_no_floor() -> None:
    bare = replace(incident(), worst=None)

    assert reaches(HERE, bare)
    assert not reaches(subscription(usd=1.0), bare)
    assert not reaches(subscription(share=0.001), bare)


def test_a_place_hears_once_its_own_floor_is_reached_even_by_an_update() -> None:
    asked = subscription(usd=3e9)
    before = incident(seen=signal(-0.036))
    after = replace(before, steps=2, worst=Size(-0.048, Unit.RESERVES, -3.1e9))

    assert told(before, after, StepReason.UPDATED, asked, HERE) == Audience(post=(asked,), edit=(subscription(),))


def test_a_place_that_heard_of_it_is_told_when_it_gets_better() -> None:
    high = subscription(place=place("high"), severity=Severity.SEVERE)
    before = incident(Severity.SEVERE)
    after = replace(before, severity=Severity.ELEVATED, steps=3)

    assert told(before, after, StepReason.DEESCALATED, high) == Audience(edit=(high,))


def test_a_return_to_a_level_below_what_a_place_asked_for_only_edits() -> None:
    high = subscription(place=place("high"), severity=Severity.SEVERE)
    before = replace(incident(Severity.WATCH, peak=Severity.SEVERE), steps=4)
    after = replace(before, severity=Severity.ELEVATED, steps=5)

    exactly = subscription(place=place("exactly"), severity=Severity.ELEVATED)

    found = told(before, after, StepReason.ESCALATED, high, HERE, exactly)

    assert found == Audience(post=(HERE, exactly), edit=(high,))


asks = st.builds(
    subscription,
    severity=st.sampled_from(Severity),
    usd=st.one_of(st.none(), st.floats(1e6, 1e10)),
    share=st.one_of(st.none(), st.floats(0.005, 0.3)),
)
drawn_shares = st.lists(
    st.sampled_from((0.0, -0.012, -0.02, -0.03, -0.04, -0.06, -0.09, -0.2)), min_size=2, max_size=30
)


@given(asks, drawn_shares)
def test_no_place_is_told_of_changes_before_the_story_itself(asked: Subscription, shares: list[float]) -> None:
    """Whatever an incident does: its first word to a place is a post, and every later step reaches it."""
    before: Incident | None = None
    heard = False
    for hour, share in enumerate(shares):
        seen = signal(share, at=NOON + 4 * hour * HOUR)
        step = advance(Policy(), before, seen, seen.as_of, sensitivity=Sensitivity.NORMAL)
        found = audience(before, step, [asked])
        assert not (found.post and found.edit)
        assert heard or not found.edit
        if heard and step.incident and before and step.incident.steps > before.steps:
            assert found.post or found.edit
        heard = heard or bool(found.post)
        over = step.incident is None or step.incident.state is IncidentState.RESOLVED
        before, heard = (None, False) if over else (step.incident, heard)
