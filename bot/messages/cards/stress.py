"""The cards of the stress test: that of one exchange, and today's with the league table below it.

The first line is the result: "Today on the stand: Kraken — passed". What it rests on follows; the criteria
are in docs/detection.md.
The league table is 34 columns wide: a name of 10, two shares of 7, an icon with a letter, and the gaps.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

from bot.detection.stress import stress_result
from bot.domain.exchange import Exchange
from bot.domain.stress import (
    LeagueRow,
    LivedOutflow,
    StressCriterion,
    StressFacts,
    StressOutcome,
    StressResult,
)
from bot.domain.withdrawals import ExchangeWithdrawals
from bot.messages.cards.flows import normal_range
from bot.messages.cards.withdrawals import main_networks_table, withdrawals_line
from bot.messages.model import Action, Line, Message, Table, Tone, bold, line, lines, moment
from bot.messages.number_format import counted, percent, span, usd
from bot.messages.plain_text import shorten

_ICONS_AND_LETTERS: Mapping[StressOutcome, str] = {
    StressOutcome.PASSED: "🟢p",
    StressOutcome.NOT_ENOUGH_DATA: "⚪n",
    StressOutcome.STRAINED: "🟡s",
    StressOutcome.FAILED: "🔴f",
}
_LEGEND = "🟢p passed · 🟡s strained · 🔴f failed · ⚪n not enough data · – no turn yet"
_CRITERION_WORDS: Mapping[StressCriterion, str] = {
    StressCriterion.MAJORS_CLOSED: "withdrawals of several major assets are closed",
    StressCriterion.MAJORS_CLOSED_THEN: "several major assets were closed at one time during its worst outflow",
    StressCriterion.MAJOR_CLOSED: "withdrawals of one major asset are closed, or of several for announced maintenance",
    StressCriterion.MAJOR_DELAYED: "withdrawals of a major asset are delayed",
    StressCriterion.MAJOR_CLOSED_THEN: "one major asset was closed during its worst outflow",
    StressCriterion.SYSTEM_NOT_NORMAL: "its trading system is not normal",
    StressCriterion.UNUSUAL_OUTFLOW: "its outflow is elevated or worse",
    StressCriterion.WITHDRAWALS_UNKNOWN: "its withdrawals are not all known",
    StressCriterion.FLOW_UNKNOWN: "its flow of the last 24 h is not known",
}
_NOT_SHOWN = "Seen from outside only. What the exchange owes its customers is not included."
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
        title=f"{exchange.name} · stress test",
        tone=Tone.GOOD if result.outcome is StressOutcome.PASSED else Tone.INFO,
        lines=lines(
            _headline(exchange, result, is_today=is_today),
            _unread_line(unread) if is_today else _turn_line(turn),
            *_result_lines(facts, result, status),
            _NOT_SHOWN,
            *_background_lines(facts, drills),
        ),
        table=main_networks_table(status, facts.at) if status else None,
        footer=line("tested ", moment(facts.at, live=True)),
        actions=(
            Action("League table", "stress"),
            Action("Withdrawals", f"withdrawals {exchange.id}"),
            Action("Flows", f"flows {exchange.id}"),
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
    """Return today's test and the league table; `unread` and `drills` are as above."""
    return Message(
        title="Stress test",
        tone=Tone.GOOD if result.outcome is StressOutcome.PASSED else Tone.INFO,
        lines=lines(
            _headline(exchange, result, is_today=True),
            _unread_line(unread),
            *_result_lines(facts, result, status),
            "Below: the worst 24 h and 7 d of every exchange, as a share of its reserves.",
            _NOT_SHOWN,
            *_background_lines(facts, drills),
        ),
        table=league_table(league),
        footer=line(f"{_LEGEND} · tested ", moment(facts.at, live=True)),
        actions=(
            Action(f"{exchange.name} in detail", f"stress {exchange.id}"),
            Action("Every day here", "subscribe stress"),
        ),
    )


def no_stress_card() -> Message:
    """Return the answer while no exchange is listed."""
    return Message(
        title="Stress test",
        tone=Tone.TROUBLE,
        lines=lines("No exchange is listed yet, so that none has its turn. /status says what is wrong."),
    )


def league_table(league: Sequence[LeagueRow]) -> Table:
    """Return every exchange with its worst outflows and its last result: worst results first, then largest outflows."""
    rows = tuple(
        (
            shorten(row.exchange.name, _NAME_COLUMNS),
            _share(row.lived.day) if row.lived else "–",
            _share(row.lived.week) if row.lived else "–",
            _ICONS_AND_LETTERS[row.last.outcome] if row.last else "–",
        )
        for row in sorted(league, key=_place_in_league)
    )
    return Table(("Exchange", "24 h", "7 d", "Turn"), rows, numeric=(1, 2), chat_rows=_CHAT_ROWS)


def _place_in_league(row: LeagueRow) -> tuple[int, float]:
    is_bad = row.last and row.last.outcome in {StressOutcome.FAILED, StressOutcome.STRAINED}
    worst = row.lived.day.share if row.lived and row.lived.day else 0.0
    return (-row.last.outcome.rank if row.last and is_bad else 0), worst


def _share(outflow: LivedOutflow | None) -> str:
    return percent(outflow.share) if outflow else "0 %"


def _headline(exchange: Exchange, result: StressResult, *, is_today: bool) -> Line:
    return line(
        "Today on the stand: " if is_today else "",
        bold(exchange.name),
        f" — {result.outcome} {_ICONS_AND_LETTERS[result.outcome][0]}",
    )


def _unread_line(unread: int) -> str | None:
    """Return that whose turn it is may change, None where every exchange has been read."""
    if not unread:
        return None
    return f"Whose turn it is may change: {counted(unread, 'exchange is', 'exchanges are')} not read yet."


def _turn_line(turn: date | None) -> str:
    """Return when an exchange's turn is that is not today's."""
    if turn is None:
        return "Tested just for this answer. Its turn of this round is over or not known."
    return f"Tested just for this answer. Its turn is on {turn:%Y-%m-%d}."


def _result_lines(facts: StressFacts, result: StressResult, status: ExchangeWithdrawals | None) -> Iterator[Line | str]:
    """Yield why it is this result, and the figures that decide it."""
    if result.criteria:
        words = [_CRITERION_WORDS[criterion] for criterion in result.criteria]
        more = f"; and {len(words) - _MAX_CRITERIA} more" if len(words) > _MAX_CRITERIA else ""
        yield f"Because {'; '.join(words[:_MAX_CRITERIA])}{more}."
    if (now := stress_result(facts).outcome) is not result.outcome:
        yield line("The worst of the day counts, seen at ", moment(result.at), f"; now it is {now}.")
    yield withdrawals_line(facts.majors) if status else "Withdrawals: unknown."
    yield _flow_line(facts)
    yield from _lived_lines(facts)


def _background_lines(facts: StressFacts, drills: Line | None) -> Iterator[Line | str]:
    """Yield what is good to know beside it."""
    if excused := [major.asset for major in facts.majors if major.network_event]:
        yield f"Not counted against it: {', '.join(excused)}, closed by a problem of the network."
    if facts.system:
        yield f"Trading system: {facts.system}."
    yield (
        f"Newest proof of reserves: {span(facts.proof_age)} old." if facts.proof_age else "Proof of reserves: unknown."
    )
    if drills:
        yield drills


def _flow_line(facts: StressFacts) -> str:
    if facts.flow_share is None:
        return "Flow in 24 h: unknown."
    flow = f"Flow in 24 h: {percent(facts.flow_share, signed=True)} of reserves"
    if facts.flow_low is None or facts.flow_high is None:
        return f"{flow}; what is normal is not known yet."
    return f"{flow} (normal day: {normal_range(facts.flow_low, facts.flow_high)})."


def _lived_lines(facts: StressFacts) -> Iterator[Line | str]:
    lived = facts.lived
    if lived is None:
        yield "Worst outflows: not known yet."
        return
    days = counted((lived.until - lived.since).days, "day")
    worst = (("24 h", lived.day, facts.closed_then[0]), ("7 d", lived.week, facts.closed_then[1]))
    for length, outflow, closed in worst:
        if outflow is None:
            yield f"Worst {length} in {days}: no net outflow."
        else:
            yield _lived_line(f"Worst {length} in {days}", outflow, closed)


def _lived_line(name: str, outflow: LivedOutflow, closed: tuple[str, ...] | None) -> Line:
    if closed is None:
        then = "withdrawals not watched then"
    else:
        then = f"{', '.join(closed)} closed then" if closed else "withdrawals stayed open"
    figures = f"{percent(outflow.share, signed=True)} ({usd(outflow.usd, signed=True)})"
    return line(f"{name}: {figures} until {_day(outflow.end)}; {then}.")


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"
