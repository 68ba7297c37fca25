from bot.detection.withdrawals.majors import judged_majors
from bot.detection.withdrawals.record import with_recorded_changes
from bot.domain.withdrawal_reading import WithdrawalState
from bot.domain.withdrawals import ExchangeWithdrawals, MajorWithdrawals, WithdrawalTransition
from tests.detection.withdrawals.polls import CLOSED, OPEN, UNKNOWN, at


def change(minutes: float, key: str, after: WithdrawalState) -> WithdrawalTransition:
    asset, _, network = key.partition("/")
    return WithdrawalTransition(at(minutes), asset, network, UNKNOWN, after)


def recorded(*changes: WithdrawalTransition) -> ExchangeWithdrawals:
    return with_recorded_changes(ExchangeWithdrawals("ftx"), changes)


def test_a_recorded_change_needs_no_second_poll_and_is_no_first_look() -> None:
    known = recorded(change(0, "USDT/TRON", CLOSED), change(5, "BTC/BITCOIN", OPEN))

    assert [(status.asset, status.state, status.since) for status in known.networks] == [
        ("BTC", OPEN, at(5)),
        ("USDT", CLOSED, at(0)),
    ]
    assert known.as_of == at(5)
    assert judged_majors(known, at(5))[2] == MajorWithdrawals("USDT", CLOSED, at(0))


def test_what_is_recorded_again_keeps_its_first_time() -> None:
    known = recorded(change(0, "USDT/TRON", CLOSED), change(5, "USDT/TRON", CLOSED))

    assert known.networks[0].since == at(0)
    assert known.as_of == at(5)
    assert len(known.transitions) == 1


def test_a_change_says_what_was_before_it_where_that_is_known() -> None:
    known = recorded(change(0, "USDT/TRON", OPEN), change(5, "USDT/TRON", CLOSED))

    assert [(step.before, step.after) for step in known.transitions] == [(UNKNOWN, OPEN), (OPEN, CLOSED)]


def test_what_became_unknown_is_on_record_as_what_it_was() -> None:
    known = recorded(
        change(0, "USDT/TRON", CLOSED), change(5, "USDT/TRON", UNKNOWN), change(6, "ETH/ETHEREUM", UNKNOWN)
    )

    eth, usdt = known.networks
    assert (usdt.state, usdt.last_known, usdt.since) == (UNKNOWN, CLOSED, at(5))
    assert (eth.state, eth.last_known) == (UNKNOWN, None)


def test_nothing_recorded_changes_nothing() -> None:
    assert recorded() == ExchangeWithdrawals("ftx")
