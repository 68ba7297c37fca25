from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerting.lifecycle import advance
from bot.alerting.lifecycle_policy import Policy
from bot.alerting.routing import Audience, audience, followed_incidents, reaches
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


class TestChangedPreset:
    """A place that changes its preset in the middle of an incident hears its end, and of one outflow once."""

    EARLY = subscription(sensitivity=Sensitivity.EARLY)

    def test_it_follows_what_it_was_told_of_by_the_preset_of_then(self) -> None:
        normal, early = incident(), incident(sensitivity=Sensitivity.EARLY)

        follows = followed_incidents(self.EARLY, [HERE], [normal, early])

        assert follows == ((42, Sensitivity.NORMAL),)
        changed = replace(self.EARLY, follows=follows)
        over = replace(normal, state=IncidentState.RESOLVED, steps=2)
        worse = replace(early, severity=Severity.SEVERE, peak=Severity.SEVERE, steps=2)
        assert told(normal, over, StepReason.RESOLVED, changed).edit == (changed,)
        assert told(early, worse, StepReason.ESCALATED, changed) == Audience()
        other = incident(number=43, sensitivity=Sensitivity.EARLY)
        assert told(None, other, StepReason.OPENED, changed).post == (changed,)

    def test_it_goes_on_following_when_it_changes_again(self) -> None:
        changed = replace(self.EARLY, follows=((42, Sensitivity.NORMAL),))
        both = [incident(), incident(sensitivity=Sensitivity.EARLY)]

        assert followed_incidents(replace(self.EARLY, usd=1.0), [changed], both) == changed.follows
        assert followed_incidents(HERE, [changed], both) == ()
        assert followed_incidents(subscription(sensitivity=Sensitivity.CALM), [changed], both) == changed.follows

    @pytest.mark.parametrize(
        ("before", "running"),
        [
            ([], incident()),
            ([subscription(severity=Severity.SEVERE)], incident()),
            ([subscription(None)], replace(incident(), quiet=True)),
            ([subscription("okx")], incident()),
            ([HERE], incident(exchange="okx")),
            ([EARLY], incident(sensitivity=Sensitivity.EARLY)),
        ],
    )
    def test_what_it_was_not_told_of_it_does_not_follow(
        self, before: Sequence[Subscription], running: Incident
    ) -> None:
        assert followed_incidents(self.EARLY, before, [running]) == ()

    def test_a_subscription_to_all_changes_what_has_none_of_its_own(self) -> None:
        to_all, early = subscription(None), subscription(None, sensitivity=Sensitivity.EARLY)
        running = [incident(), incident(number=43, exchange="okx")]

        assert followed_incidents(early, [to_all], running) == ((42, Sensitivity.NORMAL), (43, Sensitivity.NORMAL))
        assert followed_incidents(early, [to_all, HERE], running) == ((43, Sensitivity.NORMAL),)
        assert followed_incidents(self.EARLY, [to_all], running) == ((42, Sensitivity.NORMAL),)


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


SHARES = st.sampled_from((0.0, -0.012, -0.02, -0.03, -0.04, -0.06, -0.09, -0.2))


@given(st.lists(st.tuples(SHARES, st.sampled_from(Sensitivity)), min_size=2))
def test_however_a_place_changes_its_preset_it_is_told_once_and_hears_the_end(
    drawn: list[tuple[float, Sensitivity]],
) -> None:
    """All presets live one outflow under one number; the place has another preset at every reading."""
    open_: dict[Sensitivity, Incident] = {}
    mine = subscription(sensitivity=drawn[0][1])
    told_by: Sensitivity | None = None
    for hour, (share, preset) in enumerate(drawn):
        changed = replace(mine, sensitivity=preset, follows=())
        mine = replace(changed, follows=followed_incidents(changed, [mine], open_.values()))
        for sensitivity in Sensitivity:
            seen = signal(share, at=NOON + 4 * hour * HOUR, sensitivity=sensitivity)
            before = open_.get(sensitivity)
            step = advance(Policy(), before, seen, seen.as_of, sensitivity=sensitivity)
            if step.incident and step.incident.state is not IncidentState.PENDING:
                step = step.numbered(1)
            found = audience(before, step, [mine])
            if found.post:
                assert told_by in {None, sensitivity}
                told_by = sensitivity
            is_over = step.reason is StepReason.RESOLVED
            if is_over and told_by is sensitivity:
                assert found.edit
                told_by = None
            if step.incident is None or is_over:
                open_.pop(sensitivity, None)
            else:
                open_[sensitivity] = step.incident
        if not open_:
            mine = replace(mine, follows=())  # the next outflow has another number
