"""Holds what the platforms took against what was told: what is missing, what came twice, too late or out of order."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bot.domain.place import Place, Platform
from bot.ports.outbox import DeliveryKind
from tests.chaos.platform_log import AcceptedMessage, PlatformLog, by_place
from tests.chaos.stories import Step

_POST, _EDIT, _CLOSE, _REPLY = DeliveryKind
_SUPERSEDES = {_EDIT: (_EDIT, _POST, _CLOSE), _POST: (_POST, _CLOSE)}
"""What of a younger step makes an older one, not told yet, not worth telling; the rest is always told."""


@dataclass
class Verdict:
    """What came of a run. Every list but `left_out` has to be empty.

    `owed` deliveries had to be made, `made` were (each counted once). `twice` counts messages a reader sees again.
    `behind` are messages taken after something that supersedes them was committed, with the seconds in between: only
    what a worker had in hand by then may be. `in_the_dark` are those that no worker had in hand. `unfinished` are
    places where a message stands that nobody knows of: its worker died before it could take note, and it was
    superseded before it was sent again, so it is neither changed nor answered any more.
    """

    owed: int = 0
    made: int = 0
    left_out: int = 0
    lost: list[str] = field(default_factory=list)
    twice: Counter[Platform] = field(default_factory=Counter)
    behind: list[tuple[float, str]] = field(default_factory=list)
    in_the_dark: list[str] = field(default_factory=list)
    expired: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    unfinished: Counter[Platform] = field(default_factory=Counter)


def judge(steps: Sequence[Step], places: Sequence[Place], ledger: PlatformLog) -> Verdict:
    """Return what came of telling these steps to these places."""
    verdict = Verdict()
    taken = defaultdict[tuple[Place, str], list[AcceptedMessage]](list, by_place(ledger.taken))
    stories: defaultdict[str, list[Step]] = defaultdict(list)
    for step in steps:
        stories[step.incident].append(step)
    for incident, told in stories.items():
        told.sort(key=lambda step: step.number)
        for place in places:
            _StoryLog(place, told, taken[place, incident], verdict).judge()
    return verdict


class _StoryLog:
    """One incident in one place."""

    def __init__(self, place: Place, told: Sequence[Step], taken: Sequence[AcceptedMessage], verdict: Verdict) -> None:
        self._place = place
        self._told = told
        self._taken = [accepted_message for accepted_message in taken if not accepted_message.follows]
        self._followed = {accepted_message.message_id for accepted_message in taken if accepted_message.follows}
        self._verdict = verdict

    def judge(self) -> None:
        seen = Counter(accepted_message.step for accepted_message in self._taken)
        posts = Counter(accepted_message.step for accepted_message in self._taken if not accepted_message.is_edit)
        self._verdict.made += len(seen)
        self._verdict.twice[self._place.platform] += posts.total() - len(posts)
        numbers = [accepted_message.step for accepted_message in self._taken]
        if numbers != sorted(numbers):
            self._verdict.disordered.append(f"{self._place}: {numbers} of {self._told[0].incident}")
        for step in self._told:
            self._look_for(step, seen)
        for accepted_message in self._taken:
            self._look_at_the_time_of(accepted_message)
        self._look_for_what_was_followed()

    def _look_for(self, step: Step, seen: Counter[int]) -> None:
        if seen[step.number] or not self._is_owed(step, seen):
            self._verdict.owed += bool(seen[step.number])
            self._verdict.left_out += not seen[step.number]
        elif step.kind in {_CLOSE, _REPLY} and not self._is_surely_known(step):
            self._verdict.unfinished[self._place.platform] += step.kind is _CLOSE
        else:
            self._verdict.owed += 1
            self._verdict.lost.append(f"{self._place}: {step.kind} {step.number} of {step.incident}")

    def _is_owed(self, step: Step, seen: Counter[int]) -> bool:
        """Return whether the place had to hear of a step that it did not hear of."""
        if step.kind in {_CLOSE, _REPLY} and not seen:
            return False
        if any(not younger.after_all for younger in self._superseding(step)):
            return False
        return step.expires > step.known + 60

    def _is_surely_known(self, step: Step) -> bool:
        """Return whether what was told before had been taken note of when the step was committed."""
        return step.after_all

    def _superseding(self, step: Step) -> Iterator[Step]:
        kinds = _SUPERSEDES.get(step.kind, ())
        return (one for one in self._told if one.number > step.number and one.kind in kinds)

    def _look_at_the_time_of(self, one: AcceptedMessage) -> None:
        step = next(step for step in self._told if step.number == one.step)
        what = f"{self._place}: {step.kind} {step.number} of {step.incident}"
        if one.at > step.expires:
            self._verdict.expired.append(what)
        superseding = next(self._superseding(step), None)
        if superseding and one.at > superseding.known:
            self._verdict.behind.append((one.at - superseding.known, what))
            if superseding.in_the_dark:
                self._verdict.in_the_dark.append(what)

    def _look_for_what_was_followed(self) -> None:
        """See that of the posts all but the newest say that the story goes on elsewhere."""
        told = {step.number: step for step in self._told}
        posts = [
            accepted_message
            for accepted_message in self._taken
            if not accepted_message.is_edit and told[accepted_message.step].kind is _POST
        ]
        newest = max((post.step for post in posts), default=0)
        for number in {post.step for post in posts if post.step < newest}:
            if self._followed.isdisjoint(post.message_id for post in posts if post.step == number):
                self._miss_followed(told[newest])

    def _miss_followed(self, newest: Step) -> None:
        if self._is_surely_known(newest):
            self._verdict.lost.append(f"{self._place}: that {newest.incident} goes on in a newer message")
        else:
            self._verdict.unfinished[self._place.platform] += 1
