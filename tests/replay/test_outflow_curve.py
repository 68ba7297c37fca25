from datetime import timedelta

import pytest

from bot.replay.episode import RECONSTRUCTION
from bot.replay.episodes.catalogue import EPISODES, find_episode
from bot.replay.outflow_curve import has_outflow_curve, outflow_curve_of
from tests.replay.expectations import ExpectedOutcome, expected
from tests.replay.plain_flow import plain_flow

DAY = timedelta(days=1)


def test_a_run_of_the_past_is_a_reconstruction_in_which_the_first_exchange_was_left() -> None:
    for name, episode in EPISODES.items():
        due = expected(name, episode.exchanges[0].id)
        is_past = episode.label == RECONSTRUCTION and due.outcome is ExpectedOutcome.RUN
        assert episode.crossed_on == (due.due_on if is_past else None), name


def test_runs_of_the_past_have_a_path_and_made_up_ones_have_none() -> None:
    with_curve = {name for name, episode in EPISODES.items() if has_outflow_curve(episode)}

    assert {"binance-2022", "ftx-2022"} <= with_curve
    assert all(EPISODES[name].label == "reconstruction from published figures" for name in with_curve)
    assert "quiet-weeks" not in with_curve


@pytest.mark.parametrize("name", ["binance-2022", "ftx-2022"])
def test_a_path_is_what_left_since_the_day_before_it_crossed(name: str) -> None:
    flows, whole = plain_flow(name), outflow_curve_of(find_episode(name))
    leading = flows.episode.exchanges[0].id
    due = flows.episode.crossed_on
    assert due

    assert whole.start.date() == due - DAY
    for days in (1, 3, 7):
        at = whole.start + days * DAY
        left = flows.flow(leading, whole.start, at) / flows.clean(leading, whole.start)
        assert whole.at(days * DAY) == pytest.approx(left)


def test_ftx_lost_a_quarter_in_a_day_and_more_than_a_third_in_all() -> None:
    whole = outflow_curve_of(find_episode("ftx-2022"))
    (first, second) = (whole.at(days * DAY) for days in (1, 2))

    assert first is not None
    assert second is not None
    assert second - first < -0.2
    assert whole.worst == pytest.approx(-0.37, abs=0.005)
    assert (whole.shares[0], whole.elapsed[0]) == (0.0, timedelta(0))
    assert whole.label == "reconstruction from published figures"
