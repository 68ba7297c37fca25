import asyncio
from dataclasses import dataclass, field

import pytest

from bot.domain.place import Place, Platform
from bot.pipeline.pace import PACES, Pace, Pacer

PRIVATE, GROUP = Place(Platform.TELEGRAM, "7"), Place(Platform.TELEGRAM, "-100")


@dataclass
class Seconds:
    """Time that passes only by waiting; `waited` is every wait, in order."""

    now: float = 1000.0
    waited: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.waited.append(round(seconds, 3))

    def pacer(self, pace: Pace) -> Pacer:
        return Pacer(pace, monotonic=self.monotonic, sleep=self.sleep)


def telegram(number: int) -> Place:
    return Place(Platform.TELEGRAM, str(number))


async def test_the_bot_as_a_whole_speaks_at_its_pace() -> None:
    seconds = Seconds()
    pacer = seconds.pacer(PACES[Platform.TELEGRAM])

    for number in range(1, 30):
        await pacer.turn(telegram(number))

    assert seconds.waited[0] == round(1 / 28, 3)
    assert seconds.waited[-1] == 1.0
    assert len(seconds.waited) == 28


@pytest.mark.parametrize(("place", "gap"), [(PRIVATE, 1.0), (GROUP, 3.0)])
async def test_a_chat_is_not_spoken_to_faster_than_the_platform_lets(place: Place, gap: float) -> None:
    seconds = Seconds()
    pacer = seconds.pacer(PACES[Platform.TELEGRAM])

    for _ in range(3):
        await pacer.turn(place)

    assert seconds.waited == [gap, 2 * gap]


async def test_the_topics_of_a_group_share_its_pace() -> None:
    seconds = Seconds()
    pacer = seconds.pacer(PACES[Platform.TELEGRAM])

    await pacer.turn(Place(Platform.TELEGRAM, "-100", "1"))
    await pacer.turn(Place(Platform.TELEGRAM, "-100", "2"))

    assert seconds.waited == [3.0]


async def test_a_busy_chat_does_not_hold_up_the_others() -> None:
    seconds = Seconds()
    pacer = seconds.pacer(PACES[Platform.TELEGRAM])

    for _ in range(3):
        await pacer.turn(GROUP)
    await pacer.turn(PRIVATE)

    assert seconds.waited[-1] == round(3 / 28, 3)


async def test_after_a_rest_nobody_waits() -> None:
    seconds = Seconds()
    pacer = seconds.pacer(PACES[Platform.TELEGRAM])

    await pacer.turn(GROUP)
    seconds.now += 3.0
    await pacer.turn(GROUP)

    assert seconds.waited == []


async def test_a_pause_for_the_whole_bot_holds_everybody_back() -> None:
    seconds = Seconds()
    pacer = seconds.pacer(PACES[Platform.DISCORD])

    pacer.hold_back(5.0)
    pacer.hold_back(2.0)
    await pacer.turn(Place(Platform.DISCORD, "1"))

    assert seconds.waited == [5.0]


async def test_the_terminal_has_no_pace_of_its_own_in_a_place() -> None:
    seconds = Seconds()
    pacer = seconds.pacer(PACES[Platform.TERMINAL])

    await pacer.turn(Place(Platform.TERMINAL, "here"))
    await pacer.turn(Place(Platform.TERMINAL, "here"))

    assert seconds.waited == [0.001]


async def test_places_whose_turn_has_come_are_forgotten_and_the_others_are_not() -> None:
    seconds = Seconds()
    pacer = seconds.pacer(Pace(1e9, private_gap=1.0))

    for number in range(1, 10_002):
        await pacer.turn(telegram(number))
    seconds.now += 0.5
    await pacer.turn(telegram(1))
    seconds.now += 0.75
    await pacer.turn(telegram(10_002))
    await pacer.turn(telegram(1))

    assert seconds.waited[-1] == 0.75


async def test_by_default_it_waits_in_real_time() -> None:
    pacer = Pacer(Pace(1000.0))
    loop = asyncio.get_running_loop()
    start = loop.time()

    await pacer.turn(PRIVATE)
    await pacer.turn(PRIVATE)

    assert loop.time() - start >= 0.0005
