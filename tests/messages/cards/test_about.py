from bot.domain.errors import SourceFault
from bot.domain.reading import SourceHealth
from bot.domain.status import BotStatus, WithdrawalSourceStatus
from bot.messages.cards.about import status_card
from tests.builders import NOON
from tests.messages.cards.plain import said


def asked(name: str, fault: SourceFault | None = None) -> WithdrawalSourceStatus:
    return WithdrawalSourceStatus(name, SourceHealth(f"withdrawals/{name.lower()}", last_success=NOON, fault=fault))


def status(*sources: WithdrawalSourceStatus) -> str:
    return said(
        status_card(
            BotStatus(
                version="1.2.3",
                started_at=NOON,
                now=NOON,
                sources={},
                exchanges=80,
                read=17,
                newest_readings={},
                platforms={},
                stored=None,
                withdrawal_sources=sources,
            )
        )
    )


def test_sources_of_withdrawals_take_one_line() -> None:
    sources = (
        asked("Binance", SourceFault.BLOCKED),
        asked("Gate"),
        asked("LBank", SourceFault.TIMEOUT),
        asked("HTX", SourceFault.NOT_JSON),
        asked("Upbit", SourceFault.BLOCKED),
        WithdrawalSourceStatus("Bitfinex"),
    )
    assert (
        "Withdrawals: 1 of 6 exchanges answer. Blocked from this host's region: Binance, Upbit. Timeout: LBank. "
        "Not JSON: HTX. Not asked yet: Bitfinex."
    ) in status(*sources).splitlines()


def test_where_all_answer_nothing_else_is_said() -> None:
    assert "Withdrawals: 2 of 2 exchanges answer." in status(asked("Gate"), asked("HTX")).splitlines()


def test_a_bot_that_asks_nobody_says_nothing_of_it() -> None:
    assert "Withdrawals" not in status()
