"""Compares what the platforms accepted with what was committed: what is missing, twice, too late or out of order."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bot.domain.place import Place, Platform
from bot.ports.outbox import DeliveryKind
from tests.chaos.platform_log import AcceptedMessage, PlatformLog, by_place
from tests.chaos.stories import Step

_POST, _EDIT, _CLOSE, _REPLY = DeliveryKind
_SUPERSEDES = {_EDIT: (_EDIT, _POST, _CLOSE), _POST: (_POST, _CLOSE)}
"""Which kinds of a later step make an earlier one, not sent yet, pointless; all others are always sent."""


@dataclass
class Verdict:
    """What came of a run. Every list but `left_out` has to be empty.

    `owed` deliveries had to be made, `made` were (each counted once). `twice` counts messages a reader sees again.
    `behind` are messages accepted after something that supersedes them was committed, with the seconds in between: only
    what a worker had claimed by then may be. `without_workers` are those committed while no worker ran. `unfinished`
    are places where a message stands that nobody knows of: its worker died before it could record it, and it was
    superseded before it was sent again, so it is neither changed nor answered any more.
    """

    owed: int = 0
    made: int = 0
    left_out: int = 0
    lost: list[str] = field(default_factory=list)
    twice: Counter[Platform] = field(default_factory=Counter)
    behind: list[tuple[float, str]] = field(default_factory=list)
    without_workers: list[str] = field(default_factory=list)
    expired: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    unfinished: Counter[Platform] = field(default_factory=Counter)


def judge(steps: Sequence[Step], places: Sequence[Place], platform_log: PlatformLog) -> Verdict:
    """Return what became of these steps in these places."""
    verdict = Verdict()
    accepted = defaultdict[tuple[Place, str], list[AcceptedMessage]](list, by_place(platform_log.accepted))
    stories: defaultdict[str, list[Step]] = defaultdict(list)
    for step in steps:
        stories[step.incident].append(step)
    for incident, incident_steps in stories.items():
        incident_steps.sort(key=lambda step: step.number)
        for place in places:
            _StoryLog(place, incident_steps, accepted[place, incident], verdict).judge()
    return verdict


class _StoryLog:
    """One incident in one place."""

    def __init__(
        self, place: Place, steps: Sequence[Step], accepted: Sequence[AcceptedMessage], verdict: Verdict
    ) -> None:
        self._place = place
        self._steps = steps
        self._accepted = [accepted_message for accepted_message in accepted if not accepted_message.is_pointer]
        self._pointers = {accepted_message.message_id for accepted_message in accepted if accepted_message.is_pointer}
        self._verdict = verdict

    def judge(self) -> None:
        seen = Counter(accepted_message.step for accepted_message in self._accepted)
        posts = Counter(accepted_message.step for accepted_message in self._accepted if not accepted_message.is_edit)
        self._verdict.made += len(seen)
        self._verdict.twice[self._place.platform] += posts.total() - len(posts)
        numbers = [accepted_message.step for accepted_message in self._accepted]
        if numbers != sorted(numbers):
            self._verdict.disordered.append(f"{self._place}: {numbers} of {self._steps[0].incident}")
        for step in self._steps:
            self._check_arrived(step, seen)
        for accepted_message in self._accepted:
            self._check_time(accepted_message)
        self._check_pointers()

    def _check_arrived(self, step: Step, seen: Counter[int]) -> None:
        if seen[step.number] or not self._is_owed(step, seen):
            self._verdict.owed += bool(seen[step.number])
            self._verdict.left_out += not seen[step.number]
        elif step.kind in {_CLOSE, _REPLY} and not self._is_recorded(step):
            self._verdict.unfinished[self._place.platform] += step.kind is _CLOSE
        else:
            self._verdict.owed += 1
            self._verdict.lost.append(f"{self._place}: {step.kind} {step.number} of {step.incident}")

    def _is_owed(self, step: Step, seen: Counter[int]) -> bool:
        """Return whether the place had to hear of a step that it did not hear of."""
        if step.kind in {_CLOSE, _REPLY} and not seen:
            return False
        if any(not later.after_all_before for later in self._superseding(step)):
            return False
        return step.expires > step.committed_at + 60

    def _is_recorded(self, step: Step) -> bool:
        """Return whether everything before had been recorded when the step was committed."""
        return step.after_all_before

    def _superseding(self, step: Step) -> Iterator[Step]:
        kinds = _SUPERSEDES.get(step.kind, ())
        return (later for later in self._steps if later.number > step.number and later.kind in kinds)

    def _check_time(self, accepted_message: AcceptedMessage) -> None:
        step = next(step for step in self._steps if step.number == accepted_message.step)
        what = f"{self._place}: {step.kind} {step.number} of {step.incident}"
        if accepted_message.at > step.expires:
            self._verdict.expired.append(what)
        superseding = next(self._superseding(step), None)
        if superseding and accepted_message.at > superseding.committed_at:
            self._verdict.behind.append((accepted_message.at - superseding.committed_at, what))
            if superseding.without_workers:
                self._verdict.without_workers.append(what)

    def _check_pointers(self) -> None:
        """Check that of the messages sent all but the newest point to a newer one."""
        step_by_number = {step.number: step for step in self._steps}
        posts = [
            accepted_message
            for accepted_message in self._accepted
            if not accepted_message.is_edit and step_by_number[accepted_message.step].kind is _POST
        ]
        newest = max((post.step for post in posts), default=0)
        for number in {post.step for post in posts if post.step < newest}:
            if self._pointers.isdisjoint(post.message_id for post in posts if post.step == number):
                self._record_missing_pointer(step_by_number[newest])

    def _record_missing_pointer(self, newest: Step) -> None:
        if self._is_recorded(newest):
            self._verdict.lost.append(f"{self._place}: that {newest.incident} goes on in a newer message")
        else:
            self._verdict.unfinished[self._place.platform] += 1
