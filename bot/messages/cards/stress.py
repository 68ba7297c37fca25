"""The cards of the stress test: that of one exchange, and today's with the league table below it.

The first line is the result: "Today on the stand: Kraken — passed". What it rests on follows; the criteria
are in docs/detection.md.
The league table is 34 columns wide: a name of 10, two shares of 7, an icon with a letter, and the gaps.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from bot.detection.stress import stress_result
from bot.domain.exchange import Exchange
from bot.domain.flow import Window
from bot.domain.stress import (
    LeagueRow,
    LivedOutflow,
    StressCriterion,
    StressFacts,
    StressOutcome,
    StressResult,
)
from bot.domain.withdrawals import ExchangeWithdrawals
from bot.language.name_lists import apart, enumerated, with_note
from bot.language.translation import marked, marked_as, tr, tr_as, tr_count
from bot.messages.cards.common import window_name
from bot.messages.cards.flows import normal_range
from bot.messages.cards.majors_line import majors_line
from bot.messages.cards.own_reading import outgoing_line
from bot.messages.cards.withdrawal_words import system_sentence
from bot.messages.cards.withdrawals import main_networks_table
from bot.messages.model import Action, Line, Message, Table, Tone, bold, line, lines, moment
from bot.messages.number_format import percent, span, usd
from bot.messages.plain_text import shorten
from bot.messages.translated_lines import tr_line

_ICONS: Mapping[StressOutcome, str] = {
    StressOutcome.PASSED: "🟢",
    StressOutcome.STRAINED: "🟡",
    StressOutcome.FAILED: "🔴",
    StressOutcome.NOT_ENOUGH_DATA: "⚪",
}
"""The sign of each outcome, in the order of the legend."""
_OUTCOME_WORDS: Mapping[StressOutcome, tuple[str, str]] = {
    # Translators: the outcome of a stress test.
    StressOutcome.PASSED: marked_as("stress test", "passed"),
    # Translators: the outcome of a stress test.
    StressOutcome.STRAINED: marked_as("stress test", "strained"),
    # Translators: the outcome of a stress test.
    StressOutcome.FAILED: marked_as("stress test", "failed"),
    # Translators: the outcome of a stress test.
    StressOutcome.NOT_ENOUGH_DATA: marked_as("stress test", "not enough data"),
}
_OUTCOME_LETTERS: Mapping[StressOutcome, tuple[str, str]] = {
    # Translators: the letter that stands for “passed”, as narrow as a Latin one; the four must differ.
    StressOutcome.PASSED: marked_as("letter for passed", "p"),
    # Translators: the letter that stands for “strained”, as narrow as a Latin one; the four must differ.
    StressOutcome.STRAINED: marked_as("letter for strained", "s"),
    # Translators: the letter that stands for “failed”, as narrow as a Latin one; the four must differ.
    StressOutcome.FAILED: marked_as("letter for failed", "f"),
    # Translators: the letter that stands for “not enough data”, as narrow as a Latin one; the four must differ.
    StressOutcome.NOT_ENOUGH_DATA: marked_as("letter for not enough data", "n"),
}
_CRITERION_WORDS: Mapping[StressCriterion, str] = {
    StressCriterion.MAJORS_CLOSED: marked("withdrawals of several major assets are closed"),
    StressCriterion.MAJORS_CLOSED_THEN: marked("several major assets were closed at one time during its worst outflow"),
    StressCriterion.MAJOR_CLOSED: marked(
        "withdrawals of one major asset are closed, or of several for announced maintenance"
    ),
    StressCriterion.MAJOR_DELAYED: marked("withdrawals of a major asset are delayed"),
    StressCriterion.MAJOR_CLOSED_THEN: marked("one major asset was closed during its worst outflow"),
    StressCriterion.SYSTEM_NOT_NORMAL: marked("its trading system is not normal"),
    StressCriterion.UNUSUAL_OUTFLOW: marked("its outflow is elevated or worse"),
    StressCriterion.WITHDRAWALS_UNKNOWN: marked("its withdrawals are not all known"),
    StressCriterion.FLOW_UNKNOWN: marked("its flow of the last 24 h is not known"),
}
_NAME_COLUMNS = 10
_CHAT_ROWS = 10
_MAX_CRITERIA = 3


def stress_card(  # noqa: PLR0913 — what is tested, what is known of it, and whose turn it is
    exchange: Exchange,
    facts: StressFacts,
    result: StressResult,
    status: ExchangeWithdrawals | None,
    *,
    is_today: bool,
    turn: date | None = None,
    unread: int = 0,
    drills: Line | None = None,
) -> Message:
    """Return the test of one exchange in detail.

    `result` is that of the day where `is_today`, else what a test would come to now. `turn` is the day of its turn in
    this cycle, None when that is over. `unread` is how many exchanges have not been read yet. `drills` says how
    members' withdrawals went, None where too few have told.
    """
    return Message(
        title=tr("{exchange} · stress test", exchange=exchange.name),
        tone=Tone.GOOD if result.outcome is StressOutcome.PASSED else Tone.INFO,
        lines=lines(
            _headline(exchange, result, is_today=is_today),
            _unread_line(unread) if is_today else _turn_line(turn),
            *_result_lines(facts, result, status),
            _not_shown(),
            *_background_lines(facts, drills),
        ),
        table=main_networks_table(status, facts.at) if status else None,
        footer=_tested_line(facts),
        actions=(
            Action(tr("League table"), "stress"),
            Action(tr("Withdrawals"), f"withdrawals {exchange.id}"),
            Action(tr("Flows"), f"flows {exchange.id}"),
        ),
    )


def stress_today_card(  # noqa: PLR0913 — as above
    exchange: Exchange,
    facts: StressFacts,
    result: StressResult,
    status: ExchangeWithdrawals | None,
    league: Sequence[LeagueRow],
    *,
    unread: int = 0,
    drills: Line | None = None,
) -> Message:
    """Return today's test and the league table, in which today's turn counts; `unread` and `drills` are as above."""
    rows = [replace(row, last=result) if row.exchange.id == exchange.id else row for row in league]
    return Message(
        title=tr("Stress test"),
        tone=Tone.GOOD if result.outcome is StressOutcome.PASSED else Tone.INFO,
        lines=lines(
            _headline(exchange, result, is_today=True),
            _unread_line(unread),
            *_result_lines(facts, result, status),
            tr("Below: the worst 24 h and 7 d of every exchange, as a share of its reserves."),
            _not_shown(),
            *_background_lines(facts, drills),
        ),
        table=league_table(rows),
        footer=(*line(f"{_legend()} · "), *_tested_line(facts)),
        actions=(
            Action(tr("{exchange} in detail", exchange=exchange.name), f"stress {exchange.id}"),
            # Translators: a button that has the card of the stress test posted in this chat every day.
            Action(tr("Every day here"), "subscribe stress"),
        ),
    )


def no_stress_card() -> Message:
    """Return the answer while no exchange is listed."""
    return Message(
        title=tr("Stress test"),
        tone=Tone.TROUBLE,
        lines=lines(tr("No exchange is listed yet, so that none has its turn. /status says what is wrong.")),
    )


def league_table(league: Sequence[LeagueRow]) -> Table:
    """Return every exchange with its worst outflows and its last result: worst results first, then largest outflows."""
    rows = tuple(
        (
            shorten(row.exchange.name, _NAME_COLUMNS),
            _share(row.lived.day) if row.lived else "–",
            _share(row.lived.week) if row.lived else "–",
            f"{_ICONS[row.last.outcome]}{_outcome_letter(row.last.outcome)}" if row.last else "–",
        )
        for row in sorted(league, key=_place_in_league)
    )
    header = (
        tr("Exchange"),
        window_name(Window.DAY),
        window_name(Window.WEEK),
        # Translators: the header of a column with the result of each exchange's turn; of 4 letters or so.
        tr_as("stress test", "Turn"),
    )
    return Table(header, rows, numeric=(1, 2), chat_rows=_CHAT_ROWS)


def _place_in_league(row: LeagueRow) -> tuple[int, float]:
    is_bad = row.last and row.last.outcome in {StressOutcome.FAILED, StressOutcome.STRAINED}
    worst = row.lived.day.share if row.lived and row.lived.day else 0.0
    return (-row.last.outcome.rank if row.last and is_bad else 0), worst


def _share(outflow: LivedOutflow | None) -> str:
    return percent(outflow.share) if outflow else percent(0, digits=0)


def _headline(exchange: Exchange, result: StressResult, *, is_today: bool) -> Line:
    outcome = f"{_outcome_words(result.outcome)} {_ICONS[result.outcome]}"
    if is_today:
        return tr_line("Today on the stand: **{exchange}** — {outcome}", exchange=exchange.name, outcome=outcome)
    return line(bold(exchange.name), f" — {outcome}")


def _outcome_words(outcome: StressOutcome) -> str:
    return tr_as(*_OUTCOME_WORDS[outcome])


def _outcome_letter(outcome: StressOutcome) -> str:
    """Return the letter of an outcome, for those who cannot tell its colour: another one than that of any other."""
    return tr_as(*_OUTCOME_LETTERS[outcome])


def _legend() -> str:
    """Return what the icons and letters mean: `🟢p passed · … · ⚪n not enough data · – no turn yet`."""
    meanings = [f"{icon}{_outcome_letter(outcome)} {_outcome_words(outcome)}" for outcome, icon in _ICONS.items()]
    # Translators: a dash in the table of the stress test is an exchange that has not had its turn.
    return " · ".join([*meanings, tr("– no turn yet")])


def _tested_line(facts: StressFacts) -> Line:
    return tr_line("tested {time}", time=moment(facts.at, live=True))


def _not_shown() -> str:
    return tr("Seen from outside only. What the exchange owes its customers is not included.")


def _unread_line(unread: int) -> str | None:
    """Return that whose turn it is may change, None where every exchange has been read."""
    if not unread:
        return None
    return tr_count(
        "Whose turn it is may change: {count} exchange is not read yet.",
        "Whose turn it is may change: {count} exchanges are not read yet.",
        unread,
    )


def _turn_line(turn: date | None) -> str:
    """Return when an exchange's turn is that is not today's."""
    if turn is None:
        return tr("Tested just for this answer. Its turn of this round is over or not known.")
    return tr("Tested just for this answer. Its turn is on {day}.", day=f"{turn:%Y-%m-%d}")


def _result_lines(facts: StressFacts, result: StressResult, status: ExchangeWithdrawals | None) -> Iterator[Line | str]:
    """Yield why it is this result, and the figures that decide it."""
    if result.criteria:
        yield _reasons_line(result.criteria)
    if (now := stress_result(facts).outcome) is not result.outcome:
        # Translators: {outcome} is how the test would come out now: passed, strained, failed or not enough data.
        yield tr_line(
            "The worst of the day counts, seen at {time}; now it is {outcome}.",
            time=moment(result.at),
            outcome=_outcome_words(now),
        )
    yield majors_line(facts.majors) if status else tr("Withdrawals: unknown.")
    yield _flow_line(facts)
    yield from _lived_lines(facts)


def _reasons_line(criteria: Sequence[StressCriterion]) -> str:
    reasons = apart(tr(_CRITERION_WORDS[criterion]) for criterion in criteria[:_MAX_CRITERIA])
    if len(criteria) > _MAX_CRITERIA:
        return tr("Because {reasons}; and {count} more.", reasons=reasons, count=len(criteria) - _MAX_CRITERIA)
    # Translators: {reasons} are clauses such as “its trading system is not normal; its withdrawals are not all known”.
    return tr("Because {reasons}.", reasons=reasons)


def _background_lines(facts: StressFacts, drills: Line | None) -> Iterator[Line | str]:
    """Yield what is good to know beside it."""
    if excused := [major.asset for major in facts.majors if major.network_event]:
        yield tr("Not counted against it: {assets}, closed by a problem of the network.", assets=enumerated(excused))
    if facts.system:
        yield system_sentence(facts.system)
    if facts.proof_age:
        yield tr("Newest proof of reserves: {time} old.", time=span(facts.proof_age))
    else:
        yield tr("Proof of reserves: unknown.")
    yield outgoing_line(facts.outgoing) if facts.outgoing else tr("Transactions of its wallets on chain: not read.")
    if drills:
        yield drills


def _flow_line(facts: StressFacts) -> str:
    if facts.flow_share is None:
        return tr("Flow in 24 h: unknown.")
    share = percent(facts.flow_share, signed=True)
    if facts.flow_low is None or facts.flow_high is None:
        return tr("Flow in 24 h: {share} of reserves; what is normal is not known yet.", share=share)
    normal = normal_range(facts.flow_low, facts.flow_high)
    return tr("Flow in 24 h: {share} of reserves (normal day: {range}).", share=share, range=normal)


def _lived_lines(facts: StressFacts) -> Iterator[str]:
    lived = facts.lived
    if lived is None:
        yield tr("Worst outflows: not known yet.")
        return
    days = (lived.until - lived.since).days
    worst = ((Window.DAY, lived.day, facts.closed_then[0]), (Window.WEEK, lived.week, facts.closed_then[1]))
    for window, outflow, closed in worst:
        # Translators: `Worst 24 h in 400 days`, in front of a colon: the 24 hours in which most was withdrawn.
        name = tr_count(
            "Worst {window} in {count} day", "Worst {window} in {count} days", days, window=window_name(window)
        )
        yield _lived_line(name, outflow, closed)


def _lived_line(name: str, outflow: LivedOutflow | None, closed: tuple[str, ...] | None) -> str:
    if outflow is None:
        # Translators: {worst} is `Worst 24 h in 400 days`.
        return tr("{worst}: no net outflow.", worst=name)
    if closed is None:
        text = marked("{worst}: {figures} until {day}; withdrawals not watched then.")
    elif closed:
        text = marked("{worst}: {figures} until {day}; {assets} closed then.")
    else:
        text = marked("{worst}: {figures} until {day}; withdrawals stayed open.")
    return tr(
        text,
        worst=name,
        figures=with_note(percent(outflow.share, signed=True), usd(outflow.usd, signed=True)),
        day=f"{outflow.end:%Y-%m-%d}",
        assets=enumerated(closed or ()),
    )
