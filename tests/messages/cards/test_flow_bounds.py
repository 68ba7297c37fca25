from dataclasses import replace

import pytest

from bot.domain.flow import Flow
from bot.domain.jump import Verdict
from bot.messages.cards.flow_bounds import (
    brief_share,
    certain_share,
    certain_usd,
    flow_figures,
    flow_sentence,
    flow_value,
    share_figure,
)
from tests.builders import CHAIN_MISSING, flow, jump
from tests.messages.cards.plain import plain


def between(low: float, high: float) -> Flow:
    """Return a flow of $100 B of reserves between two shares."""
    return replace(flow((low + high) / 2, reserves=1e11), lowest_usd=low * 1e11, highest_usd=high * 1e11)


@pytest.mark.parametrize(
    ("bounded", "figures", "column", "sentence"),
    [
        (
            between(-0.61, -0.55),
            "−$55.0 B to −$61.0 B (−55.0 to −61.0 %)",
            "−55.0 to −61.0 %",
            "Net outflow of at least −$55.0 B in 24 h · at least 55.0 % of reserves ($100 B), at most 61.0 %",
        ),
        (
            between(0.03, 0.05),
            "+$3.00 B to +$5.00 B (+3.0 to +5.0 %)",
            "+3.0 to +5.0 %",
            "Net inflow of at least +$3.00 B in 24 h · at least 3.0 % of reserves ($100 B), at most 5.0 %",
        ),
        (
            between(-0.02, 0.03),
            "−$2.00 B to +$3.00 B (−2.0 to +3.0 %)",
            "−2.0 to +3.0 %",
            "Net flow in 24 h between −2.0 % and +3.0 % of reserves ($100 B), −$2.00 B to +$3.00 B",
        ),
        (
            between(-0.02, 0.0),
            "$0.00 to −$2.00 B (0.00 to −2.0 %)",
            "0.00 to −2.0 %",
            "Net flow in 24 h between 0.00 % and −2.0 % of reserves ($100 B), $0.00 to −$2.00 B",
        ),
    ],
)
def test_a_flow_with_two_ends_shows_both_the_certain_one_first(
    bounded: Flow, figures: str, column: str, sentence: str
) -> None:
    assert flow_figures(bounded) == figures
    assert share_figure(bounded) == column
    assert plain(flow_sentence(bounded)) == sentence


@pytest.mark.parametrize("certain", [flow(-0.036, reserves=1e11), between(-0.03601, -0.03599)])
def test_one_figure_and_ends_that_read_the_same_are_shown_as_one(certain: Flow) -> None:
    assert flow_figures(certain) == "−$3.60 B (−3.6 %)"
    assert share_figure(certain) == "−3.6 %"
    assert plain(flow_sentence(certain)) == "Net outflow −$3.60 B in 24 h · 3.6 % of reserves ($100 B)"


def test_reserves_that_lacked_a_part_at_the_start_have_it_as_it_was_last_read() -> None:
    lost = replace(flow(-0.036, reserves=1e11), lost_at_start=("Solana", "Tron"))

    assert plain(flow_sentence(lost)) == (
        "Net outflow −$3.60 B in 24 h · 3.6 % of reserves ($100 B, with Solana, Tron as last read)"
    )
    assert "of reserves ($100 B, with Tron as last read), at most 5.0 %" in plain(
        flow_sentence(replace(between(0.03, 0.05), lost_at_start=("Tron",)))
    )


def test_the_sentence_says_why_there_are_two_ends() -> None:
    bounded = replace(between(-0.61, -0.55), missing_chains=("Tron",))
    jumps = [jump("BTC"), jump("ETH", verdict=Verdict.COUNTED)]

    assert plain(flow_sentence(bounded)).endswith("at most 61.0 %: Tron missing")
    assert plain(flow_sentence(bounded, jumps)).endswith(
        ": Tron missing; BTC jumped in one step, waiting for the next reading"
    )
    assert plain(flow_sentence(between(-0.02, 0.03), jumps)).endswith(
        ": BTC jumped in one step, waiting for the next reading"
    )


@pytest.mark.parametrize(
    ("measured", "brief"),
    [
        (flow(-0.036), "−3.6 %"),
        (between(-0.61, -0.55), "at least −55.0 %"),
        (between(0.03, 0.05), "at least +3.0 %"),
        (between(-0.02, 0.03), "−2.0 to +3.0 %"),
        (between(-0.02, -1e-9), "0.00 to −2.0 %"),
    ],
)
def test_a_list_has_what_is_certain_of_the_share(measured: Flow, brief: str) -> None:
    assert brief_share(measured) == brief


@pytest.mark.parametrize(
    ("low", "high", "certain"), [(-0.61, -0.55, -0.55), (0.03, 0.05, 0.03), (-0.02, 0.03, 0.0), (-0.02, -0.02, -0.02)]
)
def test_the_certain_end_is_the_one_nearer_to_zero(low: float, high: float, certain: float) -> None:
    assert certain_share(between(low, high)) == pytest.approx(certain)
    assert certain_usd(between(low, high)) == pytest.approx(certain * 1e11)


def test_one_known_end_alone_is_enough() -> None:
    """A missing chain may have lost as well: at least 2 %, and the rest of the interval is below it."""
    known = replace(flow(-0.02, reserves=1e11), lowest_usd=-5e9)

    assert flow_figures(known) == "−$2.00 B to −$5.00 B (−2.0 to −5.0 %)"


def test_a_flow_that_cannot_be_compared_and_one_that_is_not_known_say_so() -> None:
    held = replace(between(-0.61, -0.55), hold=CHAIN_MISSING)

    assert plain(flow_value(held)) == "−$55.0 B to −$61.0 B (−55.0 to −61.0 %) · unclear: a part is missing"
    assert plain(flow_value(None)) == "not available yet"
