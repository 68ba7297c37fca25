from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from bot.alerting.lifecycle_policy import Policy
from bot.alerting.market_wide import advance_market, large_outflows, with_market_cover
from bot.alerting.routing import Audience, audience
from bot.domain.flow import Window
from bot.domain.incident import Incident, IncidentState, Step, StepReason
from bot.domain.place import Subscription
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Rule, Size, Unit
from tests.builders import DAY, HOUR, NOON, flow, incident, signal, subscription

ELEVATED, SEVERE, WATCH = Severity.ELEVATED, Severity.SEVERE, Severity.WATCH
TO_ALL, NAMED = subscription(None), subscription("a")


def story(
    name: str, severity: Severity = ELEVATED, *, at: datetime = NOON, reserves: float = 6e10, share: float = -0.036
) -> Incident:
    seen = signal(None, at=at, exchange=name, flows=[flow(share, at=at, reserves=reserves)])
    return incident(severity, exchange=name, seen=seen, number=ord(name[0]))


def three(severity: Severity = ELEVATED) -> list[Incident]:
    return [story("a", severity), story("b", severity), story("c", severity)]


def step(before: Incident | None, incidents: Sequence[Incident], *, now: datetime = NOON + HOUR) -> Step:
    return advance_market(Policy(), before, incidents, now)


def opened(incidents: Sequence[Incident] | None = None) -> Incident:
    found = step(None, incidents or three()).incident
    assert found
    return replace(found, number=7)


class TestMarketWide:
    def test_three_large_exchanges_in_trouble_open_one_incident(self) -> None:
        found = step(None, three())

        assert found.reason is StepReason.OPENED
        assert found.incident
        assert (found.incident.subject, found.incident.rule) == ("market", Rule.MARKET_WIDE)
        assert (found.incident.severity, found.incident.confirmed) == (ELEVATED, True)
        assert [(member.exchange, member.label) for member in found.incident.signal.members] == [
            ("a", "INC-97"), ("b", "INC-98"), ("c", "INC-99"),
        ]  # fmt: skip
        day = found.incident.signal.flow(Window.DAY)
        assert day
        assert day == found.incident.signal.leading_flow
        assert (day.start, day.end) == (NOON - DAY, NOON)
        assert day.reserves_usd == pytest.approx(1.8e11)
        assert day.usd == pytest.approx(-0.036 * 1.8e11)
        assert day.share == pytest.approx(-0.036)

    @pytest.mark.parametrize(
        "third",
        [
            story("c", WATCH),
            story("c", reserves=0.9e9),
            replace(story("c"), state=IncidentState.PENDING),
            replace(story("c"), state=IncidentState.RESOLVED),
            replace(story("c"), sensitivity=Sensitivity.EARLY),
            story("c", at=NOON - 3 * DAY - HOUR),
        ],
    )
    def test_two_are_not_the_market(self, third: Incident) -> None:
        assert step(None, [story("a"), story("b"), third]) == Step(None, StepReason.NOTHING)

    @pytest.mark.parametrize("third", [story("c", reserves=1e9), story("c", at=NOON - 3 * DAY)])
    def test_a_third_that_is_just_large_or_recent_enough_makes_it_the_market(self, third: Incident) -> None:
        assert step(None, [story("a"), story("b"), third]).reason is StepReason.OPENED

    @pytest.mark.parametrize(
        ("days_ago", "reason"),
        [((0, 2, 4), StepReason.NOTHING), ((0, 1, 2, 9), StepReason.OPENED), ((0, 2, 4, 5), StepReason.NOTHING)],
    )
    def test_it_is_the_three_newest_that_count(self, days_ago: Sequence[int], reason: StepReason) -> None:
        names = "abcd"
        assert (
            step(None, [story(names[index], at=NOON - day * DAY) for index, day in enumerate(days_ago)]).reason
            is reason
        )

    def test_its_figures_are_as_new_as_the_newest_and_never_get_older(self) -> None:
        newest = story("c", at=NOON + HOUR)
        market = opened([story("a"), story("b"), newest])

        assert market.signal.as_of == NOON + HOUR
        after = step(market, [*three(), story("d")]).incident
        assert after
        assert (after.signal.as_of, len(after.signal.members)) == (NOON + HOUR, 4)

    def test_a_member_is_shown_by_its_day_else_by_what_leads(self) -> None:
        week = flow(-0.12, Window.WEEK)
        both = incident(exchange="a", seen=signal(-0.036, exchange="a", flows=[week]))
        weekly = incident(exchange="b", seen=signal(None, exchange="b", flows=[week]))
        assert both.signal.leading is Window.WEEK

        found = opened([both, weekly, story("c")]).signal

        assert [(member.exchange, member.window, member.share) for member in found.members] == [
            ("a", Window.DAY, -0.036), ("b", Window.WEEK, -0.12), ("c", Window.DAY, -0.036),
        ]  # fmt: skip
        day = found.flow(Window.DAY)
        assert day
        assert day.reserves_usd == pytest.approx(6.41e10 + 6e10)

    def test_without_a_day_anywhere_it_has_no_figure(self) -> None:
        weekly = [
            incident(exchange=name, seen=signal(None, exchange=name, flows=[flow(-0.12, Window.WEEK)]))
            for name in ("a", "b", "c")
        ]

        market = opened(weekly)

        assert (market.signal.flows, market.signal.leading, len(market.signal.members)) == ((), None, 3)
        assert market.worst is None

    def test_it_is_as_severe_as_the_third_worst(self) -> None:
        four = [story("a", SEVERE), story("b", SEVERE), story("c"), story("d")]

        assert opened(four).severity is ELEVATED
        worse = step(opened(four), [*four[:2], story("c", SEVERE), four[3]])
        assert (worse.reason, worse.incident and worse.incident.severity) == (StepReason.ESCALATED, SEVERE)

    def test_it_eases_with_its_members(self) -> None:
        eased = step(opened(three(SEVERE)), three())

        assert (eased.reason, eased.incident and eased.incident.severity) == (StepReason.DEESCALATED, ELEVATED)

    def test_it_is_over_when_fewer_than_three_are_left(self) -> None:
        over = step(opened(), three()[:2])

        assert over.reason is StepReason.RESOLVED
        assert over.incident
        assert over.incident.state is IncidentState.RESOLVED

    def test_it_lasts_while_three_are_in_trouble_however_long(self) -> None:
        later = [replace(member, first_as_of=NOON + index * 5 * DAY) for index, member in enumerate(three())]

        assert step(opened(), later).reason is StepReason.NOTHING

    def test_a_fourth_member_is_told(self) -> None:
        assert step(opened(), [*three(), story("d")]).reason is StepReason.UPDATED

    def test_a_member_that_gets_worse_is_told(self) -> None:
        assert step(opened(), [story("a", SEVERE), *three()[1:]]).reason is StepReason.UPDATED

    def test_a_member_whose_newest_figures_lack_a_part_stays_one_by_the_last_complete_ones(self) -> None:
        held = signal(None, at=NOON + HOUR, exchange="a")
        incomplete = replace(story("a"), signal=held, last_complete=story("a").signal)

        assert step(opened(), [incomplete, *three()[1:]]).reason is StepReason.NOTHING

    def test_it_is_no_member_of_itself(self) -> None:
        assert large_outflows([opened()]) == []


class TestCoveredIncidents:
    def covered(self, single: Incident, before: Incident | None = None, market: Incident | None = None) -> Incident:
        found = with_market_cover(Step(single, StepReason.OPENED), before, market or opened()).incident
        assert found
        return found

    def test_a_single_incident_knows_what_it_is_part_of(self) -> None:
        assert (self.covered(story("a")).covered_by, self.covered(story("a")).quiet) == (7, True)
        assert with_market_cover(Step(story("a"), StepReason.OPENED), None, None).incident == story("a")

    def test_incidents_of_other_sources_stand_beside_it(self) -> None:
        other = replace(story("a"), rule="withdrawals")

        assert self.covered(other) == other
        assert large_outflows([other]) == []

    def test_it_is_no_longer_once_the_market_is_calm(self) -> None:
        over = replace(opened(), state=IncidentState.RESOLVED)
        before = self.covered(story("a"))

        assert self.covered(before, before, over) == story("a")

    @pytest.mark.parametrize("severity", Severity)
    def test_one_that_opens_is_read_inside_the_market_by_who_asked_for_all(self, severity: Severity) -> None:
        """However severe it is: one burst rings once. Who named the exchange gets its own message as well."""
        single = Step(self.covered(story("a", severity)), StepReason.OPENED)

        found = audience(None, single, [TO_ALL, NAMED], opened())

        assert found == Audience(post=(NAMED,))

    def test_nor_are_they_told_of_its_changes(self) -> None:
        before = self.covered(story("a"))
        later = self.covered(replace(before, steps=2, severity=SEVERE, peak=SEVERE), before)

        assert later.quiet
        assert audience(before, Step(later, StepReason.ESCALATED), [TO_ALL, NAMED], opened()).post == (NAMED,)
        assert audience(before, Step(later, StepReason.UPDATED), [TO_ALL, NAMED], opened()) == Audience(edit=(NAMED,))

    def test_one_that_was_pending_opens_quietly_as_well(self) -> None:
        pending = replace(story("a"), state=IncidentState.PENDING, steps=0)

        assert self.covered(story("a"), pending).quiet

    @pytest.mark.parametrize("reason", [StepReason.ESCALATED, StepReason.UPDATED, StepReason.RESOLVED])
    def test_a_message_that_was_there_before_goes_on(self, reason: StepReason) -> None:
        before = story("a", WATCH)
        single = self.covered(story("a"), before)

        assert not single.quiet
        assert audience(before, Step(single, reason), [TO_ALL], opened()) == Audience(follow=(TO_ALL,))

    @pytest.mark.parametrize("asked", [subscription(None, severity=SEVERE), subscription(None, usd=9e11)])
    def test_a_place_that_the_market_has_not_reached_hears_of_the_exchange_itself(self, asked: Subscription) -> None:
        severe = replace(self.covered(story("a", SEVERE)), worst=Size(-0.9, Unit.RESERVES, -9e11))

        assert audience(None, Step(severe, StepReason.OPENED), [asked, TO_ALL], opened()).post == (asked,)

    def test_one_that_goes_on_when_the_market_is_calm_is_told_at_its_next_change(self) -> None:
        before = self.covered(story("a"))
        updated = with_market_cover(Step(before, StepReason.UPDATED), before, None)

        assert audience(before, updated, [TO_ALL]).edit == (TO_ALL,)

    def test_nothing_stays_nothing(self) -> None:
        gone = Step(None, StepReason.DISMISSED)

        assert with_market_cover(gone, story("a"), opened()) is gone
