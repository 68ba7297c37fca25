"""Compares what people were told with what really left the exchanges, and faults with what was said of them."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bot.domain.place import Place, Platform
from tests.chaos.service_bench import ServiceBench
from tests.chaos.service_plan import PlannedOutflow
from tests.chaos.told_messages import ToldMessage, ToldMessages

_OPENED, _RESOLVED = "elevated outflow", "resolved"
_SHARE_TOLERANCE = 0.004  # what moves beside an outflow within a day


@dataclass(eq=False)
class ServiceVerdict:
    """What came of a storm. Every list has to be empty.

    `missing` is what was waited for in vain, `unplanned` what people were told though nothing had happened, `wrong`
    what they were told with other figures or more often than it happened, `false_alarms` what the operator was told
    though nothing was broken. `twice` counts messages that a reader sees again.
    """

    missing: list[str] = field(default_factory=list)
    unplanned: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    false_alarms: list[str] = field(default_factory=list)
    twice: Counter[Platform] = field(default_factory=Counter)
    told: int = 0


def places_without_opening(bench: ServiceBench, outflow: PlannedOutflow) -> Sequence[Place]:
    """Return the places that have not heard of an outflow yet."""
    return [
        place
        for place in bench.places_of(outflow.exchange)
        if not any(told.state == _OPENED and not told.is_edit for told in bench.told.about(outflow.exchange, place))
    ]


def places_without_end(bench: ServiceBench, outflow: PlannedOutflow) -> Sequence[Place]:
    """Return the places where an outflow's end is not said yet: in its message, and in a reply to it."""
    return [
        place
        for place in bench.places_of(outflow.exchange)
        if {told.is_edit for told in bench.told.about(outflow.exchange, place) if told.state == _RESOLVED}
        != {False, True}
    ]


def judge_told(bench: ServiceBench, outflows: Sequence[PlannedOutflow], verdict: ServiceVerdict) -> None:
    """Put into the verdict what people were told that did not happen, or not so."""
    planned = {outflow.exchange: outflow for outflow in outflows}
    for told in bench.told.all:
        if told.incident and told.exchange not in planned:
            verdict.unplanned.append(f"{told.place}: {told.title}")
    for outflow in outflows:
        for place in bench.recipients:
            messages = list(bench.told.about(outflow.exchange, place))
            if place not in bench.places_of(outflow.exchange):
                verdict.unplanned += [f"{place}, which did not ask for it: {told.title}" for told in messages]
                continue
            verdict.told += 1
            verdict.wrong += _wrong(outflow, place, messages)
            posts = Counter((told.incident, told.state) for told in messages if not told.is_edit)
            verdict.twice[place.platform] += posts.total() - len(posts)


def _wrong(outflow: PlannedOutflow, place: Place, messages: Sequence[ToldMessage]) -> Iterator[str]:
    if len(incidents := {told.incident for told in messages}) > 1:
        yield f"{place}: one outflow of {outflow.exchange} was told as {sorted(incidents)}"
    for told in messages:
        if not told.is_edit and told.state not in {_OPENED, _RESOLVED}:
            yield f"{place}: {told.title}"
        if not told.is_edit and told.state == _OPENED and told.share is None:
            yield f"{place}: no share in {told.text!r}"
        if told.state == _OPENED and told.share and told.share > outflow.share + _SHARE_TOLERANCE:
            yield f"{place}: {told.share:.1%} instead of {outflow.share:.1%} in {told.title}"


def judge_alarms(sentences: Sequence[str], expected: Sequence[str], verdict: ServiceVerdict) -> None:
    """Put into the verdict what the operator was told to have begun that none of the faults explains."""
    explained = "|".join(expected)
    verdict.false_alarms += [
        sentence for sentence in sentences if not explained or not re.search(explained, sentence, re.IGNORECASE)
    ]


def titles(told: ToldMessages) -> str:
    """Return everything that was told about incidents, for a log."""
    return "\n".join(
        f"{said.at:%d %H:%M} {said.place} {'✎' if said.is_edit else '✚'} {said.title} {said.share}"
        for said in told.all
        if said.incident
    )
