"""Answers to `/por`: what an exchange publishes to show that it holds what it owes.

The first line is what people ask for: "Liabilities included · proof of 2026-04-01, 244 days old". The table has a row
for each asset, at most 34 columns wide: 7 for the asset, 8 for the ratio, 6 each for what is held and owed, three gaps
of 2. A proof that was not read from the exchange says so, and that a newer one may exist.
"""

from collections.abc import Iterator
from datetime import datetime

from bot.domain.exchange import Exchange
from bot.domain.proof_of_reserves import Liabilities, ProofOfReserves, ProofRemark, ProofState
from bot.domain.reading import SourceHealth
from bot.domain.suppression import Suppression
from bot.language.name_lists import named_up_to
from bot.language.translation import tr, tr_as, tr_count
from bot.messages.cards.common import trouble_sentence
from bot.messages.cards.hold_details import fault_words
from bot.messages.cards.proof_words import (
    LIABILITIES_TEXTS,
    METHOD_TEXTS,
    REMARK_TEXTS,
    cadence_words,
    day_words,
    due_words,
)
from bot.messages.cards.suppressions import suppression_line
from bot.messages.model import Action, Line, Message, Table, Tone, line, lines, link, moment
from bot.messages.number_format import amount, percent
from bot.messages.plain_text import shorten
from bot.messages.translated_lines import tr_line

_ASSET_COLUMNS = 7
_CHAT_ROWS = 8
_MAX_SHORT = 4


def proof_card(
    exchange: Exchange,
    proof: ProofOfReserves,
    now: datetime,
    health: SourceHealth | None = None,
    paused: Suppression | None = None,
) -> Message:
    """Return the newest proof of an exchange; `health` is that of the source that it was read from.

    `paused` says since when and why an operator has paused the exchange's proofs.
    """
    return Message(
        title=_title(exchange),
        tone=Tone.TROUBLE if health and health.fault else Tone.INFO,
        lines=lines(
            *_first_lines(exchange, proof, now),
            suppression_line(paused),
            trouble_sentence(health, now) if proof.is_live else _unread_sentence(exchange, health),
            *([] if _is_none(proof) else _detail_lines(proof, now)),
            line(link(proof.url)) if proof.url else None,
        ),
        table=_table(proof) if proof.ratios else None,
        footer=_footer(proof),
        actions=_actions(exchange),
    )


def no_proof_card(exchange: Exchange, health: SourceHealth | None) -> Message:
    """Return the answer for an exchange of which no proof is known; `health` is that of its source, if it has one."""
    return Message(
        title=_title(exchange),
        tone=Tone.TROUBLE if health and health.fault else Tone.INFO,
        lines=lines(
            tr("No proof of reserves of {exchange} is known to this bot.", exchange=exchange.name),
            _unread_sentence(exchange, health),
        ),
        actions=_actions(exchange),
    )


def _unread_sentence(exchange: Exchange, health: SourceHealth | None) -> str | None:
    """Return that an exchange could not be read yet, so that its proof is from the table or not known; None: it can."""
    if health is None or health.fault is None:
        return None
    return tr(
        "⚠️ {exchange}'s own interface cannot be read ({fault}); this bot asks again every hour.",
        exchange=exchange.name,
        fault=fault_words(health.fault),
    )


def _title(exchange: Exchange) -> str:
    return tr("{exchange} · proof of reserves", exchange=exchange.name)


def _actions(exchange: Exchange) -> tuple[Action, ...]:
    return (
        Action(tr("Reserves"), f"reserves {exchange.id}"),
        Action(tr("Withdrawals"), f"withdrawals {exchange.id}"),
        Action(tr("Stress test"), f"stress {exchange.id}"),
    )


def _is_none(proof: ProofOfReserves) -> bool:
    return proof.state in {ProofState.NONE, ProofState.NONE_PUBLIC_COMPANY}


def _first_lines(exchange: Exchange, proof: ProofOfReserves, now: datetime) -> Iterator[Line]:
    if _is_none(proof):
        yield tr_line("**{exchange} publishes no proof of reserves.**", exchange=exchange.name)
        if proof.state is ProofState.NONE_PUBLIC_COMPANY:
            yield line(tr("It is a listed company, whose accounts are audited and filed."))
        return
    if proof.state is ProofState.WITHDRAWN:
        text = tr("Its only one was withdrawn by {reviewer}, who had reviewed it.", reviewer=proof.reviewer or "?")
        yield tr_line("**No proof of reserves is in force.** {why}", why=text)
    yield tr_line(LIABILITIES_TEXTS[proof.liabilities], proof=_dated(proof, now))


def _dated(proof: ProofOfReserves, now: datetime) -> str:
    age = proof.age_days(now)
    if proof.as_of is None or age is None:
        return tr("date of the newest proof unknown")
    day = day_words(proof.as_of, is_month=proof.is_month)
    if proof.is_month:
        return tr_count(
            "proof of {day}, at least {count} day old", "proof of {day}, at least {count} days old", age, day=day
        )
    return tr_count("proof of {day}, {count} day old", "proof of {day}, {count} days old", age, day=day)


def _detail_lines(proof: ProofOfReserves, now: datetime) -> Iterator[Line | str]:
    if short := [ratio for ratio in proof.ratios if ratio.is_short]:
        names = named_up_to([f"{ratio.asset} {_percent(ratio.ratio)}" for ratio in short], _MAX_SHORT)
        yield tr_line("**Less held than owed:** {assets}.", assets=names)
    if proof.total_ratio is not None:
        yield tr("All assets together: {ratio} of what is owed.", ratio=_percent(proof.total_ratio))
    if proof.ratio_range:
        low, high = map(_percent, proof.ratio_range)
        yield tr("Single assets: {low} to {high} of what is owed.", low=low, high=high)
    if proof.ratios_of:
        yield tr("The ratios are of an earlier proof: {day}.", day=proof.ratios_of)
    if proof.state is ProofState.PUBLISHED:
        yield _cadence(proof, now)
    yield tr(METHOD_TEXTS[proof.method])
    if proof.state is ProofState.PUBLISHED and ProofRemark.REVIEWER_UNNAMED not in proof.remarks:
        yield tr("Reviewed by {reviewer}.", reviewer=proof.reviewer) if proof.reviewer else _nobody()
    for remark in proof.remarks:
        yield tr(REMARK_TEXTS[remark])
    yield _not_proven(proof)


def _cadence(proof: ProofOfReserves, now: datetime) -> str:
    cadence, late_days = cadence_words(proof.cadence_days), proof.late_days(now)
    if late_days is None:
        # Translators: {cadence} is `Published every month`.
        return tr("{cadence}. A newer one may exist: this bot cannot read them.", cadence=cadence)
    return due_words(cadence, late_days)


def _nobody() -> str:
    return tr("Reviewed by nobody outside the exchange.")


def _not_proven(proof: ProofOfReserves) -> str:
    if proof.liabilities is Liabilities.INCLUDED:
        return tr("Not proven: debts elsewhere, borrowed coins, and whether withdrawals are open.")
    return tr("Without liabilities it does not show whether the exchange can pay everybody.")


def _table(proof: ProofOfReserves) -> Table:
    """Return a row for each asset, those with less held than owed first."""
    ratios = sorted(proof.ratios, key=lambda ratio: not ratio.is_short)
    has_amounts = any(ratio.reserves is not None or ratio.liabilities is not None for ratio in ratios)
    # Translators: the headers of narrow columns: of 7 letters, 8, 6 and 6 or so.
    header = (tr("Asset"), tr("Ratio"), *((tr_as("coins", "Held"), tr_as("coins", "Owed")) if has_amounts else ()))
    rows = tuple(
        (
            shorten(ratio.asset, _ASSET_COLUMNS),
            _percent(ratio.ratio),
            *((_amount(ratio.reserves), _amount(ratio.liabilities)) if has_amounts else ()),
        )
        for ratio in ratios
    )
    return Table(
        header,
        rows,
        numeric=tuple(range(1, len(header))),
        chat_rows=_CHAT_ROWS,
        spare=len(header) - 1 if has_amounts else None,  # what is owed follows from the two others
    )


def _percent(ratio: float | None) -> str:
    return "–" if ratio is None else percent(ratio, digits=2)


def _amount(value: float | None) -> str:
    return "–" if value is None else amount(value, "")


def _footer(proof: ProofOfReserves) -> Line:
    if proof.read_at:
        return tr_line("{source} · read {time}", source=proof.name, time=moment(proof.read_at, relative=True))
    if proof.told_on is None:
        return line(tr("from a table in this bot, undated"))
    return line(tr("from a table in this bot, as published up to {day}", day=proof.told_on.isoformat()))
