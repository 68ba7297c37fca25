from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.detection.withdrawals.closed_withdrawals import CLOSED_SHARE, SHARE_JUMPED_FOR, USUAL_SHARE, ClosedWithdrawals
from bot.detection.withdrawals.polls import PolledWithdrawals
from bot.domain.assets import MAJORS
from bot.domain.errors import SourceFault
from bot.domain.flow import HoldReason
from bot.domain.severity import Sensitivity, Severity, rank
from bot.domain.signal import CLOSED_WITHDRAWALS, Measurement, Reason, Signal, Size, Unit
from bot.domain.withdrawal_reading import Maintenance, WithdrawalState
from bot.domain.withdrawals import Majors
from tests.builders import majors
from tests.detection.withdrawals.polls import CLOSED, OPEN, UNKNOWN, all_main, at, poll, polled

SOURCE = ClosedWithdrawals()
WORK = Maintenance("Wallet work", is_under_way=True)


def closing(
    closed_at: Mapping[str, float], until: float, *, maintenance: Mapping[str, Maintenance] | None = None
) -> PolledWithdrawals:
    """Return what is known after a poll of Gate every five minutes; assets close at so many minutes after noon."""
    minutes = [-10, -5]
    while minutes[-1] < until:
        minutes.append(minutes[-1] + 5)
    return polled(
        *[
            poll(
                minute,
                all_main(**{asset: CLOSED if minute >= first else OPEN for asset, first in closed_at.items()}),
                maintenance=[replace(work, assets=frozenset({asset})) for asset, work in (maintenance or {}).items()],
            )
            for minute in minutes
        ]
    )


def signal_of(known: PolledWithdrawals, minutes: float, preset: Sensitivity = Sensitivity.NORMAL) -> Signal:
    state = SOURCE.update(SOURCE.initial_state(), list(known.known.values()))
    found = SOURCE.signal(state, "gate", at(minutes))
    assert found
    return SOURCE.grade(found, preset)


def graded(withdrawals: Majors, minutes: float = 0, preset: Sensitivity = Sensitivity.NORMAL) -> Signal:
    raw = signal_of(polled(poll(-10, all_main()), poll(-5, all_main())), 0)
    return SOURCE.grade(replace(raw, withdrawals=withdrawals, as_of=at(minutes)), preset)


@pytest.mark.parametrize(
    ("closed_at", "minutes", "severity"),
    [
        ({}, 60, None),
        ({"USDT": 0}, 55, None),
        ({"USDT": 0}, 60, Severity.WATCH),
        ({"USDT": 0, "USDC": 20}, 30, None),
        ({"USDT": 0, "USDC": 20}, 35, Severity.ELEVATED),
        ({"USDT": 0, "USDC": 0, "BTC": 10}, 15, Severity.ELEVATED),
        ({"USDT": 0, "USDC": 20, "BTC": 40, "ETH": 40}, 45, Severity.SEVERE),
        (dict.fromkeys(MAJORS, 0), 5, Severity.SEVERE),
    ],
)
def test_severity_is_by_how_many_majors_are_closed_for_how_long(
    closed_at: Mapping[str, float], minutes: float, severity: Severity | None
) -> None:
    found = signal_of(closing(closed_at, minutes), minutes)

    assert (found.severity, found.graded, found.as_of) == (severity, True, at(minutes))
    assert found.confirmed_by_source is (severity is not None)


def test_a_closing_that_only_one_poll_has_said_is_none() -> None:
    assert signal_of(closing(dict.fromkeys(MAJORS, 0), 0), 0).easing is None


@pytest.mark.parametrize(
    ("preset", "watch", "elevated"),
    [(Sensitivity.EARLY, 42, 10.5), (Sensitivity.NORMAL, 60, 15), (Sensitivity.CALM, 90, 22.5)],
)
def test_presets_wait_for_other_times_and_for_all_four_none_does(
    preset: Sensitivity, watch: float, elevated: float
) -> None:
    for closed, limit, severity in (
        (majors("BTC"), watch, Severity.WATCH),
        (majors("BTC", "ETH"), elevated, Severity.ELEVATED),
    ):
        assert graded(closed, limit - 0.1, preset).severity is None
        assert graded(closed, limit, preset).severity is severity
    assert graded(majors(*MAJORS), 0, preset).severity is Severity.SEVERE


def test_reasons_say_how_long_each_of_them_has_been_closed() -> None:
    assert signal_of(closing({"USDT": 0}, 75), 75).reasons == (Reason(None, "USDT", 75.0, 60.0),)
    assert signal_of(closing({"USDT": 0, "USDC": 20}, 35), 35).reasons == (
        Reason(None, "USDT", 35.0, 15.0),
        Reason(None, "USDC", 15.0, 15.0),
    )
    assert signal_of(closing(dict.fromkeys(MAJORS, 0), 5), 5).reasons == (Reason(None, CLOSED_WITHDRAWALS, 4.0, 4.0),)


def test_every_major_is_measured_and_the_number_of_closed_ones_leads() -> None:
    found = signal_of(closing({"USDT": 0}, 60), 60)

    assert found.figures == (
        Measurement(CLOSED_WITHDRAWALS, Size(-1.0, Unit.COUNT)),
        *(Measurement(asset, Size(-float(asset == "USDT"), Unit.COUNT)) for asset in MAJORS),
    )
    assert (found.leading, found.size, found.crossed) == (CLOSED_WITHDRAWALS, Size(-1.0, Unit.COUNT), ("USDT",))


def test_for_leaving_nothing_waits() -> None:
    assert graded(majors("BTC"), 1).easing is Severity.WATCH
    assert graded(majors("BTC", "ETH"), 1).easing is Severity.ELEVATED
    assert graded(majors(), 1).easing is None


@pytest.mark.parametrize(
    ("closed", "severity", "easing"),
    [
        (majors("BTC", began_unseen=True), None, None),
        (majors("BTC", "ETH", began_unseen=True), None, Severity.ELEVATED),
        ((majors("BTC", began_unseen=True)[0], *majors("ETH")[1:]), Severity.ELEVATED, Severity.ELEVATED),
        (majors(*MAJORS, began_unseen=True), Severity.SEVERE, Severity.SEVERE),
    ],
)
def test_what_was_closed_at_the_first_look_raises_nothing_by_itself_unless_it_is_everything(
    closed: Majors, severity: Severity | None, easing: Severity | None
) -> None:
    found = graded(closed, 24 * 60)

    assert (found.severity, found.easing) == (severity, easing)


@pytest.mark.parametrize(
    ("closed_at", "announced", "minutes", "severity"),
    [
        ({"USDT": 0}, {"USDT": WORK}, 60, None),
        ({"USDT": 0}, {"BTC": WORK}, 60, Severity.WATCH),
        ({"USDT": 0, "USDC": 0}, {"USDT": WORK, "USDC": WORK}, 15, Severity.WATCH),
        ({"USDT": 0, "USDC": 0}, {"USDT": WORK}, 15, Severity.WATCH),
        ({"USDT": 0, "USDC": 0, "BTC": 0}, {"USDT": WORK}, 15, Severity.ELEVATED),
        (dict.fromkeys(MAJORS, 0), dict.fromkeys(MAJORS, WORK), 5, Severity.ELEVATED),
        (dict.fromkeys(MAJORS, 0), {"USDT": WORK}, 5, Severity.ELEVATED),
    ],
)
def test_announced_maintenance_lowers_by_one_what_rests_on_it(
    closed_at: Mapping[str, float], announced: Mapping[str, Maintenance], minutes: float, severity: Severity | None
) -> None:
    found = signal_of(closing(closed_at, minutes, maintenance=announced), minutes)

    assert found.severity is severity
    assert bool(found.reasons) is (severity is not None)


def test_a_closed_share_that_has_jumped_for_an_hour_is_a_watch() -> None:
    quiet = [poll(-24 * 60 * day, all_main(), share=0.1) for day in range(10, -1, -1)]

    early, late = (
        signal_of(polled(*quiet, *[poll(5 * number, all_main(), share=0.324) for number in range(1, count)]), minutes)
        for count, minutes in ((13, 60), (14, 65))
    )

    assert (early.severity, early.easing, early.leading) == (None, Severity.WATCH, CLOSED_SHARE)
    assert (late.severity, late.reasons) == (Severity.WATCH, (Reason(None, CLOSED_SHARE, 60.0, 60.0),))
    assert (late.size, late.crossed) == (Size(-0.32, Unit.NETWORKS), (CLOSED_SHARE,))
    assert late.figures[-3:] == (
        Measurement(CLOSED_SHARE, Size(-0.32, Unit.NETWORKS)),
        Measurement(USUAL_SHARE, Size(-0.1, Unit.NETWORKS)),
        Measurement(SHARE_JUMPED_FOR, Size(-60.0, Unit.COUNT)),
    )


def test_an_incident_is_of_the_majors_where_any_is_closed_beside_a_share_that_jumped() -> None:
    jumped = Measurement(SHARE_JUMPED_FOR, Size(-90.0, Unit.COUNT))
    raw = replace(graded(majors("BTC", "ETH"), 30), figures=(jumped,))

    found = SOURCE.grade(raw, Sensitivity.NORMAL)

    assert (found.severity, found.leading) == (Severity.ELEVATED, CLOSED_WITHDRAWALS)
    assert found.crossed == ("BTC", "ETH", CLOSED_SHARE)


def test_what_is_unknown_is_held_with_its_cause_and_nothing_is_judged_where_everything_is() -> None:
    known = closing({"USDT": 0}, 60)
    vanished = polled(poll(65, {"BTC/BITCOIN": OPEN}), before=known.known)
    unreadable = polled(poll(65, fault=SourceFault.BAD_SHAPE), before=known.known)

    part, nothing = signal_of(vanished, 65), signal_of(unreadable, 65)

    assert [figure.hold is None for figure in part.figures] == [True, True, False, False, False]
    assert (part.graded, part.severity) == (True, None)
    assert part.judged == {CLOSED_WITHDRAWALS, "BTC"}
    assert part.holds[0].detail == "the exchange says nothing about it now"
    assert (nothing.graded, nothing.severity, nothing.easing) == (False, None, None)
    assert {(hold.reason, hold.detail) for hold in nothing.holds} == {(HoldReason.UNKNOWN, "bad shape")}


def test_what_was_answered_too_long_ago_is_not_judged() -> None:
    assert not signal_of(closing({"USDT": 0}, 60), 60 + 46).graded


def test_of_an_exchange_that_never_answered_there_is_no_signal() -> None:
    known = polled(poll(0, fault=SourceFault.BLOCKED))
    state = SOURCE.update(SOURCE.initial_state(), list(known.known.values()))

    assert SOURCE.signal(state, "gate", at(0)) is None
    assert SOURCE.signal(state, "okx", at(0)) is None
    assert list(SOURCE.subjects(state)) == ["gate"]


def test_what_is_known_twice_or_comes_late_changes_nothing() -> None:
    older, newer = (closing({}, minutes).known["gate"] for minutes in (0, 5))
    state = SOURCE.update(SOURCE.update(SOURCE.initial_state(), [older]), [newer])

    assert SOURCE.update(state, [newer]) == state
    assert SOURCE.update(state, [older]) == state
    found = SOURCE.signal(state, "gate", at(5))
    assert found
    assert (found.as_of, found.previous_as_of) == (at(5), at(0))


STATES = st.sampled_from([OPEN, CLOSED, UNKNOWN])


@settings(max_examples=60)
@given(
    st.tuples(*[st.tuples(STATES, st.booleans(), st.booleans(), st.booleans(), st.booleans())] * 4),
    st.integers(0, 200),
    st.sampled_from(Sensitivity),
)
def test_what_is_excused_never_counts_and_leaving_is_never_harder_than_entering(
    drawn: tuple[tuple[WithdrawalState, bool, bool, bool, bool], ...], minutes: int, preset: Sensitivity
) -> None:
    withdrawals = tuple(
        replace(
            major,
            state=state,
            network_event="TRON" if is_event else "",
            is_dead=is_dead,
            in_maintenance=in_maintenance,
            began_unseen=unseen,
        )
        for major, (state, is_event, is_dead, in_maintenance, unseen) in zip(majors(), drawn, strict=True)
    )
    as_if_open = tuple(
        replace(major, state=OPEN) if major.network_event or major.is_dead else major for major in withdrawals
    )

    found, without = graded(withdrawals, minutes, preset), graded(as_if_open, minutes, preset)

    if found.graded and without.graded:
        assert (found.severity, found.easing) == (without.severity, without.easing)
    assert rank(found.severity) <= rank(found.easing) or not found.graded
