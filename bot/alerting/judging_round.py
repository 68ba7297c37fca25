"""One round of judging: what the signals of one time make of the incidents that are under way. Pure.

Live monitoring and the backtest both call this; they differ in where incidents, presets and numbers come from, and in
what becomes of the steps.

    draft = judge_round(policy, state, signals, grade, now=now)
    result = draft.numbered({story: next(numbers) for story in draft.unnumbered})
    for step in result.in_order: commit(step)             # the market-wide incident first, then the exchanges

A round has three parts. (1) Each signal is graded under each preset and advances the incident of its story and
preset; steps of reserves that an outflow's figures leave out advance the exchange's data notices. (2) What has opened
gets a number, and presets of one story share it. Numbers come from outside, because several workers draw them from one
counter; `unnumbered` says how many are needed, so that none is drawn in vain. (3) The market-wide incident is advanced
from all exchanges as they are after (1) and (2), and covers their incidents.

Example: no incident is open, INC-7 was the last number. In one round a pending watch at Binance is confirmed, under the
early preset alone, and OKX shows a severe outflow under both presets. Binance's early incident is INC-8, both incidents
of OKX are INC-9. When Binance reaches the normal preset as well, hours later, that incident is INC-8 too.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple, TypeVar

from bot.alerting.data_notice import notice_key_rule, notice_steps
from bot.alerting.lifecycle import advance
from bot.alerting.lifecycle_policy import Policy
from bot.alerting.market_wide import advance_market, with_market_cover
from bot.domain.exchange import MARKET
from bot.domain.flow import HoldReason
from bot.domain.incident import Incident, IncidentState, Step
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Rule, Signal, source_rule
from bot.domain.snapshot import IncidentSpan
from bot.domain.value_object import value_object

_StepType = TypeVar("_StepType", bound="RoundStep")

Grade = Callable[[Signal, Sensitivity], Signal]
"""Returns a signal with its severity under a preset. Passed in, because alerting does not know the sources."""


class StoryKey(NamedTuple):
    """A subject and the rule of its source: what the incidents of all presets are about, under one number."""

    subject: str
    rule: str


class IncidentKey(NamedTuple):
    """The key an incident is stored under: subject, source's rule and preset. There is one live incident of each."""

    subject: str
    rule: str
    sensitivity: Sensitivity = Sensitivity.NORMAL

    @property
    def story(self) -> StoryKey:
        """Return what it has in common with the other presets."""
        return StoryKey(self.subject, self.rule)


def key_of(incident: Incident) -> IncidentKey:
    """Return the key an incident is stored under: a bleed is a name for an outflow, and stored as one.

    Of data notices there is one for each event.
    """
    if incident.rule == Rule.DATA:
        return IncidentKey(incident.subject, notice_key_rule(incident.first_as_of, incident.signal))
    return IncidentKey(incident.subject, incident.source_rule, incident.sensitivity)


MARKET_KEY = IncidentKey(MARKET.id, Rule.MARKET_WIDE)
"""The key of the market-wide incident; the normal preset alone says what is market-wide."""


@value_object
class RoundSignal:
    """One subject's signal in a round, not graded yet, the time it is judged at, and the presets it is judged by."""

    signal: Signal
    at: datetime
    presets: Sequence[Sensitivity]


@value_object
class RoundStep:
    """What a round makes of one incident: `step.incident` is stored under `key` in place of `before`."""

    key: IncidentKey
    at: datetime
    before: Incident | None
    step: Step

    @property
    def has_changed(self) -> bool:
        """Return whether there is anything to store."""
        # By identity: `advance` returns the very incident where nothing changed, and comparing figures would be slow.
        return self.step.incident is not self.before

    @property
    def under_way(self) -> Incident | None:
        """Return the incident unless it is resolved."""
        incident = self.step.incident
        return None if incident is None or incident.state is IncidentState.RESOLVED else incident


@value_object
class ExchangeStep(RoundStep):
    """A step of one subject's incident, and the signal it was made by, graded under the incident's preset."""

    signal: Signal


@dataclass(frozen=True, slots=True)
class RoundState:
    """The incidents that are pending or open before a round, by their keys."""

    # Every one, not only those of the subjects of a round: the market-wide incident is about all exchanges.
    incidents: Mapping[IncidentKey, Incident] = field(default_factory=dict)

    @classmethod
    def of(cls, incidents: Iterable[Incident]) -> "RoundState":
        """Return the state that has these incidents."""
        return cls({key_of(incident): incident for incident in incidents})

    def with_current(self, current: Mapping[IncidentKey, Incident | None]) -> "RoundState":
        """Return the state with these keys' incidents replaced; None removes a key."""
        incidents = {**self.incidents, **current}
        return RoundState({key: incident for key, incident in incidents.items() if incident})

    def after(self, steps: Iterable[RoundStep]) -> "RoundState":
        """Return the state once these steps are stored: what is dismissed or resolved is not in it any more."""
        return self.with_current({step.key: step.under_way for step in steps})

    def numbers(self) -> dict[StoryKey, int]:
        """Return the number of every story of which an incident is open; what is pending has none."""
        return {key.story: incident.number for key, incident in self.incidents.items() if incident.number}


@dataclass(frozen=True, slots=True)
class RoundResult:
    """The result of a round: the market-wide incident's step, those of single subjects, and the state after them."""

    market: RoundStep
    steps: tuple[ExchangeStep, ...]
    state: RoundState

    @property
    def in_order(self) -> tuple[RoundStep, ...]:
        """Return the steps in the order in which they are stored and announced.

        The market-wide incident comes first: those that it covers say its number, and people hear of it before them.
        """
        return (self.market, *self.steps)


@dataclass(frozen=True, slots=True)
class RoundDraft:
    """A round that is judged but for its numbers; `unnumbered` are the stories that need one, in order of opening."""

    policy: Policy
    state: RoundState
    steps: tuple[ExchangeStep, ...]
    now: datetime
    unnumbered: tuple[StoryKey, ...]

    def numbered(self, numbers: Mapping[StoryKey, int]) -> RoundResult:
        """Return the round with a number for everything in `unnumbered`; a story that goes on keeps its own."""
        # The known numbers last: another preset's incident of the same story decides, whatever was drawn meanwhile.
        number_of = {**numbers, **self.state.numbers()}
        steps = [_numbered(step, number_of) for step in self.steps]
        # Judged again, because the cards of its members show the numbers that they have only now.
        market = _numbered(_market_step(self.policy, self.state, steps, self.now), number_of)
        covered = tuple(
            replace(step, step=with_market_cover(step.step, step.before, market.step.incident)) for step in steps
        )
        return RoundResult(market, covered, self.state.after((market, *covered)))


def judge_round(
    policy: Policy, state: RoundState, signals: Sequence[RoundSignal], grade: Grade, *, now: datetime
) -> RoundDraft:
    """Return what the signals of one time, at most one of each story, make of the incidents under way.

    `now` dates what becomes of the market-wide incident; each signal brings the time that dates its own.
    """
    steps = (
        *(
            _step(policy, state, grade(round_signal.signal, preset), round_signal.at, preset)
            for round_signal in signals
            for preset in round_signal.presets
        ),
        *(step for round_signal in signals for step in _notice_steps(state, round_signal)),
    )
    # The market-wide incident is judged here only to know whether it opens, and so needs a number as well.
    opened = [step.key.story for step in (*steps, _market_step(policy, state, steps, now)) if _lacks_number(step)]
    numbered = state.numbers()
    unnumbered = tuple(dict.fromkeys(story for story in opened if story not in numbered))
    return RoundDraft(policy, state, steps, now, unnumbered)


def _step(policy: Policy, state: RoundState, signal: Signal, at: datetime, preset: Sensitivity) -> ExchangeStep:
    key = IncidentKey(signal.subject, source_rule(signal.rule), preset)
    # None also where the last one was resolved: what comes after that is a new incident, with a new number.
    before = state.incidents.get(key)
    return ExchangeStep(key, at, before, advance(policy, before, signal, at, sensitivity=preset), signal)


def _notice_steps(state: RoundState, round_signal: RoundSignal) -> Iterator[ExchangeStep]:
    """Yield the steps of data notices: what was held or not counted in the figures of an outflow's signal."""
    signal, at = round_signal.signal, round_signal.at
    if source_rule(signal.rule) != Rule.OUTFLOW:
        return
    notices = [
        incident
        for incident in state.incidents.values()
        if incident.rule == Rule.DATA and incident.subject == signal.subject
    ]
    for event_at, before, step, shown in notice_steps(notices, signal, at):
        yield ExchangeStep(IncidentKey(signal.subject, notice_key_rule(event_at, shown)), at, before, step, shown)


def _market_step(policy: Policy, state: RoundState, steps: Iterable[RoundStep], now: datetime) -> RoundStep:
    before = state.incidents.get(MARKET_KEY)
    step = advance_market(policy, before, state.after(steps).incidents.values(), now)
    return RoundStep(MARKET_KEY, now, before, step)


def _lacks_number(step: RoundStep) -> bool:
    """Return whether an incident has just opened; what is pending may come to nothing, and gets no number."""
    incident = step.step.incident
    return incident is not None and not incident.number and incident.state is not IncidentState.PENDING


def _numbered(step: _StepType, numbers: Mapping[StoryKey, int]) -> _StepType:
    return replace(step, step=step.step.numbered(numbers[step.key.story])) if _lacks_number(step) else step


def elevated_spans(incidents: Iterable[Incident]) -> tuple[IncidentSpan, ...]:
    """Return the times of the outflows that were ever elevated or worse: their days are not learned as usual ones.

    Otherwise a run of two weeks would make large outflows usual, and the next one would not be unusual enough.
    """
    return tuple(
        IncidentSpan(incident.first_as_of, incident.changed_at if incident.state is IncidentState.RESOLVED else None)
        for incident in incidents
        if incident.peak.rank >= Severity.ELEVATED.rank and incident.source_rule == Rule.OUTFLOW
    )


class KnownHolds:
    """Remembers for which reasons each story's figures are held, so that each is logged and counted once.

    Example: a chain is missing at 12:00, 13:00 and 15:00, but not at 14:00. The reason is new at 12:00 and at 15:00.
    """

    def __init__(self) -> None:
        self._reasons: dict[StoryKey, frozenset[HoldReason]] = {}

    def new_reasons(self, story: StoryKey, signal: Signal | None) -> frozenset[HoldReason]:
        """Return the reasons that the story's signal before did not have; without a signal nothing is held."""
        reasons = frozenset(hold.reason for hold in signal.holds) if signal else frozenset[HoldReason]()
        before = self._reasons.get(story, frozenset())
        self._reasons[story] = reasons
        return reasons - before
