"""What drills say together, and that neither one person nor one community moves the median."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.detection.drills import community_weights, summarise_drills
from bot.domain.drill import Drill, DrillFigures, DrillOutcome, DrillSummary
from tests.builders import DAY, HOUR, NOON

MINUTE = timedelta(minutes=1)
ARRIVED, REFUSED, CANCELLED = DrillOutcome.ARRIVED, DrillOutcome.REFUSED, DrillOutcome.CANCELLED


def drill(  # noqa: PLR0913 — what a drill may be, each part named where it matters
    person: str,
    took: float | None = 11,
    *,
    community: str = "traders",
    outcome: DrillOutcome | None = ARRIVED,
    at: datetime = NOON - HOUR,
    route: tuple[str, str] = ("", ""),
) -> Drill:
    """Return a drill that ended after so many minutes, None for one that is under way."""
    if took is None:
        return Drill(person, community, at, *route)
    return Drill(person, community, at, *route, outcome, at + took * MINUTE)


def people(community: str, *minutes: float | None, outcome: DrillOutcome = ARRIVED) -> list[Drill]:
    return [
        drill(f"{community} {number}", took, community=community, outcome=outcome)
        for number, took in enumerate(minutes)
    ]


def summary(drills: Sequence[Drill]) -> DrillSummary:
    found = summarise_drills(drills, NOON)
    assert found
    return found


def only(drills: Sequence[Drill]) -> DrillFigures:
    [figures] = summary(drills).figures
    return figures


def test_of_two_people_nothing_is_shown() -> None:
    assert summarise_drills(people("traders", 10, 11), NOON) is None
    assert summarise_drills([], NOON) is None


def test_three_people_of_one_community_are_enough() -> None:
    assert summary(people("traders", 10, 30, 12)) == DrillSummary((DrillFigures(3, 12 * MINUTE, 0, 0),), 1)


def test_an_even_number_has_the_mean_of_the_two_in_the_middle() -> None:
    assert only(people("traders", 10, 12, 14, 60)).median == 13 * MINUTE


def test_refused_and_waiting_are_counted_beside_the_median() -> None:
    drills = [
        *people("traders", 10, 12, 14),
        drill("refused", 1, outcome=REFUSED),
        drill("waiting", None),
        drill("gave up", 5, outcome=CANCELLED),
    ]
    assert only(drills) == DrillFigures(5, 12 * MINUTE, 1, 1)


def test_two_arrivals_make_no_median() -> None:
    drills = [*people("traders", 10, 12), drill("waiting", None)]
    assert only(drills) == DrillFigures(3, None, 0, 1)


def test_a_drill_counts_for_a_day_after_its_last_press() -> None:
    requested_long_ago = drill("patient", 26 * 60, at=NOON - 27 * HOUR)
    drills = [*people("traders", 10, 12, 14), requested_long_ago]
    assert only(drills).people == 4
    assert only([*drills, drill("forgotten", None, at=NOON - DAY)]).people == 4
    later = summarise_drills([replace(old, requested_at=old.requested_at - DAY) for old in drills[:3]], NOON + 2 * DAY)
    assert later is None


def test_a_person_counts_once_by_the_newest_drill_that_has_ended() -> None:
    """Yesterday evening 20 min, this morning 40 min, and since an hour ago one under way."""
    ann = [drill("ann", 20, at=NOON - 16 * HOUR), drill("ann", 40, at=NOON - 4 * HOUR), drill("ann", None)]
    assert only([*ann, *people("traders", 10, 90)]) == DrillFigures(3, 40 * MINUTE, 0, 0)


# Several communities.


def test_a_flood_of_one_community_counts_for_a_third_at_most() -> None:
    """The example of the module: 50 accounts that say 16 h count as one of four people."""
    honest = [*people("a", 10), *people("b", 11), *people("c", 12)]
    flood = people("flood", *[960] * 50)
    assert only([*honest, *flood]) == DrillFigures(4, 11.5 * MINUTE, 0, 0)


def test_refusals_of_a_flood_count_for_a_third_at_most_and_a_single_one_is_not_lost() -> None:
    large = people("large", *[11.0] * 30)
    others = [*people("b", 11), *people("c", 12), *people("d", 12)]
    assert only([*large, *others, *people("flood", *[1.0] * 50, outcome=REFUSED)]) == DrillFigures(
        9, 11.5 * MINUTE, 3, 0
    )
    assert only([*large[1:], drill("large 0", 5, community="large", outcome=REFUSED), *others]).refused == 1


def test_weights_are_rounded_to_whole_people() -> None:
    """Of 30 people who count as three, 18 were refused: 1.8 people."""
    refused = people("large", *[1.0] * 30, outcome=REFUSED)[:18]
    arrived = people("large", *[11.0] * 30)[18:]
    others = [*people("b", 11, 12, 13), *people("c", 12, 13, 14)]
    assert only([*refused, *arrived, *others]) == DrillFigures(9, 12 * MINUTE, 2, 0)


def test_two_communities_have_figures_of_their_own() -> None:
    honest, flood = people("traders", 10, 11, 12), people("flood", *[960] * 50)
    shown = summary([*honest, *flood])
    assert shown.figures == (DrillFigures(50, 960 * MINUTE, 0, 0), DrillFigures(3, 11 * MINUTE, 0, 0))
    assert shown.communities == 2


def test_beside_a_group_two_accounts_of_another_are_not_shown() -> None:
    shown = summary([*people("traders", 10, 11, 12), *people("flood", 960, 960)])
    assert shown == summary(people("traders", 10, 11, 12))


def test_few_people_of_two_communities_are_counted_without_a_median() -> None:
    shown = summary([*people("traders", 10, 11), *people("private", 12)])
    assert shown == DrillSummary((DrillFigures(3, None, 0, 0),), 2)


def test_a_community_whose_money_alone_arrived_makes_no_median() -> None:
    """The others wait: a flood must not speak for them."""
    waiting = [*people("a", None, None), *people("b", None, None), *people("c", None)]
    assert only([*waiting, *people("flood", *[1.0] * 9)]).median is None


@pytest.mark.parametrize(
    ("sizes", "most"),
    [
        ({"a": 14}, 14),
        ({"a": 14, "b": 2}, 14),
        ({"a": 1, "b": 1, "c": 1}, 1),
        ({"a": 50, "b": 1, "c": 1, "d": 1}, 1),
        ({"a": 50, "b": 10, "c": 10, "d": 10}, 15),
        ({"a": 500, "b": 400, "c": 3}, 3),
    ],
)
def test_the_most_that_a_community_may_count_for(sizes: dict[str, int], most: int) -> None:
    weights = community_weights(sizes)
    assert max(sizes[community] * weight for community, weight in weights.items()) == pytest.approx(most)


# Routes.


def test_routes_that_three_people_named_are_shown_by_themselves() -> None:
    over_tron, over_ethereum = ("USDT", "TRON"), ("USDT", "ETHEREUM")
    drills = [
        *(drill(f"tron {number}", 4, route=over_tron) for number in range(3)),
        *(drill(f"ethereum {number}", 30, route=over_ethereum) for number in range(2)),
        *(drill(f"bitcoin {number}", 50, route=("BTC", "")) for number in range(4)),
        drill("no asset", 50),
    ]
    assert summary(drills).routes == (
        ("BTC", "", DrillFigures(4, 50 * MINUTE, 0, 0)),
        ("USDT", "TRON", DrillFigures(3, 4 * MINUTE, 0, 0)),
    )


# Whatever the flood is.

minutes = st.integers(1, 7 * 24 * 60)
outcomes = st.sampled_from((ARRIVED, REFUSED, CANCELLED, None))
honest_people = st.lists(st.tuples(st.sampled_from("abcd"), minutes), min_size=3, max_size=12)
floods = st.lists(st.tuples(minutes, outcomes), max_size=60)


def honest_drills(drawn: Sequence[tuple[str, int]]) -> list[Drill]:
    return [
        drill(f"honest {number}", took, community=community, at=NOON - HOUR - took * MINUTE)
        for number, (community, took) in enumerate(drawn)
    ]


def flood_drills(drawn: Sequence[tuple[int, DrillOutcome | None]]) -> list[Drill]:
    return [
        drill(f"flood {number}", took if outcome else None, community="flood", outcome=outcome)
        for number, (took, outcome) in enumerate(drawn)
    ]


@given(honest_people, floods)
def test_no_community_moves_a_median_beyond_what_others_found(
    drawn: list[tuple[str, int]], flood: list[tuple[int, DrillOutcome | None]]
) -> None:
    honest = honest_drills(drawn)
    found = summary([*honest, *flood_drills(flood)])
    times = [took for done in honest if (took := done.took)]
    if found.communities >= 3:
        [figures] = found.figures
        assert figures.median is None or min(times) <= figures.median <= max(times)
    elif len({done.community for done in honest}) == 1:
        # One honest community: what it shows is the same with a flood beside it and without.
        assert set(summary(honest).figures) <= set(found.figures)


@given(honest_people, floods)
def test_no_community_has_more_than_a_third_of_three_or_more(
    drawn: list[tuple[str, int]], flood: list[tuple[int, DrillOutcome | None]]
) -> None:
    sizes = Counter(done.community for done in [*honest_drills(drawn), *flood_drills(flood)])
    weights = community_weights(sizes)
    counted = {community: sizes[community] * weights[community] for community in sizes}
    if len(sizes) >= 3:
        assert max(counted.values()) <= sum(counted.values()) / 3 + 1e-9
    assert all(0 < weight <= 1 for weight in weights.values())


@given(honest_people, st.lists(st.tuples(minutes, outcomes, st.integers(0, 60)), max_size=40))
def test_one_person_moves_no_median_beyond_what_others_found(
    drawn: list[tuple[str, int]], pressed: list[tuple[int, DrillOutcome | None, int]]
) -> None:
    """However often one person pressed: three others or more of one community."""
    others = [replace(done, community="traders") for done in honest_drills(drawn)]
    eager = [
        drill("eager", took if outcome else None, outcome=outcome, at=NOON - HOUR - started * MINUTE)
        for took, outcome, started in pressed
    ]
    [figures] = summary([*others, *eager]).figures
    times = sorted(took for done in others if (took := done.took))
    assert figures.people <= len(others) + 1
    assert figures.median
    assert times[0] <= figures.median <= times[-1]
