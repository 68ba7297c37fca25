from datetime import timedelta

import pytest

from bot.domain.errors import (
    AskerError,
    ChatMoved,
    DeliveryError,
    RetryLater,
    RunwatchError,
    SourceError,
    SourceFault,
    UnknownExchange,
)
from bot.domain.place import Place, Platform


def test_an_unknown_exchange_names_the_nearest_ones() -> None:
    error = UnknownExchange("binanse", ("binance", "binance-us"))

    assert str(error) == "No exchange is known as “binanse”. Did you mean binance or binance-us?"
    assert (error.name, error.nearest) == ("binanse", ("binance", "binance-us"))


def test_without_near_ones_it_says_where_to_look() -> None:
    assert str(UnknownExchange("x")) == "No exchange is known as “x”. /exchanges lists the known ones."


@pytest.mark.parametrize(("detail", "text"), [("", "timeout"), ("after 60 s", "timeout: after 60 s")])
def test_a_sources_fault_is_a_word_and_a_detail(detail: str, text: str) -> None:
    error = SourceError(SourceFault.TIMEOUT, detail, retry_after=timedelta(minutes=1))

    assert str(error) == text
    assert (error.fault, error.detail, error.retry_after) == (SourceFault.TIMEOUT, detail, timedelta(minutes=1))


def test_a_pause_is_by_default_one_places_and_sure() -> None:
    pause = RetryLater("busy", after=timedelta(seconds=3))

    assert (pause.whole_bot, pause.ambiguous, pause.rate_limited) == (False, False, False)


def test_a_moved_chat_knows_where_to() -> None:
    to = Place(Platform.TELEGRAM, "-1005")

    assert ChatMoved(to).moved_to == to
    assert str(ChatMoved(to)) == "the chat moved to telegram:-1005"


def _family(error: type[BaseException]) -> set[type[BaseException]]:
    return {error}.union(*map(_family, error.__subclasses__()))


def test_who_is_to_act_is_told_by_the_branch() -> None:
    assert not _family(AskerError) & _family(DeliveryError)
    assert _family(AskerError) | _family(DeliveryError) | {SourceError} < _family(RunwatchError)
