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


def test_a_retry_is_by_default_of_one_place_and_not_ambiguous() -> None:
    error = RetryLater("busy", after=timedelta(seconds=3))

    assert (error.whole_bot, error.ambiguous, error.rate_limited) == (False, False, False)


def test_a_moved_chat_knows_where_to() -> None:
    to = Place(Platform.TELEGRAM, "-1005")

    assert ChatMoved(to).moved_to == to
    assert str(ChatMoved(to)) == "the chat moved to telegram:-1005"


def _subtree(error: type[BaseException]) -> set[type[BaseException]]:
    return {error}.union(*map(_subtree, error.__subclasses__()))


def test_an_error_of_the_asker_is_never_one_of_delivery() -> None:
    assert not _subtree(AskerError) & _subtree(DeliveryError)
    assert _subtree(AskerError) | _subtree(DeliveryError) | {SourceError} < _subtree(RunwatchError)
