"""Mutes on plain dictionaries, for tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from typing_extensions import override

from bot.domain.errors import StorageError
from bot.domain.mute import MissedIncident, Mute, UntilWorse
from bot.domain.place import Place
from bot.ports.mutes import EndedMutes, LiftedMutes, Mutes
from bot.ports.sources import Clock


@dataclass
class MemoryMutes(Mutes):
    """Mutes by place and exchange, and what was missed by place and incident. `away` makes every call fail."""

    clock: Clock
    away: bool = False
    kept: dict[tuple[Place, str | None], Mute] = field(default_factory=dict)
    missed: dict[tuple[Place, str], MissedIncident] = field(default_factory=dict)
    _muted: int = 0

    @override
    async def mute(
        self, place: Place, exchange: str | None, *, length: timedelta, by: str, worse: UntilWorse | None = None
    ) -> Mute:
        now, known = self._now(), self.kept.get((place, exchange))
        self._muted += 1
        since, id_ = (known.since, known.id) if known and known.until > now else (now, f"m{self._muted}")
        self.kept[place, exchange] = Mute(place, exchange, since, now + length, by, worse, id_)
        return self.kept[place, exchange]

    @override
    async def lift(self, place: Place, exchange: str | None, *, everything: bool = False) -> LiftedMutes:
        now = self._now()
        lifted = [mute for mute in self.lasting(place) if everything or mute.exchange == exchange]
        for mute in lifted:
            self.kept[place, mute.exchange] = replace(mute, until=now)
        return LiftedMutes(tuple(lifted), len(self._to_tell(place)) if lifted else 0)

    @override
    async def of_place(self, place: Place) -> Sequence[Mute]:
        self._now()
        return sorted(self.lasting(place), key=lambda mute: mute.exchange or "")

    @override
    async def record_missed(self, missed: Sequence[tuple[Place, MissedIncident]]) -> Sequence[bool]:
        self._now()
        recorded = [self._is_muted(place, found.exchange) for place, found in missed]
        for (place, found), was_recorded in zip(missed, recorded, strict=True):
            known = self.missed.get((place, found.incident), found)
            if was_recorded:
                worst = max(known, found, key=lambda either: either.severity.rank)
                self.missed[place, found.incident] = worst
        return recorded

    @override
    async def ended(self, limit: int) -> Sequence[EndedMutes]:
        now = self._now()
        over = sorted((mute for mute in self.kept.values() if mute.until <= now), key=lambda mute: mute.until)[:limit]
        places = dict.fromkeys(mute.place for mute in over)
        return [self._ended(place, [mute for mute in over if mute.place == place]) for place in places]

    @override
    async def until_worse(self) -> Sequence[Mute]:
        now = self._now()
        return [mute for mute in self.kept.values() if mute.worse and mute.until > now]

    @override
    async def told(self, ended: EndedMutes) -> None:
        for mute in ended.mutes:
            if self.kept.get((mute.place, mute.exchange)) == mute:
                del self.kept[mute.place, mute.exchange]
        for found in ended.missed:
            self.missed.pop((ended.place, found.incident), None)

    def lasting(self, place: Place, exchange: str | None = None) -> tuple[Mute, ...]:
        """Return the mutes of a place that last; those about an exchange, or all of them."""
        return tuple(
            mute
            for mute in self.kept.values()
            if mute.place == place and mute.until > self.clock.now() and (exchange is None or mute.is_about(exchange))
        )

    def _ended(self, place: Place, mutes: Sequence[Mute]) -> EndedMutes:
        missed = [found for found in self._to_tell(place) if any(mute.is_about(found.exchange) for mute in mutes)]
        return EndedMutes(place, sorted(mutes, key=lambda mute: mute.since), missed)

    def _to_tell(self, place: Place) -> list[MissedIncident]:
        return [
            found
            for (where, _), found in self.missed.items()
            if where == place and not self._is_muted(place, found.exchange)
        ]

    def _is_muted(self, place: Place, exchange: str) -> bool:
        return bool(self.lasting(place, exchange))

    def _now(self) -> datetime:
        if self.away:
            raise StorageError("the store is away")
        return self.clock.now()
