from collections.abc import Sequence

from bot.domain.errors import SourceFault
from bot.domain.reading import SourceHealth
from bot.domain.status import BotStatus, SourceStatus
from bot.messages.cards.about import status_card
from tests.builders import NOON
from tests.messages.cards.plain import said


def asked(name: str, fault: SourceFault | None = None) -> SourceStatus:
    return SourceStatus(name, SourceHealth(f"withdrawals/{name.lower()}", last_success=NOON, fault=fault))


def status(*sources: SourceStatus, proofs: Sequence[SourceStatus] = ()) -> str:
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
                proof_sources=proofs,
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
        SourceStatus("Bitfinex"),
    )
    assert (
        "Withdrawals: 1 of 6 exchanges answer. Blocked from this host's region: Binance, Upbit. Timeout: LBank. "
        "Not JSON: HTX. Not asked yet: Bitfinex."
    ) in status(*sources).splitlines()


def test_where_all_answer_nothing_else_is_said() -> None:
    assert "Withdrawals: 2 of 2 exchanges answer." in status(asked("Gate"), asked("HTX")).splitlines()


def test_sources_of_proofs_take_a_line_of_their_own() -> None:
    blocked = (asked("Binance", SourceFault.BLOCKED),)

    assert (
        "Proofs of reserves: 0 of 1 exchange answers. Blocked from this host's region: Binance."
        in status(proofs=blocked).splitlines()
    )
    assert "Proofs of reserves: 1 of 1 exchange answers." in status(proofs=(asked("Binance"),)).splitlines()
    assert "Proofs" not in status()


def test_a_bot_that_asks_nobody_says_nothing_of_it() -> None:
    assert "Withdrawals" not in status()
