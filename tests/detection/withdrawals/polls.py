"""Polls of exchanges for tests: a call names the flags that matter, by asset and network."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from bot.detection.withdrawals.polls import PolledWithdrawals, after_polls
from bot.domain.errors import SourceFault
from bot.domain.withdrawal_reading import Maintenance, WithdrawalFlag, WithdrawalReading, WithdrawalState
from bot.domain.withdrawals import ExchangeWithdrawals, NetworkWithdrawals
from tests.builders import NOON

OPEN, DELAYED, CLOSED, UNKNOWN = WithdrawalState
MINUTE = timedelta(minutes=1)
MAIN = ("BTC/BITCOIN", "ETH/ETHEREUM", "USDT/TRON", "USDT/ETHEREUM", "USDC/ETHEREUM", "USDC/SOLANA")
"""The main networks of the four majors."""
LETTERS = {"o": OPEN, "d": DELAYED, "c": CLOSED, "u": UNKNOWN}


def at(minutes: float) -> datetime:
    """Return so many minutes after noon."""
    return NOON + minutes * MINUTE


def poll(  # noqa: PLR0913 — what a poll may tell, each part named where it matters
    minutes: float,
    flags: Mapping[str, WithdrawalState] | None = None,
    *,
    exchange: str = "gate",
    fault: SourceFault | None = None,
    share: float | None = None,
    maintenance: Iterable[Maintenance] = (),
    part_faults: Iterable[tuple[str, SourceFault]] = (),
) -> WithdrawalReading:
    """Return a poll so many minutes after noon, with flags such as `{"USDT/TRON": CLOSED}`."""
    return WithdrawalReading(
        exchange,
        at(minutes),
        exchange.title(),
        flags=tuple(
            WithdrawalFlag(asset, network_, state)
            for key, state in (flags or {}).items()
            for asset, _, network_ in [key.partition("/")]
        ),
        listed=1000 if share is not None else 0,
        closed=round(1000 * share) if share is not None else 0,
        fault=fault,
        maintenance=tuple(maintenance),
        part_faults=tuple(part_faults),
    )


def polled(*readings: WithdrawalReading, before: Mapping[str, ExchangeWithdrawals] | None = None) -> PolledWithdrawals:
    """Return what is known after polls that come one at a time, with the transitions of all of them."""
    state = PolledWithdrawals(before or {})
    transitions = dict(state.transitions)
    for reading in readings:
        state = after_polls(state.known, [reading])
        for id_, changes in state.transitions.items():
            transitions[id_] = (*transitions.get(id_, ()), *changes)
    return PolledWithdrawals(state.known, state.changed, transitions)


def all_main(state: WithdrawalState = OPEN, **others: WithdrawalState) -> dict[str, WithdrawalState]:
    """Return a flag for every main network, those of assets named otherwise as they are named: `USDT=CLOSED`."""
    return {key: others.get(key.split("/")[0], state) for key in MAIN}


def gate(known: PolledWithdrawals) -> ExchangeWithdrawals:
    """Return what is known of Gate."""
    return known.known["gate"]


def network(known: PolledWithdrawals, key: str = "USDT/TRON", exchange: str = "gate") -> NetworkWithdrawals:
    """Return what is believed of one network."""
    (status,) = [status for status in known.known[exchange].networks if f"{status.asset}/{status.network}" == key]
    return status


def usdt_over_tron(letters: str, *, begin: int = 0) -> list[WithdrawalReading]:
    """Return a poll every five minutes of USDT over Tron: o open, d delayed, c closed, u unknown, v vanished.

    `t` is a poll without an answer and `x` one that cannot be read; BTC is open in all others.
    """
    faults = {"t": SourceFault.TIMEOUT, "x": SourceFault.BAD_SHAPE}
    return [
        poll(5 * number, fault=faults[letter])
        if letter in faults
        else poll(
            5 * number,
            {"BTC/BITCOIN": OPEN, **({"USDT/TRON": LETTERS[letter]} if letter in LETTERS else {})},
        )
        for number, letter in enumerate(letters, begin)
    ]
