"""Remarks beside what an exchange says of its withdrawals: that it fell silent, its maintenance, a network's problem.

Example: "⚠️ Gate has not answered (timeout), 5 times in a row. Silent since 08:20 UTC."
"""

from collections.abc import Mapping

from bot.domain.errors import SourceFault
from bot.domain.exchange import Exchange
from bot.domain.withdrawal_reading import Maintenance
from bot.domain.withdrawals import ExchangeWithdrawals, NetworkEvent
from bot.language.name_lists import enumerated, sentences, with_note
from bot.language.translation import language, marked, tr, tr_count
from bot.messages.cards.hold_details import fault_words
from bot.messages.cards.withdrawal_words import network_label
from bot.messages.model import Line, Span, line, moment
from bot.messages.plain_text import shorten
from bot.messages.translated_lines import tr_count_line, tr_line

_ANNOUNCED: Mapping[tuple[bool, bool], str] = {
    (False, False): marked("🔧 Maintenance announced: {what}"),
    (True, False): marked("🔧 Maintenance announced from {begin}: {what}"),
    (False, True): marked("🔧 Maintenance announced until {end}: {what}"),
    (True, True): marked("🔧 Maintenance announced from {begin} until {end}: {what}"),
}
"""By whether it is known when the work begins and when it ends."""
_TITLE_LETTERS = 60  # of a text from outside
_MAX_NAMED = 3


def silence_line(exchange: Exchange, status: ExchangeWithdrawals) -> Line | None:
    """Return why the newest poll was not answered, None where it was."""
    if status.fault is None:
        return None
    why = _silence_sentence(exchange.name, status.fault, status.silent_polls)
    if status.as_of is None:
        return line(sentences(why, tr("It was never read.")))
    return (*line(f"{why} "), *tr_line("Silent since {time}.", time=moment(status.as_of)))


def _silence_sentence(name: str, fault: SourceFault, polls: int) -> str:
    if fault is SourceFault.BLOCKED:
        if polls > 1:
            return tr_count(
                "⚠️ {exchange} blocks this bot's host, perhaps for its region, {count} time in a row.",
                "⚠️ {exchange} blocks this bot's host, perhaps for its region, {count} times in a row.",
                polls,
                exchange=name,
            )
        return tr("⚠️ {exchange} blocks this bot's host, perhaps for its region.", exchange=name)
    if polls > 1:
        return tr_count(
            "⚠️ {exchange} has not answered ({fault}), {count} time in a row.",
            "⚠️ {exchange} has not answered ({fault}), {count} times in a row.",
            polls,
            exchange=name,
            fault=fault_words(fault),
        )
    return tr("⚠️ {exchange} has not answered ({fault}).", exchange=name, fault=fault_words(fault))


def maintenance_line(work: Maintenance) -> Line:
    """Return what work is under way or announced, with the assets and networks that it is about."""
    about = enumerated((*sorted(work.assets), *map(network_label, sorted(work.networks))))
    title = shorten(work.title, _TITLE_LETTERS)
    if work.is_under_way:
        text = (
            marked("🔧 Maintenance under way until {end}: {what}")
            if work.ends_at
            else marked("🔧 Maintenance under way: {what}")
        )
    else:
        text = _ANNOUNCED[work.begins_at is not None, work.ends_at is not None]
    return tr_line(
        text,
        what=with_note(title, about),
        begin=moment(work.begins_at) if work.begins_at else "",
        end=moment(work.ends_at) if work.ends_at else "",
    )


def event_line(event: NetworkEvent, names: Mapping[str, str], name: str, *, is_excused: bool) -> Line:
    """Return that several exchanges have closed a network; `is_excused`: for that of `name` it is no mark against it.

    `names` are those of all exchanges by id.
    """
    named = enumerated(names.get(exchange, exchange) for exchange in event.exchanges[:_MAX_NAMED])
    if len(event.exchanges) > _MAX_NAMED:
        named = tr("{names}, {count} more", names=named, count=len(event.exchanges) - _MAX_NAMED)
    values: dict[str, str | Span] = {
        "network": network_label(event.network),
        "exchanges": named,
        "time": moment(event.since),
    }
    if is_excused:
        return tr_count_line(
            "{network} was closed by {count} exchange ({exchanges}), the first {time}: a problem of the network, not "
            "counted against it.",
            "{network} was closed by {count} exchanges ({exchanges}), the first {time}: a problem of the network, not "
            "counted against them.",
            len(event.exchanges),
            **values,
        )
    closed = tr_count_line(
        "{network} was closed by {count} exchange ({exchanges}), the first {time}: a problem of the network.",
        "{network} was closed by {count} exchanges ({exchanges}), the first {time}: a problem of the network.",
        len(event.exchanges),
        **values,
    )
    accused = tr("It does not excuse {exchange}, which has two other main networks closed.", exchange=name)
    return (*closed, *line(language().sentence_gap, accused))
