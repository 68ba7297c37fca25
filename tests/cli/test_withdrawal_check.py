"""`runwatch check` asks every exchange once what it says of withdrawals, and says it in one sentence."""

from collections.abc import Mapping

import pytest

from bot.cli.withdrawal_check import withdrawal_findings
from bot.domain.errors import SourceFault
from tests.builders import NOON
from tests.fakes.memory import HandClock
from tests.known_withdrawals import FakeWithdrawalSource

BLOCKED, RATE_LIMITED = SourceFault.BLOCKED, SourceFault.RATE_LIMITED


def asked(faults: Mapping[str, SourceFault | None]) -> list[FakeWithdrawalSource]:
    return [FakeWithdrawalSource(exchange, HandClock(NOON), fault=fault) for exchange, fault in faults.items()]


@pytest.mark.parametrize(
    ("faults", "sentence"),
    [
        ({"gate": None, "htx": None}, "Withdrawals: 2 of 2 exchanges answer."),
        (
            {"binance": BLOCKED, "gate": None, "lbank": RATE_LIMITED, "bybit": BLOCKED},
            "Withdrawals: 1 of 4 exchanges answer; blocked: Binance, Bybit; rate limited: Lbank.",
        ),
        (
            {f"x{number}": BLOCKED for number in range(7)},
            (
                "Withdrawals: 0 of 7 exchanges answer; blocked: X0, X1, X2, X3, X4 and 2 more. Until one does, an "
                "outflow cannot become critical."
            ),
        ),
    ],
)
async def test_who_does_not_answer_is_named_by_why_and_is_no_problem(
    faults: Mapping[str, SourceFault | None], sentence: str
) -> None:
    sources = asked(faults)
    [finding] = await withdrawal_findings(sources)
    assert (finding.sentence, finding.is_problem) == (sentence, False)
    assert [source.asked for source in sources] == [1] * len(faults)


async def test_one_that_hangs_does_not_keep_the_command_waiting() -> None:
    sources = asked({"gate": None, "htx": None})
    sources[1].hangs = True
    [finding] = await withdrawal_findings(sources, deadline_s=0.02)
    assert finding.sentence == "Withdrawals: 1 of 2 exchanges answer; timeout: Htx."


async def test_where_nobody_is_asked_nothing_is_said() -> None:
    assert await withdrawal_findings([]) == []
