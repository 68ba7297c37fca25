import pytest

from bot.domain.place import Platform
from bot.domain.worker import Lease, Role, lease_of


@pytest.mark.parametrize(
    ("role", "does"),
    [
        (Role.ALL, (True, True, True)),
        (Role.GATEWAY, (True, False, False)),
        (Role.POLLER, (False, True, False)),
        (Role.COURIER, (False, False, True)),
    ],
)
def test_a_role_answers_polls_and_delivers(role: Role, does: tuple[bool, bool, bool]) -> None:
    assert (role.answers, role.polls, role.delivers) == does


def test_listening_takes_a_lease_everywhere_but_at_the_terminal() -> None:
    assert [lease_of(platform) for platform in (Platform.TELEGRAM, Platform.DISCORD)] == [Lease.TELEGRAM, Lease.DISCORD]
    assert lease_of(Platform.TERMINAL) is None
