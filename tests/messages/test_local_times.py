from datetime import UTC, datetime

import pytest

from bot.messages.local_times import in_local_time
from bot.messages.model import Field, Message, line, moment
from tests.messages.cards.plain import said

AT = datetime(2022, 12, 13, 14, 5, tzinfo=UTC)
TOLD = Message(
    "Title",
    lines=(line("a ", moment(AT)), line("no time")),
    fields=(Field("b", line(moment(AT, relative=True))),),
    footer=line("c ", moment(AT)),
)


@pytest.mark.parametrize(
    ("timezone", "shown"),
    [
        ("Europe/Paris", "2022-12-13 15:05 (14:05 UTC)"),
        ("Asia/Kathmandu", "2022-12-13 19:50 (14:05 UTC)"),
        ("Pacific/Auckland", "2022-12-14 03:05 (14:05 UTC)"),
        ("Europe/London", "2022-12-13 14:05 UTC"),  # in winter
        ("UTC", "2022-12-13 14:05 UTC"),
    ],
)
def test_every_time_of_a_message_is_shown_in_the_zone_with_utc(timezone: str, shown: str) -> None:
    assert said(in_local_time(TOLD, timezone)) == f"Title\na {shown}\nno time\nb: {shown} (ago)\nc {shown}"


def test_the_same_moment_in_another_zone_is_another_message() -> None:
    """What was rendered is remembered by the message; a moment equals itself in every zone."""
    paris, tokyo = (in_local_time(TOLD, zone) for zone in ("Europe/Paris", "Asia/Tokyo"))
    assert len({TOLD, paris, tokyo}) == 3
    assert in_local_time(paris, "Asia/Tokyo") == tokyo


def test_a_zone_that_is_not_known_is_utc() -> None:
    assert "14:05 UTC" in said(in_local_time(TOLD, "Mars/Olympus_Mons"))
