"""Drills on plain dictionaries, for tests, with people and communities as they are."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from typing_extensions import override

from bot.domain.drill import OPEN_FOR, QUICKEST_ARRIVAL, SUMMARY_WINDOW, Drill, DrillOutcome, PressResult
from bot.domain.errors import StorageError
from bot.domain.place import Place
from bot.ports.drills import DrillMember, DrillPress, Drills, RecentDrills
from bot.ports.sources import Clock
from tests.fakes.memory_place_settings import MemoryPlaceSettings


@dataclass
class MemoryDrills(Drills):
    """Drills, newest last, of each exchange and member; `full` are the exchanges that take no more of them."""

    clock: Clock
    settings: MemoryPlaceSettings
    away: bool = False
    full: set[str] = field(default_factory=set)
    kept: dict[tuple[str, DrillMember], list[Drill]] = field(default_factory=dict)

    @override
    async def request(self, exchange: str, member: DrillMember, *, asset: str = "", network: str = "") -> DrillPress:
        self._fail_if_away()
        now, newest = self.clock.now(), self._newest(exchange, member)
        if newest and newest.outcome is None:
            return DrillPress(PressResult.UNDER_WAY, now, newest)
        if newest and newest.requested_at.date() == now.date():
            return DrillPress(PressResult.HAD_ONE, now, newest)
        if exchange in self.full:
            return DrillPress(PressResult.FULL, now)
        drill = Drill(member.person, member.community, now, asset, network)
        self.kept.setdefault((exchange, member), []).append(drill)
        return DrillPress(PressResult.STARTED, now, drill)

    @override
    async def finish(self, exchange: str, member: DrillMember, outcome: DrillOutcome) -> DrillPress:
        now, newest = self.clock.now(), self._newest(exchange, member)
        if newest is None:
            return DrillPress(PressResult.NONE, now)
        if newest.outcome:
            result = PressResult.FINISHED if newest.outcome is outcome else PressResult.OVER
            return DrillPress(result, now, newest)
        if outcome is DrillOutcome.ARRIVED and now - newest.requested_at < QUICKEST_ARRIVAL:
            return DrillPress(PressResult.TOO_SOON, now, newest)
        finished = replace(newest, outcome=outcome, finished_at=now)
        for drills in self.kept.values():
            drills[:] = [finished if drill is newest else drill for drill in drills]
        return DrillPress(PressResult.FINISHED, now, finished)

    @override
    async def forget(self, member: DrillMember) -> int:
        mine = [key for key in self.kept if key[1].person == member.person]
        return sum(len(self.kept.pop(key)) for key in mine)

    @override
    async def recent(self, exchange: str) -> RecentDrills:
        self._fail_if_away()
        now = self.clock.now()
        drills = [drill for (of, _), drills in self.kept.items() for drill in drills if of == exchange]
        return RecentDrills(now, [drill for drill in drills if drill.last_press > now - SUMMARY_WINDOW])

    @override
    async def is_off(self, place: Place) -> bool:
        return place in await self.places_off()

    @override
    async def places_off(self) -> Collection[Place]:
        return {place for place, settings in self.settings.kept.items() if not settings.drills}

    def _fail_if_away(self) -> None:
        if self.away:
            raise StorageError("the store is away")

    def _newest(self, exchange: str, member: DrillMember) -> Drill | None:
        of_person = [
            drill
            for (of, who), drills in self.kept.items()
            for drill in drills
            if of == exchange and who.person == member.person and self.clock.now() - drill.requested_at <= OPEN_FOR
        ]
        return max(of_person, key=lambda drill: drill.requested_at, default=None)
