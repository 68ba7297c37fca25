"""What the Bot API does to a text and its buttons before it accepts them; refusals in Telegram's own words.

Stricter than the real one in one thing: a bare `&` is refused too, for it means that something was not escaped.
"""

import json
import re
from html import unescape

_TAGS = frozenset(
    ("b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "pre", "tg-spoiler", "blockquote", "a", "span")
)
# https://core.telegram.org/bots/api#html-style
_HTML_TOKEN = re.compile(
    r"<(?P<close>/?)(?P<tag>[a-z][a-z0-9-]*)(?P<attributes>(?:\s+[a-z-]+(?:=\"[^\"<>]*\")?)*)\s*>"
    r"|(?P<entity>&(?:lt|gt|amp|quot|#\d+|#x[0-9a-f]+);)"
    r"|(?P<text>[^<&]+)"
    r"|(?P<bare>[<&])",
    re.IGNORECASE,
)
_MAX_TEXT_UTF16_UNITS = 4096  # https://core.telegram.org/bots/api#sendmessage
_MAX_CALLBACK_BYTES = 64  # https://core.telegram.org/bots/api#inlinekeyboardbutton
_MAX_INLINE_RESULTS = 50
_START_PARAMETER = re.compile("[A-Za-z0-9_-]{1,64}")
_MAX_BUTTONS = 100  # not documented; more are refused as "too long"

Buttons = tuple[tuple[tuple[str, str], ...], ...]
"""Rows of (label, callback data or URL)."""


class Refused(Exception):
    """The API says no: HTTP status, description and response parameters."""

    def __init__(self, status: int, description: str, parameters: dict[str, int] | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters


def bad_request(reason: str) -> Refused:
    """Return a refusal with status 400."""
    return Refused(400, f"Bad Request: {reason}")


def plain_text(text: str, parse_mode: str) -> str:
    """Return what people will read, or raise Refused: unparsable, empty, or longer than 4096 UTF-16 units."""
    if parse_mode.upper() not in ("", "HTML"):
        raise bad_request("unsupported parse_mode")
    # Counted is what is left when the markup was read, in UTF-16 units: https://core.telegram.org/api/entities
    plain = (_parsed(text) if parse_mode else text).strip()
    if not plain:
        raise bad_request("message text is empty")
    if len(plain.encode("utf-16-le")) // 2 > _MAX_TEXT_UTF16_UNITS:
        raise bad_request("message is too long")
    return plain


def _parsed(html: str) -> str:
    pieces: list[str] = []
    open_tags: list[str] = []
    for token in _HTML_TOKEN.finditer(html):
        if token["bare"]:
            raise _unparsable(f'Unsupported start tag "" at byte offset {_offset(html, token)}')
        if token["tag"]:
            _open_or_close_tag(html, token, open_tags)
        else:
            pieces.append(unescape(token["entity"]) if token["entity"] else token["text"])
    if open_tags:
        raise _unparsable(f'Can\'t find end tag corresponding to start tag "{open_tags[-1]}"')
    return "".join(pieces)


def _open_or_close_tag(html: str, token: re.Match[str], open_tags: list[str]) -> None:
    tag = token["tag"].lower()
    if not token["close"]:
        if tag not in _TAGS or (tag == "span" and 'class="tg-spoiler"' not in token["attributes"]):
            raise _unparsable(f'Unsupported start tag "{tag}" at byte offset {_offset(html, token)}')
        open_tags.append(tag)
        return
    if not open_tags:
        raise _unparsable(f"Unexpected end tag at byte offset {_offset(html, token)}")
    expected = open_tags.pop()
    if tag != expected:
        where = _offset(html, token)
        raise _unparsable(f'Unmatched end tag at byte offset {where}, expected "</{expected}>", found "</{tag}>"')


def _offset(html: str, token: re.Match[str]) -> int:
    # Telegram counts bytes of UTF-8, not characters.
    return len(html[: token.start()].encode())


def _unparsable(reason: str) -> Refused:
    return bad_request(f"can't parse entities: {reason}")


def check_inline_results(results: object, button: object) -> None:
    """Raise Refused for what answerInlineQuery would not take: https://core.telegram.org/bots/api#answerinlinequery."""
    if not isinstance(results, list):
        raise bad_request("can't parse inline query results: expected an array")
    if len(results) > _MAX_INLINE_RESULTS:
        raise bad_request("RESULTS_TOO_MUCH")
    ids = [str(result.get("id", "")) for result in results]
    if len(set(ids)) != len(ids):
        raise bad_request("RESULT_ID_DUPLICATE")
    for result in results:
        content = result.get("input_message_content") or {}
        if result.get("type") != "article" or not result.get("title") or not 1 <= len(result["id"].encode()) <= 64:
            raise bad_request("RESULT_TYPE_INVALID")
        plain_text(content.get("message_text", ""), content.get("parse_mode", ""))
        keyboard(json.dumps(result["reply_markup"]) if "reply_markup" in result else "")
    if isinstance(button, dict) and not _START_PARAMETER.fullmatch(button.get("start_parameter", "")):
        raise bad_request("START_PARAM_INVALID")


def keyboard(markup: str) -> Buttons:
    """Return the buttons of an inline keyboard given as JSON, or raise Refused."""
    try:
        rows = json.loads(markup)["inline_keyboard"] if markup else []
    except (ValueError, KeyError, TypeError):
        raise bad_request("object expected as reply markup") from None
    if sum(map(len, rows)) > _MAX_BUTTONS:
        raise bad_request("reply markup is too long")
    return tuple(tuple(_button(button) for button in row) for row in rows)


def _button(button: dict[str, str]) -> tuple[str, str]:
    if not button.get("text"):
        raise bad_request('can\'t parse inline keyboard button: field "text" must be non-empty')
    if "url" in button:
        return button["text"], button["url"]
    if not 1 <= len(button.get("callback_data", "").encode()) <= _MAX_CALLBACK_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    return button["text"], button["callback_data"]
