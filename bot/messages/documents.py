"""A file as data: sent with an answer, as `/export` does, or read with a command, as `/import` does."""

from dataclasses import dataclass

from bot.domain.errors import AskerError
from bot.language.translation import tr

MAX_DOCUMENT_BYTES = 256 * 1024
"""Of a file that somebody sends: the settings of a place with 100 subscriptions and the largest proof take 30 KB."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text as a file. `name` is what it is saved as; `media_type` such as `application/json`."""

    name: str
    text: str
    media_type: str = "application/json"

    @property
    def content(self) -> bytes:
        """Return the file as bytes."""
        return self.text.encode()


def too_large() -> AskerError:
    """Return the refusal of a file that is too large."""
    return AskerError(
        tr("The file is larger than {size} KB; what this bot reads is much smaller.", size=MAX_DOCUMENT_BYTES // 1024)
    )


def not_fetched(platform: str) -> AskerError:
    """Return the refusal of a file that the platform did not hand out."""
    return AskerError(tr("{platform} did not hand out the file. Try again in a minute.", platform=platform))


def document_of(name: str, content: bytes) -> Document:
    """Return a file that was read; raise AskerError for one that is too large or no text."""
    if len(content) > MAX_DOCUMENT_BYTES:
        raise too_large()
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise AskerError(tr("The file is no text in UTF-8. Send it unchanged, as it was downloaded.")) from None
    return Document(name, text)
