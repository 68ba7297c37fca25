"""Read the arguments of commands: each kind of argument has a way of writing that no other kind has.

Example: in `/subscribe binance 3% $50M @here` the words are an exchange, a share (0.03), dollars (50,000,000) and a
mention. A new kind is one entry in `KINDS`; its type is what handlers annotate their parameters with.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any, NewType

from bot.commands.setting_suggestions import suggest_setting_values
from bot.commands.suggestions import (
    SuggestValues,
    suggest_commands,
    suggest_dollars,
    suggest_exchanges,
    suggest_exchanges_or_all,
    suggest_exchanges_or_runs,
    suggest_incidents,
    suggest_networks,
    suggest_shares,
    suggest_thresholds,
)
from bot.domain.errors import BadArgument, echo
from bot.domain.mute import LONGEST_MUTE, SHORTEST_MUTE
from bot.domain.networks import KNOWN_NETWORKS, network_name
from bot.domain.severity import Sensitivity
from bot.domain.suppression import Metric
from bot.domain.withdrawal_reading import TRACKED_ASSETS
from bot.language.name_lists import sentences
from bot.language.translation import marked, tr
from bot.messages.model import Line

ExchangeName = NewType("ExchangeName", str)
"""An exchange as somebody typed it; `Queries.exchange` finds it (`exchange_lookup`)."""
ExchangeOrAll = NewType("ExchangeOrAll", str)
"""What alerts are about: an exchange as somebody typed it, `all`, or `stress` for the daily stress test."""
ExchangeOrPastRun = NewType("ExchangeOrPastRun", str)
"""An exchange as somebody typed it, or a run of the past: `ftx-2022`."""
Usd = NewType("Usd", float)
"""Dollars, positive."""
Share = NewType("Share", float)
"""A fraction of reserves, positive: 0.03 for 3 %."""
IncidentNumber = NewType("IncidentNumber", int)
"""The 42 of INC-42."""
Mention = NewType("Mention", str)
"""What to ping: a Discord role id, "here" or "everyone"."""
PlaceName = NewType("PlaceName", str)
"""Another place, as somebody typed it: @channel, a chat id, or a Discord channel mention."""
Sentence = NewType("Sentence", str)
"""All remaining words of what somebody typed, as one text."""
AssetName = NewType("AssetName", str)
"""An asset whose withdrawals are tracked: `USDT`."""
NetworkName = NewType("NetworkName", str)
"""A network that has a name of ours: `TRON`, also typed as `trc20`."""
SettingValue = NewType("SettingValue", str)
"""What a setting of a place shall be, as somebody typed it; typed without options, the setting's name is before it."""
CommandName = NewType("CommandName", str)
"""The name of a command, with or without its slash."""
LeastUsd = NewType("LeastUsd", float)
"""Dollars as `Usd`, or 0 for $0: no such limit."""
LeastShare = NewType("LeastShare", float)
"""A share as `Share`, or 0 for 0%: no such limit."""
MentionOrNobody = NewType("MentionOrNobody", str)
"""What to ping as `Mention`, or "" for the word nobody."""
PageNumber = NewType("PageNumber", int)
"""Which page of a long list, from 1 on."""
ConfirmationCode = NewType("ConfirmationCode", str)
"""The code in a button that confirms or takes back something, typed as `code:1f3a09bc`."""


@dataclass(frozen=True, slots=True)
class MuteSpan:
    """How long a mute is to last; None: until it gets worse."""

    length: timedelta | None


@dataclass(frozen=True, slots=True)
class ThresholdArgument:
    """A threshold as somebody typed it: a preset alone, or the normal one with a floor in dollars or as a share."""

    sensitivity: Sensitivity = Sensitivity.NORMAL
    usd: float | None = None
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Arg:
    """What a parameter is for, in at most 100 characters (Discord's limit).

    `ask` is the question put to whoever leaves it out: "Compare it with what?". An optional parameter that has one is
    asked for where a command is gone through step by step (`/subscribe` alone). `explain` returns what stands below the
    question: what its answers mean.
    """

    description: str
    ask: str = ""
    explain: Callable[[], tuple[Line, ...]] | None = None


@dataclass(frozen=True, slots=True)
class ArgumentKind:
    """How an argument is recognised and read.

    `read` returns the value of a word, or raises BadArgument; `matches` says whether a word is written like one. A kind
    that `takes_any_word` is tried last; one that `takes_all_words` gets all the words that remain. `suggest` returns
    what the text typed so far may become, from memory: Discord completes with it, and buttons ask with it. A kind whose
    values are few has them in `choices` instead; one with neither is typed without help. `question` is what is asked
    where it is left out, `none_known` what is said where nothing can be suggested. One argument may be
    up to `most_words` words that follow each other, such as `until it gets worse`; `matches` is asked about all of them
    together. Before a text of many words one is read only where it begins with its `mark`, as no sentence does. One
    that `is_for_buttons` is filled in by them alone: nobody is told how to type it.
    """

    name: str
    read: Callable[[str], Any]
    matches: Callable[[str], bool]
    choices: tuple[str, ...] = ()
    takes_any_word: bool = False
    takes_all_words: bool = False
    suggest: SuggestValues | None = None
    question: str = ""
    none_known: str = ""
    most_words: int = 1
    mark: str = ""
    is_for_buttons: bool = False

    def is_marked(self, word: str) -> bool:
        """Return whether a word begins with the mark of this kind."""
        return bool(self.mark) and word.lower().startswith(self.mark)


def choice(options: type[StrEnum]) -> ArgumentKind:
    """Return the kind whose values are the members of an enumeration."""
    values = tuple(options)

    def read(word: str) -> StrEnum:
        try:
            return options(word.lower())
        except ValueError:
            raise BadArgument(
                tr("I don't recognise “{word}”. Use one of: {choices}.", word=echo(word), choices=", ".join(values))
            ) from None

    return ArgumentKind(options.__name__.lower(), read, lambda word: word.lower() in values, values)


_ANYTHING = r"(?P<text>.{1,100})"


def _matching(
    name: str,
    pattern: str,
    hint: str,
    convert: Callable[[re.Match[str]], Any],
    suggest: SuggestValues | None = None,
) -> ArgumentKind:
    expression = re.compile(pattern, re.IGNORECASE)

    def read(word: str) -> Any:
        match = expression.fullmatch(word)
        if not match:
            raise BadArgument(sentences(tr("I don't recognise “{word}” here.", word=echo(word)), tr(hint)))
        return convert(match)

    return ArgumentKind(
        name,
        read,
        lambda word: expression.fullmatch(word) is not None,
        takes_any_word=pattern == _ANYTHING,
        suggest=suggest,
    )


def _exchange_kind(suggest: SuggestValues) -> ArgumentKind:
    kind = _matching(
        "exchange", _ANYTHING, marked("Use the name of an exchange."), lambda match: match["text"].strip(), suggest
    )
    return replace(
        kind,
        question=marked("Which exchange?"),
        none_known=marked("No exchange is known yet: the list has not been fetched. Ask again in a minute."),
    )


_MOST_USD = 1e12  # more than all exchanges hold; keeps `inf` and absurd figures out of thresholds
_MULTIPLES = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "bn": 1e9}


def _usd(match: re.Match[str]) -> float:
    usd = _number(match["number"]) * _MULTIPLES[match["multiple"].lower()]
    if not 1 <= usd <= _MOST_USD:
        raise BadArgument(
            tr("“{word}” isn't possible; use an amount between $1 and $1 T, e.g. $50M.", word=echo(match.group()))
        )
    return usd


def _share(match: re.Match[str]) -> float:
    share = _number(match["number"]) / 100
    if not 0 < share <= 1:
        raise BadArgument(
            tr("“{word}” isn't possible; use a share between 0 % and 100 %, e.g. 3%.", word=echo(match.group()))
        )
    return share


def _number(text: str) -> float:
    """Return a typed number: a comma is a decimal point in `2,5` and `0,125`, and none in `1,500` and `2,500,000`."""
    whole, comma, rest = text.partition(",")
    is_point = comma and rest.isdecimal() and (len(rest) != _GROUP_DIGITS or whole.strip("0") == "")
    return float(text.replace(",", "." if is_point else ""))


_GROUP_DIGITS = 3
_NUMBER = r"(?P<number>\d[\d,]*(?:\.\d+)?|[.,]\d+)"

# What handlers annotate a parameter with, and how such an argument is written. `ThresholdArgument` follows below.
KINDS: dict[object, ArgumentKind] = {
    ExchangeName: _exchange_kind(suggest_exchanges),
    ExchangeOrAll: _exchange_kind(suggest_exchanges_or_all),
    ExchangeOrPastRun: _exchange_kind(suggest_exchanges_or_runs),
    Usd: _matching(
        "usd",
        rf"(?:us)?\$\s*{_NUMBER}\s*(?P<multiple>k|m|bn?|)",
        marked("Use an amount such as $50M."),
        _usd,
        suggest_dollars,
    ),
    # In Turkish the sign comes first.
    Share: _matching(
        "percent", rf"(?=.*%)%?\s*{_NUMBER}\s*%?", marked("Use a share such as 3%."), _share, suggest_shares
    ),
    IncidentNumber: replace(
        _matching(
            "incident",
            r"#?(?:inc-?)?(?P<number>\d{1,9})",
            marked("Use an incident such as INC-42."),
            lambda match: int(match["number"]),
            suggest_incidents,
        ),
        question=marked("Which incident?"),
        none_known=marked("No open or past incidents."),
    ),
    Mention: _matching(
        "mention",
        r"(?:<@&(?P<role>\d{1,20})>|@?(?P<word>here|everyone))",
        marked("Use something to mention: @here, @everyone or a role."),
        lambda match: (match["role"] or match["word"]).lower(),
    ),
    PlaceName: _matching(
        "place",
        # Telegram: @channel (never @here, which is a mention), the id of a supergroup or channel, or a t.me link.
        # Discord: <#id>, which is what its clients make of a channel that somebody picks.
        r"(?P<text>@(?!(?:here|everyone)$)[a-z]\w{3,31}|-100\d{5,15}|<#\d{1,20}>|https://t\.me/[a-z]\w{3,31})",
        marked("Use a channel such as @mychannel, on Discord #mychannel."),
        lambda match: match["text"],
    ),
    CommandName: _matching(
        "command",
        r"/?(?P<text>[a-z0-9_]{1,32})",
        marked("Use a command."),
        lambda match: match["text"].lower(),
        suggest_commands,
    ),
    Sentence: replace(
        _matching(
            "text",
            r"(?P<text>.{1,300})",
            marked("Use a text of at most 300 letters."),
            lambda match: match["text"].strip(),
        ),
        takes_any_word=True,
        takes_all_words=True,
    ),
    SettingValue: replace(
        _matching(
            "value", r"(?P<text>.{1,100})", marked("Use at most 100 letters."), lambda match: match["text"].strip()
        ),
        takes_any_word=True,
        takes_all_words=True,
        suggest=suggest_setting_values,
    ),
    str: _matching("text", _ANYTHING, marked("Use a text."), lambda match: match["text"]),
}


def _threshold(word: str) -> ThresholdArgument:
    for kind, name in ((KINDS[Usd], "usd"), (KINDS[Share], "share")):
        if kind.matches(word):
            return ThresholdArgument(**{name: kind.read(word)})
    try:
        return ThresholdArgument(Sensitivity(word.lower()))
    except ValueError:
        raise BadArgument(
            # Translators: {presets} are the typed words early, normal, calm.
            tr(
                "I don't recognise “{word}”. Use {presets}, a share such as 3%, or $50M.",
                word=echo(word),
                presets=", ".join(Sensitivity),
            )
        ) from None


def _is_threshold(word: str) -> bool:
    return word.lower() in tuple(Sensitivity) or KINDS[Usd].matches(word) or KINDS[Share].matches(word)


def _asset(word: str) -> str:
    if word.upper() not in TRACKED_ASSETS:
        raise BadArgument(
            tr(
                "I don't recognise “{word}”. Use one of {assets}, or leave the asset out.",
                word=echo(word),
                assets=", ".join(TRACKED_ASSETS),
            )
        )
    return word.upper()


def _network(word: str) -> str:
    network = network_name("", word)
    if network not in KNOWN_NETWORKS:
        known = ", ".join(sorted(name.title() for name in KNOWN_NETWORKS))
        raise BadArgument(
            tr(
                "I don't recognise “{word}”. Use one of {networks}, or leave the network out.",
                word=echo(word),
                networks=known,
            )
        )
    return network


_MUTE_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
# A number alone is taken for a time as well, so that it can be asked what unit it has.
_MUTE_LENGTH = re.compile(
    r"(?:for )?(?P<number>\d{1,6}) ?(?P<unit>m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?|d(?:ays?)?|w(?:eeks?)?)?",
    re.IGNORECASE,
)
_UNTIL_WORSE = re.compile(r"(?:until )?(?:it )?(?:gets |is )?worse", re.IGNORECASE)


def _mute_span(words: str) -> MuteSpan:
    if _UNTIL_WORSE.fullmatch(words):
        return MuteSpan(None)
    match = _MUTE_LENGTH.fullmatch(words)
    if not match or not match["unit"]:
        raise BadArgument(
            tr("“{words}” isn't a length of time. Write 30m, 4h, 24h or 7d, or until worse.", words=echo(words))
        )
    length = int(match["number"]) * _MUTE_UNITS[match["unit"][0].lower()]
    if not SHORTEST_MUTE <= length <= LONGEST_MUTE:
        raise BadArgument(tr("A mute lasts from 5 minutes to 30 days; “{words}” does not.", words=echo(words)))
    return MuteSpan(length)


def _is_mute_span(words: str) -> bool:
    return bool(_UNTIL_WORSE.fullmatch(words) or _MUTE_LENGTH.fullmatch(words))


# Closed lists: what members name is read by others, and must not carry a message of its own.
KINDS[AssetName] = ArgumentKind("asset", _asset, lambda word: word.upper() in TRACKED_ASSETS, TRACKED_ASSETS)
# Tried last: ETH is an asset, and a network where an asset is named already.
KINDS[NetworkName] = ArgumentKind(
    "network", _network, lambda word: word.isascii(), takes_any_word=True, suggest=suggest_networks
)
KINDS[ThresholdArgument] = ArgumentKind("rule", _threshold, _is_threshold, suggest=suggest_thresholds)
KINDS[MuteSpan] = ArgumentKind("duration", _mute_span, _is_mute_span, most_words=4)


_ONLY = "only:"


def _metric(word: str) -> Metric:
    try:
        return Metric(word.lower().removeprefix(_ONLY))
    except ValueError:
        metrics = ", ".join(f"{_ONLY}{metric}" for metric in Metric if metric is not Metric.ALL)
        raise BadArgument(
            tr("I don't recognise “{word}”. Use one of: {choices}.", word=echo(word), choices=metrics)
        ) from None


# Typed with a mark before a reason: in `/hold okx proof was copied` the word belongs to the reason.
KINDS[Metric] = ArgumentKind(
    "metric", _metric, lambda word: word.lower().removeprefix(_ONLY) in tuple(Metric), tuple(Metric), mark=_ONLY
)


def _or_nothing(kind: ArgumentKind, words: tuple[str, ...], nothing: Any) -> ArgumentKind:
    """Return a kind that also takes words which stand for nothing."""
    return replace(
        kind,
        read=lambda word: nothing if word.lower() in words else kind.read(word),
        matches=lambda word: word.lower() in words or kind.matches(word),
    )


KINDS[LeastUsd] = _or_nothing(KINDS[Usd], ("$0",), 0.0)
KINDS[LeastShare] = _or_nothing(KINDS[Share], ("0%",), 0.0)
KINDS[MentionOrNobody] = _or_nothing(KINDS[Mention], ("nobody", "@nobody"), "")
KINDS[PageNumber] = _matching(
    "page", r"(?P<number>\d{1,3})", marked("Use the number of a page."), lambda match: int(match["number"])
)
KINDS[ConfirmationCode] = replace(
    _matching(
        "code", r"code:(?P<code>[0-9a-f]{8})", marked("Use the code of a button."), lambda match: match["code"].lower()
    ),
    is_for_buttons=True,
)


def kind_of(annotation: Any) -> ArgumentKind:
    """Return the kind for an annotation: one of the types above, or an enumeration."""
    if annotation in KINDS:
        return KINDS[annotation]
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return choice(annotation)
    raise TypeError(f"no kind of argument for {annotation!r}")
