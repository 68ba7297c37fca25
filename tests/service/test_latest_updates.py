"""When the incidents in memory are those of the store."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from bot.commands.queries import LatestState
from bot.domain.errors import StorageError
from bot.service.latest_updates import LatestUpdates


@dataclass
class Round:
    """A watch whose round commits one incident, and a store whose incidents are read; what happens during the reading
    is up to a test."""

    commits: int = 0
    commits_in_round: int = 1
    while_reading: list[Callable[[], None]] = field(default_factory=list)
    read: int = 0

    async def judge_exchanges(self, _: Sequence[Any]) -> dict[str, Exception]:
        self.commits += self.commits_in_round
        return {}

    async def remember_incidents(self) -> None:
        self.read += 1
        for happens in self.while_reading:
            happens()

    async def publish(self, _: Any) -> None:
        """Let other workers know."""


@dataclass
class Updates:
    """What is tested, with the round that it judges."""

    round: Round = field(default_factory=Round)

    def __post_init__(self) -> None:
        self.updates = LatestUpdates(
            LatestState(),
            poller=cast(Any, None),
            withdrawal_poller=cast(Any, None),
            proof_poller=cast(Any, None),
            peg_poller=cast(Any, None),
            chain_poller=cast(Any, None),
            snapshot_builder=cast(Any, None),
            watch=cast(Any, self.round),
            change_feed=cast(Any, self.round),
            metrics=cast(Any, None),
            remember_incidents=self.round.remember_incidents,
        )

    def judge(self) -> Awaitable[Any]:
        return self.updates.judge([])

    @property
    def are_newest(self) -> bool:
        return self.updates.has_newest_incidents


async def test_whoever_judges_has_the_newest_incidents_after_the_first_round() -> None:
    tested = Updates(Round(commits_in_round=0))
    assert not tested.are_newest
    tested.updates.start_judging()
    assert not tested.are_newest  # another worker may have committed some before

    await tested.judge()
    assert tested.are_newest

    await tested.judge()
    assert (tested.are_newest, tested.round.read) == (True, 1)


async def test_a_commit_makes_memory_old_until_it_is_read() -> None:
    tested = Updates()
    tested.updates.start_judging()
    await tested.judge()

    tested.round.commits += 1
    assert not tested.are_newest
    await tested.judge()
    assert tested.are_newest


async def test_what_is_committed_during_the_reading_is_read_next_time() -> None:
    tested = Updates()
    tested.updates.start_judging()

    def commit() -> None:
        tested.round.commits += 1

    tested.round.while_reading.append(commit)
    await tested.judge()
    assert not tested.are_newest

    tested.round.while_reading.clear()
    tested.round.commits_in_round = 0
    await tested.judge()
    assert (tested.are_newest, tested.round.read) == (True, 2)


async def test_incidents_that_could_not_be_read_are_not_the_newest() -> None:
    tested = Updates()
    tested.updates.start_judging()

    def away() -> None:
        raise StorageError("the store is away")

    tested.round.while_reading.append(away)
    with pytest.raises(StorageError):
        await tested.judge()
    assert not tested.are_newest


async def test_whoever_judges_no_longer_does_not_have_the_newest_incidents() -> None:
    tested = Updates()
    tested.updates.start_judging()
    await tested.judge()

    tested.updates.stop_judging()
    assert not tested.are_newest
    tested.updates.start_judging()
    assert not tested.are_newest
