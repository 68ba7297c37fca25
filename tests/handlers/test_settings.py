import pytest

from bot.messages.model import Message
from tests.builders import HERE
from tests.fakes.dispatcher import MODERATOR, DispatcherBench
from tests.messages.cards.plain import said


@pytest.fixture
async def bench() -> DispatcherBench:
    bench = DispatcherBench()
    await bench.load()
    return bench


async def moderate(bench: DispatcherBench, line: str) -> Message:
    return await bench.ask(line, who=MODERATOR)


@pytest.mark.parametrize(
    ("lines", "title", "words", "is_off"),
    [
        (["settings"], "Settings", "notices on", False),
        (["settings notices off"], "Settings · changed", "notices off", True),
        (
            ["settings off notices", "settings"],
            "Settings",
            "Change it with /settings notices on or /settings drills off.",
            True,
        ),
        (["settings notices off", "settings notices on"], "Settings · changed", "notices on", False),
    ],
)
async def test_a_place_switches_data_notices(
    bench: DispatcherBench, lines: list[str], title: str, words: str, *, is_off: bool
) -> None:
    answer = [await moderate(bench, line) for line in lines][-1]

    assert answer.title == title
    assert words in said(answer)
    assert (HERE in await bench.memory.subscriptions.places_without_notices()) is is_off


@pytest.mark.parametrize("line", ["settings off", "settings notices"])
async def test_half_a_setting_is_refused(bench: DispatcherBench, line: str) -> None:
    assert "for example /settings notices off" in said(await moderate(bench, line))


async def test_a_place_switches_drills(bench: DispatcherBench) -> None:
    off = await moderate(bench, "settings drills off")
    assert "drills off" in said(off)
    assert [action.command for action in off.actions] == ["settings notices off", "settings drills on"]
    assert await bench.memory.drills.places_off() == {HERE}
    assert not await bench.memory.subscriptions.places_without_notices()

    assert "drills on" in said(await moderate(bench, "settings drills on"))
    assert await bench.memory.drills.places_off() == set()
