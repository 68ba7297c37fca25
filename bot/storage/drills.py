"""The drills in Redis, a hash for each exchange and UTC day: who, as a keyed hash, and when they pressed what.

A press is one script (request_drill.lua, finish_drill.lua), timed by the server's clock, so that two presses at the
same moment, a press that is sent twice, and clocks of workers that differ make no difference. A day is gone 30 days
after its first drill.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from typing_extensions import override

from bot.domain.drill import OPEN_FOR, QUICKEST_ARRIVAL, SUMMARY_WINDOW, Drill, DrillOutcome, PressResult
from bot.domain.place import Place
from bot.ports.drills import DrillMember, DrillPress, Drills, RecentDrills
from bot.ports.sources import Clock
from bot.storage import keys
from bot.storage.connection import Database, RedisArgument
from bot.storage.lua import script
from bot.storage.pseudonyms import Pseudonyms
from bot.storage.reading_encoding import microseconds

log = structlog.get_logger(__name__)

DRILLS_PER_DAY_MAX = 5000
"""At one exchange: far more than have ever tested together, and no more than 0.6 MB that an answer has to read."""
_DAYS, _OFF = keys.DRILL_DAYS.key(), keys.DRILLS_OFF.key()
_MICROSECOND = timedelta(microseconds=1)
_NOTHING = "-"
_OPEN_DAYS = OPEN_FOR // timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RedisDrills(Drills):
    """The drills of all platforms; a simulation gives its own `clock`. An exchange takes `most_a_day` of them."""

    database: Database
    pseudonyms: Pseudonyms
    clock: Clock | None = None
    most_a_day: int = DRILLS_PER_DAY_MAX

    @override
    async def request(self, exchange: str, member: DrillMember, *, asset: str = "", network: str = "") -> DrillPress:
        community = self.pseudonyms.community(member.platform, member.community)
        words = (community, asset or _NOTHING, network or _NOTHING, self.most_a_day)
        return await self._press("request_drill", exchange, member, *words)

    @override
    async def finish(self, exchange: str, member: DrillMember, outcome: DrillOutcome) -> DrillPress:
        quickest_us = QUICKEST_ARRIVAL // _MICROSECOND if outcome is DrillOutcome.ARRIVED else 0
        return await self._press("finish_drill", exchange, member, outcome, quickest_us)

    @override
    async def forget(self, member: DrillMember) -> int:
        return int(await self.database.script(script("forget_drills"), _DAYS, self._person(member)))

    @override
    async def recent(self, exchange: str) -> RecentDrills:
        arguments = (exchange, self._now(), _OPEN_DAYS, SUMMARY_WINDOW // _MICROSECOND)
        now_us, *found = await self.database.script(script("drills", "recent_drills"), _DAYS, *arguments)
        read = (_readable(exchange, *stored) for stored in zip(found[::2], found[1::2], strict=True))
        return RecentDrills(_moment(now_us), [drill for drill in read if drill])

    @override
    async def is_off(self, place: Place) -> bool:
        return bool(await self.database.command("SISMEMBER", _OFF, str(place)))

    @override
    async def places_off(self) -> Collection[Place]:
        places = map(_place, await self.database.command("SMEMBERS", _OFF))
        return frozenset(place for place in places if place)

    async def _press(self, name: str, exchange: str, member: DrillMember, *words: RedisArgument) -> DrillPress:
        person = self._person(member)
        arguments = (exchange, person, self._now(), OPEN_FOR // _MICROSECOND, *words)
        result, now_us, value = await self.database.script(script("drills", name), _DAYS, *arguments)
        drill = _decoded(person.encode(), value) if value else None
        return DrillPress(PressResult(result.decode()), _moment(now_us), drill)

    def _person(self, member: DrillMember) -> str:
        return self.pseudonyms.person(member.platform, member.person)

    def _now(self) -> str:
        return str(microseconds(self.clock.now())) if self.clock else ""


def _readable(exchange: str, person: bytes, value: bytes) -> Drill | None:
    """Return a drill, None for one that cannot be read: no copy is kept, which would outlive its 30 days."""
    try:
        return _decoded(person, value)
    except ValueError as error:
        log.warning("stored drill cannot be read", exchange=exchange, error=str(error))
        return None


def _decoded(person: bytes, value: bytes) -> Drill:
    requested, finished, outcome, community, asset, network = value.decode().split(" ")
    drill = Drill(
        person.decode(),
        community,
        _moment(requested),
        _text(asset),
        _text(network),
        DrillOutcome(outcome) if _text(outcome) else None,
        _moment(finished) if int(finished) else None,
    )
    if drill.took is not None and not QUICKEST_ARRIVAL <= drill.took <= OPEN_FOR:
        raise ValueError(f"a withdrawal cannot take {drill.took}")
    return drill


def _moment(time_us: str | bytes) -> datetime:
    return datetime.fromtimestamp(0, UTC) + int(time_us) * _MICROSECOND


def _place(name: bytes) -> Place | None:
    """Return a place, None for what is no name of one."""
    try:
        return Place.parse(name.decode())
    except ValueError as error:
        log.warning("stored place cannot be read", error=str(error))
        return None


def _text(word: str) -> str:
    return "" if word == _NOTHING else word
