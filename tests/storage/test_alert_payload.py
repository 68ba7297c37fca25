"""Alerts as the outbox stores them, also those that an older program stored."""

import json
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from bot.domain.severity import Severity
from bot.language.translation import written_in
from bot.messages.model import Fold, Message, line, moment
from bot.ports.outbox import Alert, DeliveryKind
from bot.storage.alert_payload import decode_alert, encode_alert
from tests.builders import DAY, NOON
from tests.chat.charts import samples

RUN = samples.ALL["run"]


def stored(message: Message) -> str:
    lifetime = timedelta(hours=6)
    return encode_alert(Alert("a", "INC-1", Severity.WATCH, DeliveryKind.POST, message, NOON, NOON + lifetime, ()))


def test_an_alert_is_read_back_as_it_was_stored() -> None:
    message = Message("INC-42", lines=(line("as of ", moment(NOON, live=True)),), fold=Fold(1, "why INC-42 details"))

    assert decode_alert(stored(message).encode()).message == message


def test_the_setting_that_leaves_an_alert_out_is_read_back_and_of_an_older_program_there_is_none() -> None:
    told = Alert("a", "INC-1", Severity.WATCH, DeliveryKind.POST, Message("INC-1"), NOON, NOON + DAY, (), switch="pegs")

    assert decode_alert(encode_alert(told).encode()).switch == "pegs"
    assert decode_alert(stored(Message("INC-1")).encode()).switch == ""


def test_that_an_alert_may_be_published_is_read_back_and_of_an_older_program_none_is() -> None:
    told = Alert("a", "INC-1", Severity.WATCH, DeliveryKind.POST, Message("INC-1"), NOON, NOON + DAY, (), publish=True)

    assert decode_alert(encode_alert(told).encode()).publish
    assert not decode_alert(stored(Message("INC-1")).encode()).publish


def test_the_picture_of_an_alert_is_read_back_as_it_was_stored() -> None:
    english = samples.ALL["flows"]
    picture = replace(english, language="zh-CN", in_english=english)
    told = Alert(
        "a", "INC-1", Severity.SEVERE, DeliveryKind.POST, Message("INC-1"), NOON, NOON + DAY, (), picture=picture
    )

    assert decode_alert(encode_alert(told).encode()).picture == picture


@pytest.mark.parametrize(
    ("of_picture", "value"),
    [("kind", "heatmap"), ("scale", [None, 0.1]), ("series", "none"), ("title", None), ("language", 7)],
)
def test_a_picture_that_cannot_be_read_is_left_out_of_its_alert(of_picture: str, value: object) -> None:
    """A newer worker may have stored it, in an update of one worker after the other; NaN is stored as null."""
    message = Message("INC-1", lines=(line(moment(NOON)),))
    told = Alert("a", "INC-1", Severity.SEVERE, DeliveryKind.POST, message, NOON, NOON + DAY, (), picture=RUN)
    payload = json.loads(encode_alert(told))
    payload["picture"][of_picture] = value

    read = decode_alert(json.dumps(payload).encode())

    assert (read.message, read.severity, read.picture) == (message, Severity.SEVERE, None)


def test_a_text_that_cannot_be_read_is_not_made_up() -> None:
    payload = json.loads(stored(Message("INC-1")))
    payload["message"]["title"] = None

    with pytest.raises(msgspec.ValidationError):
        decode_alert(json.dumps(payload).encode())


def test_a_message_that_an_older_program_stored_has_no_details_and_no_live_times() -> None:
    message = Message("INC-42", lines=(line(moment(NOON)),))
    payload = json.loads(stored(message))
    del payload["message"]["fold"], payload["message"]["lines"][0][0]["live"]

    assert decode_alert(json.dumps(payload).encode()).message == message


def test_what_an_older_program_stored_is_in_english_whatever_is_spoken_where_it_is_read() -> None:
    with written_in("es"):
        message = Message("INC-42")
        payload = json.loads(stored(message))
        assert decode_alert(json.dumps(payload).encode()).message == message
        del payload["message"]["language"]
        assert decode_alert(json.dumps(payload).encode()).message.language == "en"
