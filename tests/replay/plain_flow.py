"""An episode's readings, and net flow recomputed from them by the formula of the detection rules, on its own."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache

from bot.replay.episodes.catalogue import find_episode
from bot.replay.generator import GeneratedState, generate_states


class PlainFlow:
    """What every exchange of an episode held at every run."""

    def __init__(self, name: str) -> None:
        self.episode = find_episode(name)
        self.states = list(generate_states(self.episode))
        self._own = {exchange.id: exchange.own_tokens for exchange in self.episode.exchanges}
        self._times = [state.at for state in self.states]

    @property
    def exchanges(self) -> tuple[str, ...]:
        return tuple(self._own)

    @property
    def live(self) -> list[datetime]:
        return [at for at in self._times if at >= self.episode.live_start]

    def at(self, moment: datetime) -> GeneratedState:
        """Return the newest state at or before the moment."""
        return self.states[bisect_right(self._times, moment) - 1]

    def total(self, exchange: str, moment: datetime) -> float:
        """Return everything held, own token included, in USD."""
        state = self.at(moment)
        return sum(amount * state.prices[slot.asset] for slot, amount in state.amounts[exchange].items())

    def clean(self, exchange: str, moment: datetime) -> float:
        state = self.at(moment)
        amounts = state.amounts[exchange].items()
        return sum(
            amount * state.prices[slot.asset] for slot, amount in amounts if slot.asset not in self._own[exchange]
        )

    def flow(self, exchange: str, start: datetime, end: datetime) -> float:
        """Return Σ (amount at the end − amount at the start) × price at the start, without own tokens, in USD."""
        before, after = self.at(start), self.at(end)
        return sum(
            (after.amounts[exchange][slot] - amount) * before.prices[slot.asset]
            for slot, amount in before.amounts[exchange].items()
            if slot.asset not in self._own[exchange]
        )

    def window(self, exchange: str, end: datetime, length: timedelta) -> float:
        """Return the net flow of the window that ends with the reading at `end`, as a share of clean reserves."""
        start = self.at(end).at - length
        return self.flow(exchange, start, end) / self.clean(exchange, start)

    def windows(self, exchange: str, length: timedelta) -> Iterator[tuple[datetime, float]]:
        """Yield every reading of the live phase with the share that moved in the window before it."""
        return ((at, self.window(exchange, at, length)) for at in self.live)

    def normal_days(self, exchange: str) -> list[float]:
        """Return the daily shares of the history before the live phase."""
        days = [state.at for state in self.states if state.at < self.episode.live_start and state.at.hour == 0]
        return [self.window(exchange, day, timedelta(days=1)) for day in days[1:]]


@lru_cache(maxsize=8)
def plain_flow(name: str) -> PlainFlow:
    """Return an episode's states and flows, computed once."""
    return PlainFlow(name)
