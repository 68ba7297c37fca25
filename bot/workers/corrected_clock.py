"""The time of this machine, or, where its clock is wrong by more than two minutes, the time that others agree on.

Every answer of an upstream, of a platform and of the store says what time it is there. Between answers time is measured
by a counter that nobody can set. Example: the machine's clock is five hours slow. DefiLlama and Telegram have answered
and say 17:00 where it says 12:00, so `now` is 17:00, and ten minutes later 17:10. Readings are then as old as they are,
and an outflow is told; with the machine's own time each reading would be from the future and be refused.

`bot/domain/clock_agreement.py` has the rule. The store often runs on the same machine, and so may a mirror of an
upstream or a Bot API server: what may be here is a witness only where it has another time.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

import structlog
from typing_extensions import override

from bot.domain.clock_agreement import CLOCK_TOLERANCE, TimeWitness, agreed_correction, doubters
from bot.domain.obstacles import ClockFacts
from bot.ports.sources import BeginRequest, Clock, ReadHeaders

log = structlog.get_logger()

THIS_MACHINE, THE_STORE = "this machine", "the store"
_REMEMBERED_S = 3 * 3600.0  # three polls at the longest interval; the counter of a machine is wrong by a second by then
_MAX_AGE_S = 3600  # for which a cache may have kept an answer that is still of use here


@dataclass(frozen=True, slots=True)
class _Answer:
    """What time it was somewhere, or up to `slack` later, when by our counter, and whether that may be here."""

    time: datetime
    slack: timedelta
    heard_s: float
    may_be_here: bool


class CorrectedClock(Clock):
    """A machine's clock, corrected by what others say.

    `counter` gives seconds that go on evenly, also while the machine is suspended. `on_correction` is called with every
    change of the time by more than two minutes that is no change of the machine's own clock: what was dated before
    has wrong dates.
    """

    def __init__(self, machine: Clock, *, counter: Callable[[], float] | None = None) -> None:
        self.on_correction: Callable[[timedelta], None] = lambda _: None
        self._machine = machine
        self._counter = counter or _seconds
        self._answers: dict[str, _Answer] = {}
        # The time in use goes on from here by the counter.
        self._set_to, self._set_s = machine.now(), self._counter()

    @override
    def now(self) -> datetime:
        machine, in_use = self._machine.now(), self._in_use()
        if abs(machine - in_use) > CLOCK_TOLERANCE:
            self._settle()
            in_use = self._in_use()
        if abs(machine - in_use) <= CLOCK_TOLERANCE:
            self._set(machine)
            return machine
        return in_use

    def begin_request(self, name: str, *, host: str) -> ReadHeaders:
        """Return what takes the headers of the answer to a request that is sent now.

        An answer that was under way for long says nothing: the machine may have been suspended meanwhile.
        """
        began_s = self._counter()

        def read_headers(headers: Mapping[str, str]) -> None:
            if self._counter() - began_s <= CLOCK_TOLERANCE.total_seconds():
                self.hear_headers(name, headers, host=host)

        return read_headers

    def hear_headers(self, name: str, headers: Mapping[str, str], *, host: str) -> None:
        """Take note of the time that an answer from a host names; `name` is whose it is. Without a time it is ignored.

        A cache gives the `Date` of the answer that it keeps, and `Age` says for how long it has kept it
        (https://www.rfc-editor.org/rfc/rfc9111#name-age); some give the present all the same. So it is a time between.
        """
        if dated := _date_of(headers):
            at, slack = dated
            self.hear(name, at, slack=slack, may_be_here=_may_be_here(host))

    def hear(self, name: str, at: datetime, *, may_be_here: bool, slack: timedelta = timedelta()) -> None:
        """Take note of what time it is now by somebody's clock, which may be this machine's."""
        self._answers[name] = _Answer(at, slack, self._counter(), may_be_here)
        self._settle()

    def facts(self) -> ClockFacts:
        """Return how far the machine's clock is off, and who says so, or who doubts it."""
        ahead = self._machine.now() - self.now()
        witnesses = list(self._witnesses())
        if abs(ahead) > CLOCK_TOLERANCE:
            agreeing = [witness.name for witness in witnesses if witness.agrees_with(timedelta())]
            return ClockFacts(machine_ahead=ahead, by=agreeing or ["the time since the start"])
        if doubting := doubters(witnesses):
            return ClockFacts(doubted_by=(doubting[0].name, -doubting[0].ahead))
        return ClockFacts()

    def _settle(self) -> None:
        """Use the time of the majority."""
        correction = agreed_correction(list(self._witnesses()))
        if not correction:
            return
        before = self._in_use()
        self._set(before + correction)
        is_the_machines = abs(self._machine.now() - self._in_use()) <= CLOCK_TOLERANCE
        log.warning(
            "time corrected", by=str(correction), to="the machine's own" if is_the_machines else "that of others"
        )
        self.on_correction(correction)

    def _witnesses(self) -> Iterator[TimeWitness]:
        in_use, counted_s, machine = self._in_use(), self._counter(), self._machine.now()
        yield TimeWitness(THIS_MACHINE, machine - in_use)
        for name, answer in self._answers.items():
            since_s = counted_s - answer.heard_s
            at = answer.time + timedelta(seconds=since_s)
            witness = TimeWitness(name, at - in_use, answer.slack)
            if since_s > _REMEMBERED_S or (answer.may_be_here and witness.agrees_with(machine - in_use)):
                continue
            yield witness

    def _in_use(self) -> datetime:
        return self._set_to + timedelta(seconds=self._counter() - self._set_s)

    def _set(self, at: datetime) -> None:
        self._set_to, self._set_s = at, self._counter()


def timed_requests(clock: Clock, name: str, url: str) -> BeginRequest | None:
    """Return what hears the time in answers from a URL, None for a clock that hears nobody, as in a replay."""
    if not isinstance(clock, CorrectedClock):
        return None
    host = urlsplit(url).hostname or ""
    return lambda: clock.begin_request(name, host=host)


def _may_be_here(host: str) -> bool:
    """Return whether a host is this machine or a neighbour, as "localhost" and "10.0.0.5" are."""
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host.rstrip(".")


def _date_of(headers: Mapping[str, str]) -> tuple[datetime, timedelta] | None:
    """Return the time that headers name, and how much later it may be; None for none of use."""
    try:
        at = parsedate_to_datetime(headers["Date"])
        age_s = int(headers.get("Age", "0"))
    except (KeyError, ValueError, OverflowError):
        return None
    if not 0 <= age_s <= _MAX_AGE_S:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC), timedelta(seconds=age_s)


def _seconds() -> float:
    """Return seconds that go on while the machine sleeps, which `time.monotonic` leaves out on Linux."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
