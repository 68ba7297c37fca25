"""No English word is left in what is said of flows, of missing parts and of pauses in another language."""

from dataclasses import replace

import pytest

from bot.detection.window_coverage import WindowCoverage
from bot.domain.exchange import Listing
from bot.domain.flow import Window
from bot.domain.signal import Note, NoteReason
from bot.domain.snapshot import ExchangeSnapshot
from bot.domain.suppression import Suppression
from bot.domain.withdrawal_reading import WithdrawalState
from bot.domain.withdrawals import MajorWithdrawals
from bot.language.translation import written_in
from bot.messages.cards.coverage import coverage_lines
from bot.messages.cards.flow_bounds import brief_share, flow_or_source_figure, share_figure, title_figures
from bot.messages.cards.flows import flows_card
from bot.messages.cards.majors_line import closed_since, majors_line
from bot.messages.cards.shown_total import missing_line, missing_notes, provenance_of_total, source_figure_beside
from bot.messages.cards.suppressions import released_card, suppressed_card
from bot.messages.model import Message, line
from tests.builders import CHAIN_MISSING, NOON, flow, listing, quiet_days, signal
from tests.language.pseudo import PSEUDO, leftover_words, pseudo_language
from tests.messages.cards.plain import plain
from tests.messages.cards.test_coverage import LATER, YOUNG
from tests.messages.cards.test_flow_bounds import between
from tests.messages.cards.test_shown_total import PARTIAL, TRON

KNOWN = ("Binance", "BNB", "Tron", "Solana")
COMPLETE = replace(PARTIAL, missing=(), last_complete=None)
RATED = [COMPLETE, replace(COMPLETE, days=(*quiet_days(59), replace(quiet_days(1)[0], share=0.05)))]
USDT = MajorWithdrawals("USDT", WithdrawalState.CLOSED, NOON)


@pytest.fixture(autouse=True)
def pseudo(monkeypatch: pytest.MonkeyPatch) -> None:
    pseudo_language(monkeypatch)


@pytest.mark.parametrize("window", [Window.DAY, Window.WEEK])
@pytest.mark.parametrize("share", [-0.2, -0.008, 0.001, 0.008, 0.03, None])
def test_an_answer_about_flows_is_whole_in_another_language(share: float | None, window: Window) -> None:
    notes = tuple(Note(NoteReason.ROUND_TRIP, "BTC", 9e9) for _ in range(4))
    flows = [] if share is None else [flow(share, window)]
    held = [replace(flow(-0.02, window, hold=CHAIN_MISSING, missing=("Tron",)))]
    lacking = [flow(-0.02, window, missing=("Tron",))]
    signals = [replace(signal(None, flows=flows), notes=notes), signal(None, flows=flows, baseline=None)]
    signals += [signal(None, flows=known) for known in (held, lacking)]
    listings: list[Listing | None] = [None, listing(inflow=-2e9)]
    with written_in(PSEUDO):
        messages = [
            flows_card(replace(snapshot, signal=found, listing=listed), window, NOON)
            for snapshot in (*RATED, PARTIAL)
            for found in signals
            for listed in listings
        ]

    assert [words for message in messages if (words := leftover_words(message, KNOWN))] == []


@pytest.mark.parametrize(
    "snapshot",
    [
        PARTIAL,
        replace(PARTIAL, last_complete=None),
        replace(PARTIAL, missing=(TRON, replace(TRON, name="Solana"), TRON, TRON)),
    ],
)
def test_what_is_said_of_missing_parts_is_whole_in_another_language(snapshot: ExchangeSnapshot) -> None:
    with written_in(PSEUDO):
        told = [missing_line(snapshot), *missing_notes([snapshot] * 4), source_figure_beside(snapshot, Window.DAY)]
        told += [provenance_of_total(snapshot, snapshot.shown_reading)] if snapshot.shown_reading else []

    assert None not in told
    assert leftover_words(Message("", lines=tuple(filter(None, told))), KNOWN) == []


def test_the_ends_of_a_flow_are_whole_in_another_language() -> None:
    either, certain = between(-0.02, 0.03), between(-0.61, -0.55)
    with written_in(PSEUDO):
        figures = [flow_or_source_figure(signal(None), listed, Window.DAY) for listed in (None, listing(inflow=-2e9))]
        figures += [line(brief_share(certain)), line(title_figures(certain)), line(title_figures(either))]
        assert share_figure(either) == "−2,0 a +3,0 %"

    assert leftover_words(Message("", lines=tuple(figures))) == []


@pytest.mark.parametrize(
    "major",
    [
        replace(USDT, since=None, in_maintenance=True),
        replace(USDT, began_unseen=True),
        replace(USDT, began_unseen=True, in_maintenance=True),
        replace(USDT, in_maintenance=True, network_event="TRON"),
        replace(USDT, is_dead=True),
        replace(USDT, since=None),
        replace(USDT, state=WithdrawalState.DELAYED),
        replace(USDT, state=WithdrawalState.UNKNOWN, last_known=WithdrawalState.CLOSED),
    ],
)
def test_the_line_of_majors_is_whole_in_another_language(major: MajorWithdrawals) -> None:
    with written_in(PSEUDO):
        told = (majors_line((major, major)), line(*closed_since(major)))

    assert leftover_words(Message("", lines=told), KNOWN) == []


@pytest.mark.parametrize(
    "coverage",
    [YOUNG, replace(YOUNG, exchanges=80, without_baseline=3), WindowCoverage(1, (), LATER), WindowCoverage(0)],
)
def test_what_can_be_judged_is_said_in_another_language(coverage: WindowCoverage) -> None:
    with written_in(PSEUDO):
        assert leftover_words(Message("", lines=coverage_lines(coverage))) == []


def test_a_pause_is_told_in_another_language() -> None:
    with written_in(PSEUDO):
        messages = [suppressed_card(Suppression("binance", NOON, "ann", why), "Binance") for why in ("", "Кошельки.")]
        messages += [released_card("Binance", was_suppressed=was_suppressed) for was_suppressed in (True, False)]

    assert [leftover_words(message, KNOWN) for message in messages] == [[]] * 4


def test_the_reason_of_a_pause_ends_with_one_full_stop() -> None:
    assert plain(suppressed_card(Suppression("binance", NOON, "ann", "they move."), "Binance").lines[0]) == (
        "Paused since 2022-12-13 12:00 UTC, because: they move."
    )
