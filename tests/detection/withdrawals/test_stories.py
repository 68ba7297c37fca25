"""What is told of withdrawals and outflows together, round by round: the stories that people would live through."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import count
from typing import Any

from bot.alerting.judging_round import RoundSignal, RoundState, judge_round
from bot.alerting.lifecycle_policy import Policy
from bot.detection.withdrawals.closed_networks import ClosedNetworks
from bot.detection.withdrawals.closed_withdrawals import ClosedWithdrawals
from bot.detection.withdrawals.majors import judged_majors
from bot.detection.withdrawals.polls import PolledWithdrawals, after_polls
from bot.domain.assets import MAJORS
from bot.domain.errors import SourceFault
from bot.domain.incident import Incident, IncidentState, StepReason
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Rule, Signal
from bot.domain.signal_source import SignalSource, signals_of
from bot.domain.withdrawal_reading import WithdrawalReading, WithdrawalState
from bot.messages.cards.alert import incident_card
from bot.messages.cards.signal_kinds import grade_by_source
from tests.builders import NOON, signal
from tests.detection.withdrawals.polls import CLOSED, MINUTE, UNKNOWN, all_main, at, poll
from tests.messages.cards.plain import said

CALM, ELEVATED = 0.001, -0.04
TWO_CLOSED = {"USDT": CLOSED, "USDC": CLOSED}


class World:
    """Exchanges that are polled and read, and everything that is told of them, as `rule subject reason severity`."""

    def __init__(self, *exchanges: str) -> None:
        self.exchanges = exchanges or ("gate",)
        self.known = PolledWithdrawals({})
        self.sources: list[SignalSource[Any, Any]] = [ClosedWithdrawals(), ClosedNetworks()]
        self.states = {source.rule: source.initial_state() for source in self.sources}
        self.flows: dict[str, Signal] = {}
        self.round_state = RoundState()
        self.numbers = count(1)
        self.told: list[str] = []

    def poll(self, minutes: float, *readings: WithdrawalReading) -> list[str]:
        """Take polls, and judge everything that depends on them."""
        self.known = after_polls(self.known.known, readings)
        changed = [self.known.known[id_] for id_ in self.known.changed]
        signals: list[Signal] = []
        for source in self.sources:
            self.states[source.rule] = source.update(self.states[source.rule], changed)
            signals += signals_of(source, self.states[source.rule], at(minutes))
        return self._judge(minutes, [*signals, *self._flows_now(minutes)])

    def poll_states(self, minutes: float, closed_at: Iterable[str] = (), **closed: WithdrawalState) -> list[str]:
        """Poll every exchange; assets are closed at those exchanges."""
        states = [(id_, all_main(**closed) if id_ in closed_at else all_main()) for id_ in self.exchanges]
        return self.poll(minutes, *[poll(minutes, flags, exchange=id_) for id_, flags in states])

    def read_flow(self, minutes: float, share: float, exchange: str = "gate") -> list[str]:
        before = self.flows.get(exchange)
        self.flows[exchange] = signal(
            share, at=at(minutes), previous=before.as_of if before else at(minutes - 60), exchange=exchange
        )
        return self._judge(minutes, self._flows_now(minutes))

    def _flows_now(self, minutes: float) -> list[Signal]:
        return [
            replace(flow, withdrawals=judged_majors(self.known.known[id_], at(minutes)))
            for id_, flow in self.flows.items()
        ]

    def _judge(self, minutes: float, signals: Iterable[Signal]) -> list[str]:
        rounds = [RoundSignal(seen, at(minutes), (Sensitivity.NORMAL,)) for seen in signals]
        draft = judge_round(Policy(), self.round_state, rounds, grade_by_source, now=at(minutes))
        result = draft.numbered({story: next(self.numbers) for story in draft.unnumbered})
        self.round_state = result.state
        quiet = {StepReason.NOTHING, StepReason.PENDING, StepReason.UPDATED}
        told = [
            f"{step.key.rule} {step.key.subject} {step.step.reason} {step.step.incident.severity}"
            for step in result.steps
            if step.step.reason not in quiet and step.step.incident
        ]
        self.told += told
        return told

    def incident(self, rule: str = Rule.OUTFLOW, subject: str = "gate") -> Incident:
        (found,) = [
            incident
            for key, incident in self.round_state.incidents.items()
            if (key.rule, key.subject) == (rule, subject)
        ]
        return found


def with_outflow() -> World:
    """Return Gate with everything open and an elevated outflow."""
    world = World()
    for minutes in (-70, -65):
        world.poll_states(minutes)
    world.read_flow(-60, ELEVATED)
    assert world.read_flow(0, ELEVATED) == ["outflow gate opened elevated"]
    return world


def test_an_outflow_and_two_closed_majors_are_critical_with_the_line_and_recovery_ends_it() -> None:
    world = with_outflow()
    world.poll_states(20, ["gate"], **TWO_CLOSED)

    assert world.poll_states(25, ["gate"], **TWO_CLOSED) == ["outflow gate escalated critical"]

    card = said(incident_card(world.incident(), "Gate", StepReason.ESCALATED))
    assert "INC-1 · Gate · critical: outflow while withdrawals are closed" in card
    assert "Withdrawals: BTC, ETH open; USDT, USDC closed since 2022-12-13 12:20 UTC" in card
    assert "Does not ease while withdrawals of two major assets are closed." in card
    assert world.poll_states(35, ["gate"], **TWO_CLOSED) == ["withdrawals gate opened elevated"]
    world.poll_states(50)
    world.poll_states(55)
    for hour in range(1, 9):
        world.read_flow(60 * hour, CALM)
        world.poll_states(60 * hour + 5)
    assert set(world.told[-2:]) == {"withdrawals gate resolved elevated", "outflow gate resolved critical"}


def test_an_outflow_that_stops_because_withdrawals_closed_stays_also_when_the_exchange_stops_telling() -> None:
    world = with_outflow()
    world.poll_states(20, ["gate"], **TWO_CLOSED)
    world.poll_states(25, ["gate"], **TWO_CLOSED)
    world.poll(30, poll(30, fault=SourceFault.BAD_SHAPE))

    for hour in range(1, 30):
        world.read_flow(60 * hour, CALM)
        world.poll(60 * hour + 5, poll(60 * hour + 5, fault=SourceFault.UNREACHABLE))

    assert world.incident().severity is Severity.CRITICAL
    assert world.incident().state is IncidentState.OPEN
    assert "BTC, ETH unknown; USDT, USDC unknown, closed when last known" in said(
        incident_card(world.incident(), "Gate", StepReason.UPDATED)
    )
    assert "outflow gate resolved critical" not in world.told


def test_what_nobody_has_told_for_a_month_keeps_no_incident_critical() -> None:
    """The exchange has given up its interface; whatever leaves it later would never be told again."""
    world = with_outflow()
    for minutes in (20, 25):
        world.poll_states(minutes, ["gate"], **TWO_CLOSED)

    for hours in range(6, 32 * 24, 6):
        world.poll(60 * hours, poll(60 * hours, fault=SourceFault.UNREACHABLE))
        world.read_flow(60 * hours, CALM)
        if hours == 30 * 24:
            assert world.incident().severity is Severity.CRITICAL

    assert world.told[-1] == "outflow gate resolved critical"


def test_a_network_event_at_four_exchanges_is_one_notice_and_accuses_none() -> None:
    four = ("bitget", "gate", "htx", "kucoin")
    world = World(*four)
    for minutes in range(-10, 300, 5):
        world.poll_states(minutes, four if 0 <= minutes < 200 else (), BTC=CLOSED)

    assert world.told == ["network event BITCOIN opened watch"]
    card = said(incident_card(world.incident("network event", "BITCOIN"), "BITCOIN", StepReason.OPENED))
    assert "INC-1 · BITCOIN · closed at" in card


def test_all_tokens_that_close_with_their_network_are_held_against_none_either() -> None:
    """Ethereum is upgraded: ETH and every token there are closed for four hours, 40 % of all networks more."""
    four = ("bitget", "gate", "htx", "kucoin")
    world = World(*four)
    for day in range(-10, 0):
        world.poll(1440 * day, *[poll(1440 * day, all_main(), exchange=id_, share=0.1) for id_ in four])
    upgrade = {**all_main(), "ETH/ETHEREUM": CLOSED, "USDT/ETHEREUM": CLOSED, "USDC/ETHEREUM": CLOSED}
    for minutes in range(-10, 6 * 60, 5):
        flags, share = (upgrade, 0.5) if 0 <= minutes < 240 else (all_main(), 0.1)
        world.poll(minutes, *[poll(minutes, flags, exchange=id_, share=share) for id_ in four])

    assert world.told == ["network event ETHEREUM opened watch"]


def test_four_exchanges_that_shut_everything_are_four_incidents_and_no_event() -> None:
    four = ("bitget", "gate", "htx", "kucoin")
    world = World(*four)
    for minutes in (-10, -5):
        world.poll_states(minutes)
    for minutes in (0, 5):
        world.poll_states(minutes, four, **dict.fromkeys(MAJORS, CLOSED))

    assert world.told == [f"withdrawals {id_} opened severe" for id_ in four]


def test_a_source_that_changes_its_shape_is_unknown_and_no_alert() -> None:
    world = with_outflow()
    told = len(world.told)
    for minutes in range(5, 300, 5):
        world.poll(minutes, poll(minutes, fault=SourceFault.BAD_SHAPE))

    assert {major.state for major in judged_majors(world.known.known["gate"], at(300))} == {UNKNOWN}
    assert world.told[told:] == []


def test_flapping_is_told_once_and_ends_when_it_has_been_quiet_for_six_hours() -> None:
    """USDT closes for an hour and a half every two hours; then it stays open."""
    world = World()
    for minutes in range(-10, 24 * 60, 5):
        is_closed = 0 <= minutes < 12 * 60 and minutes % 120 < 90
        world.poll_states(minutes, ["gate"] if is_closed else (), USDT=CLOSED)

    assert world.told == ["withdrawals gate opened watch", "withdrawals gate resolved watch"]


def test_a_poll_that_tells_it_open_raises_nothing_though_it_was_closed_for_an_hour_until_then() -> None:
    world = World()
    for minutes in range(-10, 120, 5):
        world.poll_states(minutes, ["gate"] if 0 <= minutes < 60 else (), USDT=CLOSED)

    assert world.told == []


def test_nor_does_one_after_the_bot_was_away_for_hours_make_an_outflow_critical() -> None:
    world = World()
    for minutes in (-70, -65):
        world.poll_states(minutes)
    world.read_flow(-65, CALM)
    for minutes in (0, 5):
        world.poll_states(minutes, ["gate"], **TWO_CLOSED)

    world.poll_states(185)
    world.read_flow(186, ELEVATED)
    world.poll_states(190)
    world.read_flow(246, ELEVATED)

    assert world.told == ["outflow gate opened elevated"]


def test_an_outflow_that_is_read_while_one_poll_tells_it_open_is_critical_when_the_next_one_does_not() -> None:
    world = World()
    for minutes in (-70, -65):
        world.poll_states(minutes)
    for minutes in (20, 25):
        world.poll_states(minutes, ["gate"], **TWO_CLOSED)
    world.poll_states(60)
    assert world.read_flow(61, ELEVATED) == []

    assert "outflow gate opened critical" in world.poll_states(65, ["gate"], **TWO_CLOSED)


def test_what_is_told_open_by_one_poll_alone_is_closed_all_the_same() -> None:
    world = with_outflow()
    for minutes in range(20, 60, 5):
        world.poll_states(minutes, () if minutes == 30 else ["gate"], **TWO_CLOSED)
    world.read_flow(60, CALM)

    assert world.told[-2:] == ["outflow gate escalated critical", "withdrawals gate opened elevated"]
    assert world.incident().severity is Severity.CRITICAL


def test_what_was_closed_at_the_first_look_is_no_news() -> None:
    world = World()
    for minutes in range(0, 300, 5):
        world.poll_states(minutes, ["gate"], USDC=CLOSED)

    assert world.told == []
    world.read_flow(300, ELEVATED)
    assert "USDC closed since before 2022-12-13 12:00 UTC" in said(
        incident_card(world.incident(), "Gate", StepReason.OPENED)
    )


def test_an_incident_of_what_is_delisted_ends_once_it_is_forgotten() -> None:
    world = World()
    listed = {key: state for key, state in all_main().items() if not key.startswith("USDC")}
    for minutes in (*range(-10, 120, 5), *range(120, 32 * 24 * 60, 240)):
        flags = all_main(USDC=CLOSED) if 0 <= minutes < 120 else all_main() if minutes < 0 else listed
        world.poll(minutes, poll(minutes, flags))

    assert world.told[:2] == ["withdrawals gate opened watch", "withdrawals gate held watch"]
    assert world.told[-1] == "withdrawals gate resolved watch"


def test_an_incident_of_many_closed_networks_ends_once_they_are_open() -> None:
    world = World()
    for day in range(-10, 0):
        world.poll(1440 * day, poll(1440 * day, all_main(), share=0.1))
    for minutes in range(-10, 10 * 60, 5):
        world.poll(minutes, poll(minutes, all_main(), share=0.4 if 0 <= minutes < 120 else 0.1))

    assert world.told == ["withdrawals gate opened watch", "withdrawals gate resolved watch"]


def test_a_longer_closing_is_told_again_only_where_it_gets_worse() -> None:
    world = World()
    closed: dict[str, WithdrawalState] = {}
    for minutes in range(-10, 12 * 60, 5):
        closed |= {0: {"USDT": CLOSED}, 120: {"USDC": CLOSED}, 240: {"BTC": CLOSED, "ETH": CLOSED}}.get(minutes, {})
        world.poll_states(minutes, ["gate"], **closed)

    assert world.told == [
        "withdrawals gate opened watch",
        "withdrawals gate escalated elevated",
        "withdrawals gate escalated severe",
    ]
    assert [event.at - NOON for event in world.incident("withdrawals").events] == [
        60 * MINUTE,
        135 * MINUTE,
        245 * MINUTE,
    ]
