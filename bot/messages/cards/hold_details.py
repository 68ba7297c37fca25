"""The detail of a hold in the language in force: detection keeps it in English, as the record of what it saw.

Example: "Tron, 14.0 % of reserves" is "Tron, 14,0 % de las reservas" in Spanish. A text that is none of these forms is
shown as it is, as what an older version has stored; so are the operator's own words for a pause.
"""

import re
from collections.abc import Callable

from bot.domain.errors import SourceFault
from bot.domain.price_gap import QuoteFlaw
from bot.language.name_lists import clauses
from bot.language.translation import marked, tr, tr_count
from bot.messages.cards.part_names import part_names
from bot.messages.number_format import percent

_FAULTS = {
    SourceFault.TIMEOUT: marked("timeout"),
    SourceFault.UNREACHABLE: marked("unreachable"),
    SourceFault.RATE_LIMITED: marked("rate limited"),
    SourceFault.BLOCKED: marked("blocked"),
    SourceFault.UNKNOWN_SLUG: marked("unknown slug"),
    SourceFault.SERVER_ERROR: marked("server error"),
    SourceFault.TOO_LARGE: marked("too large"),
    SourceFault.CUT_SHORT: marked("cut short"),
    SourceFault.NOT_JSON: marked("not JSON"),
    SourceFault.BAD_SHAPE: marked("bad shape"),
    SourceFault.EMPTY: marked("empty"),
    SourceFault.WRONG_EXCHANGE: marked("wrong exchange"),
    SourceFault.TOTAL_DISAGREES: marked("total disagrees"),
    SourceFault.VALUES_DISAGREE: marked("values disagree"),
    SourceFault.LIST_SHRANK: marked("list shrank"),
    SourceFault.KEY_REFUSED: marked("key refused"),
    SourceFault.KEY_NOT_ACCEPTED: marked("key not accepted"),
    SourceFault.CRASHED: marked("crashed"),
}


def fault_words(fault: SourceFault) -> str:
    """Return why a source delivered nothing."""
    return tr(_FAULTS[fault])


def hold_detail(detail: str) -> str:
    """Return the detail of a hold in the language in force."""
    for pattern, say in _FORMS:
        if match := pattern.fullmatch(detail):
            return say(match)
    return detail


def missing_share(detail: str) -> float | None:
    """Return the share of reserves that a hold says is missing, 0.14 of the example; None where it says none."""
    match = _MISSING.fullmatch(detail)
    return _fraction(match["share"]) if match else None


def _fraction(text: str) -> float:
    return float(text.replace("−", "-")) / 100


def _missing(match: re.Match[str]) -> str:
    return tr(
        "{names}, {share} of reserves",
        names=part_names(match["names"]),
        share=percent(_fraction(match["share"]), digits=1),
    )


def _jumped(match: re.Match[str]) -> str:
    share = percent(_fraction(match["share"]), signed=True, digits=1)
    said = tr("{names}, {share} of reserves in one step", names=part_names(match["names"]), share=share)
    if not match["returns"]:
        return said
    returns = tr_count("away again after {count} return", "away again after {count} returns", int(match["returns"]))
    return clauses((said, returns))


def _stale(match: re.Match[str]) -> str:
    return tr("newest reading is {hours} h old", hours=match["hours"])


def _old_price(match: re.Match[str]) -> str:
    return tr("newest price is {minutes} min old", minutes=match["minutes"])


def _no_second_price(match: re.Match[str]) -> str:
    del match
    return tr("no second price")


def _flawed(match: re.Match[str]) -> str:
    return tr(_FLAWS[QuoteFlaw(match[0])])


def _disagreeing(match: re.Match[str]) -> str:
    return tr("ours {ours}, theirs {theirs}", ours=match["ours"], theirs=match["theirs"])


def _untold(match: re.Match[str]) -> str:
    del match
    # Translators: why a figure is not known, in brackets: the withdrawals of an exchange.
    return tr("the exchange says nothing about it now")


def _paused(match: re.Match[str]) -> str:
    if match["why"]:
        return tr("since {time}, because: {reason}", time=match["time"], reason=match["why"])
    return tr("since {time} by the operator of this bot", time=match["time"])


def _fault(match: re.Match[str]) -> str:
    return fault_words(SourceFault(match[0]))


_FLAWS = {
    # Translators: why a price at an exchange is not compared with those at others.
    QuoteFlaw.CLOSED: marked("the market stands still"),
    QuoteFlaw.CROSSED: marked("more is bid than asked"),
    QuoteFlaw.WIDE: marked("bid and ask are far apart"),
    QuoteFlaw.OLD: marked("the last price is too old"),
    QuoteFlaw.FROZEN: marked("the price does not move"),
    QuoteFlaw.UNTOLD: marked("it has no price"),
    QuoteFlaw.FEW: marked("fewer than four other exchanges have a price"),
    QuoteFlaw.APART: marked("the other exchanges disagree"),
    QuoteFlaw.OFF_PEG: marked("the coin itself is off its peg"),
}
_MISSING = re.compile(r"(?P<names>.+), (?P<share>[\d.]+) % of reserves")
_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (_MISSING, _missing),
    (
        re.compile(
            r"(?P<names>.+), (?P<share>[+−]?[\d.]+) % of reserves in one step"
            r"(?:, away again after (?P<returns>\d+) returns?)?"
        ),
        _jumped,
    ),
    (re.compile(r"newest reading is (?P<hours>\d+) h old"), _stale),
    (re.compile(r"newest price is (?P<minutes>\d+) min old"), _old_price),
    (re.compile(r"no second price"), _no_second_price),
    (re.compile("|".join(map(re.escape, QuoteFlaw))), _flawed),
    (re.compile(r"ours (?P<ours>.+), theirs (?P<theirs>.+)"), _disagreeing),
    (re.compile(r"the exchange says nothing about it now|not told any more"), _untold),  # the latter is of old readings
    # A pause, domain/suppression.py; the reason may have line breaks.
    (
        re.compile(
            r"since (?P<time>[\d-]+ [\d:]+ UTC)(?:, because: (?P<why>.+)| by the operator of this bot)", re.DOTALL
        ),
        _paused,
    ),
    (re.compile("|".join(map(re.escape, SourceFault))), _fault),
)
