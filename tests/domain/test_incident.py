from dataclasses import replace

from bot.domain.flow import Window
from bot.domain.incident import IncidentState, Step, StepReason, open_by_number
from bot.domain.severity import Sensitivity, Severity, rank
from tests.builders import HOUR, NOON, flow, incident, signal


def test_people_call_an_incident_by_its_number() -> None:
    assert incident(number=42).label == "INC-42"


def test_a_step_gets_its_number_on_opening() -> None:
    step = Step(incident(number=0), StepReason.OPENED).numbered(7)

    assert step.incident
    assert (step.incident.number, step.reason) == (7, StepReason.OPENED)


def test_a_step_without_an_incident_has_nothing_to_number() -> None:
    nothing = Step(None, StepReason.NOTHING)

    assert nothing.numbered(7) is nothing


def test_an_incident_of_two_presets_counts_once_and_as_the_normal_one_has_it() -> None:
    early = incident(Severity.SEVERE, sensitivity=Sensitivity.EARLY)
    alone = incident(number=7, sensitivity=Sensitivity.EARLY)

    assert open_by_number([early, incident(), alone]) == {42: incident(), 7: alone}
    assert open_by_number([early, incident(state=IncidentState.RESOLVED)]) == {42: early}


def test_its_figures_are_the_last_complete_ones_unless_it_got_worse_on_newer_ones() -> None:
    complete, worse = signal(-0.04, at=NOON + HOUR), signal(-0.55, at=NOON + 2 * HOUR)
    newest = signal(None, at=NOON + 3 * HOUR)
    lacking = replace(incident(), signal=newest, last_complete=complete)

    assert incident().figures == incident().signal
    assert lacking.figures == complete
    assert replace(lacking, announced=worse).figures == worse


def test_severities_are_ordered_and_calm_is_below_them_all() -> None:
    assert [rank(severity) for severity in (None, *Severity)] == [0, 1, 2, 3, 4]


def test_a_signal_finds_its_windows() -> None:
    week = flow(-0.01, Window.WEEK)
    seen = signal(-0.036, flows=[week])

    assert seen.flow(Window.WEEK) is week
    assert seen.flow(Window.MONTH) is None
    assert seen.leading_flow is seen.flow(Window.DAY)
    assert signal(None).leading_flow is None
