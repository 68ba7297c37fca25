from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.arguments import (
    KINDS,
    AssetName,
    CommandName,
    ConfirmationCode,
    ExchangeName,
    ExchangeOrAll,
    ExchangeOrPastRun,
    IncidentNumber,
    LeastShare,
    LeastUsd,
    Mention,
    MentionOrNobody,
    NetworkName,
    PageNumber,
    PlaceName,
    Sentence,
    SettingValue,
    Share,
    ThresholdArgument,
    Usd,
    choice,
    kind_of,
)
from bot.domain.errors import BadArgument, echo
from bot.domain.flow import Window
from bot.domain.severity import Sensitivity


@pytest.mark.parametrize(
    ("kind", "word", "value"),
    [
        (Usd, "$50M", 50e6),
        (Usd, "$50m", 50e6),
        (Usd, "$1,200.5k", 1_200_500.0),
        (Usd, "$2bn", 2e9),
        (Usd, "$2B", 2e9),
        (Usd, "$ 7", 7.0),
        (Usd, "$.5M", 5e5),
        (Share, "3%", 0.03),
        (Share, "1,5%", 0.015),
        (Share, "0,125 %", 0.00125),
        (Share, ",5%", 0.005),
        (Share, "%3", 0.03),
        (Usd, "$2,5M", 2.5e6),
        (Usd, "$0,5B", 5e8),
        (Usd, "US$50M", 50e6),
        (Usd, "$0,125B", 1.25e8),
        (Usd, "$1,500", 1500.0),
        (Usd, "$1,500.5", 1500.5),
        (Usd, "$2,500,000", 2.5e6),
        (Usd, "$25,00,000", 2.5e6),
        (Share, "0.5 %", 0.005),
        (Share, "100%", 1.0),
        (LeastUsd, "$0", 0.0),
        (LeastUsd, "$50M", 50e6),
        (LeastShare, "0%", 0.0),
        (LeastShare, "3%", 0.03),
        (MentionOrNobody, "Nobody", ""),
        (MentionOrNobody, "@nobody", ""),
        (MentionOrNobody, "@here", "here"),
        (PageNumber, "12", 12),
        (ConfirmationCode, "CODE:1F3A09BC", "1f3a09bc"),
        (IncidentNumber, "INC-42", 42),
        (IncidentNumber, "inc42", 42),
        (IncidentNumber, "#42", 42),
        (IncidentNumber, "42", 42),
        (Mention, "@here", "here"),
        (Mention, "Everyone", "everyone"),
        (Mention, "<@&123>", "123"),
        (PlaceName, "@my_channel", "@my_channel"),
        (PlaceName, "-1001234567890", "-1001234567890"),
        (PlaceName, "<#99>", "<#99>"),
        (PlaceName, "https://t.me/my_channel", "https://t.me/my_channel"),
        (ExchangeName, " Gate.io ", "Gate.io"),
        (CommandName, "/Flows", "flows"),
        (AssetName, "usdt", "USDT"),
        (NetworkName, "trc20", "TRON"),
        (NetworkName, "ETH", "ETHEREUM"),
        (str, "anything at all", "anything at all"),
        (Window, "7D", Window.WEEK),
        (ThresholdArgument, "EARLY", ThresholdArgument(Sensitivity.EARLY)),
        (ThresholdArgument, "3%", ThresholdArgument(share=0.03)),
        (ThresholdArgument, "$50M", ThresholdArgument(usd=50e6)),
    ],
)
def test_a_word_is_read_as_what_it_stands_for(kind: Any, word: str, value: Any) -> None:
    argument_kind = kind_of(kind)

    assert argument_kind.matches(word)
    assert argument_kind.read(word) == value


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (Usd, "50M"), (Usd, "$"), (Usd, "$-5"), (Usd, "$5x"), (Usd, "$0"), (Usd, "$0.5"), (Usd, "$1001B"),
        (Usd, "$" + "9" * 400), (Share, "3"), (Share, "0%"), (Share, "101%"), (Share, "-3%"),
        (LeastUsd, "$-1"), (LeastShare, "101%"), (MentionOrNobody, "somebody"), (PageNumber, "1234"), (PageNumber, "x"),
        (ConfirmationCode, "code:1"), (ConfirmationCode, "1f3a09bc"),
        (IncidentNumber, "INC-"), (IncidentNumber, "9" * 10), (IncidentNumber, "-1"),
        (Mention, "@somebody"), (Mention, "<@5>"), (PlaceName, "@a"), (PlaceName, "-5"), (PlaceName, "http://x"),
        (ExchangeName, ""), (ExchangeName, "x" * 101), (CommandName, "../x"), (Window, "2h"),
        (AssetName, "DOGE"), (AssetName, ""), (NetworkName, "visit-this-site"), (NetworkName, "arrives"),
        (ThresholdArgument, "loud"), (ThresholdArgument, "3"), (ThresholdArgument, "0%"), (ThresholdArgument, "$0"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_a_sentence_that_shows_how(kind: Any, word: str) -> None:
    with pytest.raises(BadArgument, match=r"“.*”.* [Uu]se .+\.$") as refused:
        kind_of(kind).read(word)

    assert echo(word) in str(refused.value)


@given(
    st.sampled_from(
        [kind for kind in KINDS if kind not in {ExchangeName, ExchangeOrAll, ExchangeOrPastRun, str, CommandName}]
    ),
    st.text(max_size=30),
)
def test_what_does_not_match_a_kind_is_never_read(kind: Any, word: str) -> None:
    argument_kind = kind_of(kind)

    if not argument_kind.matches(word):
        with pytest.raises(BadArgument):
            argument_kind.read(word)


@given(st.floats(1, 1e12))
def test_dollars_are_positive_and_finite(value: float) -> None:
    assert kind_of(Usd).read(f"${value:.2f}") == pytest.approx(value, abs=0.006)


def test_only_these_kinds_take_any_word() -> None:
    assert {kind for kind, argument_kind in KINDS.items() if argument_kind.takes_any_word} == {
        ExchangeName,
        ExchangeOrAll,
        ExchangeOrPastRun,
        NetworkName,
        Sentence,
        SettingValue,
        str,
    }


def test_a_choice_knows_its_values() -> None:
    class Colour(StrEnum):
        RED = "red"

    argument_kind = choice(Colour)

    assert (argument_kind.name, argument_kind.choices) == ("colour", ("red",))
    assert not argument_kind.matches("blue")
    with pytest.raises(BadArgument, match=r"“blue”\. Use one of: red"):
        argument_kind.read("blue")


@pytest.mark.parametrize("annotation", [int, list[str], None, Window.DAY])
def test_nothing_else_is_a_kind_of_argument(annotation: Any) -> None:
    with pytest.raises(TypeError, match="no kind of argument"):
        kind_of(annotation)
