"""What the Bot API does to a photo before it accepts it: its size, its sides, and how it is named afterwards.

https://core.telegram.org/bots/api#sendphoto
"""

import struct
from hashlib import blake2b

from tests.fakes.as_read import as_read
from tests.fakes.telegram_markup import bad_request, plain_text

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MAX_PHOTO_BYTES = 10 << 20
_MAX_SIDES_TOGETHER, _MAX_RATIO = 10_000, 20
_MAX_CAPTION_UTF16_UNITS = 1024

UPLOAD = "upload:"
"""What stands in a parameter in place of a file that was uploaded with it; the number of the upload follows."""


def check_photo(content: bytes) -> tuple[int, int]:
    """Return width and height of a photo, or raise Refused."""
    if not content:
        raise bad_request("file must be non-empty")
    if len(content) > _MAX_PHOTO_BYTES:
        raise bad_request(
            f"file of size {len(content)} bytes is too big for a photo; the maximum size is {_MAX_PHOTO_BYTES} bytes"
        )
    if not content.startswith(_PNG_SIGNATURE):  # the product sends no other kind
        raise bad_request("IMAGE_PROCESS_FAILED")
    width, height = struct.unpack(">II", content[16:24])
    if width + height > _MAX_SIDES_TOGETHER or max(width, height) > _MAX_RATIO * min(width, height):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    return width, height


def file_id_of(content: bytes) -> str:
    """Return the id that a photo can be sent again by."""
    return f"AgACAgQ{blake2b(content, digest_size=16).hexdigest()}"


def read_caption(caption: str, parse_mode: str) -> str:
    """Return what people will read below a photo, nothing for none, or raise Refused."""
    if not caption:
        return ""
    plain = plain_text(caption, parse_mode)
    if len(plain.encode("utf-16-le")) // 2 > _MAX_CAPTION_UTF16_UNITS:
        raise bad_request("message caption is too long")
    return as_read(plain)
