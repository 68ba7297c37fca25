"""The data notices of one life, for the tests of what opens, changes and ends them."""

from bot.alerting.judging_round import RoundSignal, RoundState, judge_round
from bot.alerting.lifecycle_policy import Policy
from bot.detection.outflow import grade
from bot.domain.incident import Incident, Step, StepReason
from bot.domain.severity import Sensitivity
from bot.domain.signal import Rule, Signal


class Notices:
    """The data notices of one life, judged round by round beside the outflow."""

    def __init__(self) -> None:
        self.state = RoundState()
        self.steps: list[Step] = []
        self.number = 0

    def judge(self, *signals: Signal) -> list[StepReason]:
        """Judge signals of one time and return why notices changed."""
        now = signals[0].as_of
        rounds = [RoundSignal(outflow, now, (Sensitivity.NORMAL,)) for outflow in signals]
        draft = judge_round(Policy(), self.state, rounds, grade, now=now)
        numbers = {story: self.number + count for count, story in enumerate(draft.unnumbered, 1)}
        self.number += len(numbers)
        result = draft.numbered(numbers)
        self.state = result.state
        of_notices = [step.step for step in result.steps if step.step.incident and step.step.incident.rule == Rule.DATA]
        self.steps += of_notices
        return [step.reason for step in of_notices]

    @property
    def newest(self) -> Incident:
        found = self.steps[-1].incident
        assert found
        return found

    @property
    def open(self) -> list[Incident]:
        return [incident for incident in self.state.incidents.values() if incident.rule == Rule.DATA]
