"""A file that came with a command: a text of a limited size, or a sentence that says what to send."""

import pytest

from bot.domain.errors import AskerError
from bot.messages.documents import MAX_DOCUMENT_BYTES, document_of


def test_a_file_of_the_largest_size_is_read() -> None:
    assert document_of("settings.json", b"x" * MAX_DOCUMENT_BYTES).content == b"x" * MAX_DOCUMENT_BYTES


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"x" * (MAX_DOCUMENT_BYTES + 1), "The file is larger than 256 KB"),
        (b"\xff\xfe{", "The file is no text in UTF-8."),
    ],
)
def test_what_is_no_text_or_too_large_is_refused(content: bytes, sentence: str) -> None:
    with pytest.raises(AskerError, match=sentence):
        document_of("settings.json", content)
