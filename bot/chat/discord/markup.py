r"""Text, spans and moments as Discord markdown; nothing that came from outside can become markup.

`**bold** @everyone` in an exchange's name is sent as `\*\*bold\*\* @<zero-width space>everyone`: people read it letter
by letter, and nobody is pinged. https://docs.discord.com/developers/reference#message-formatting
"""

import re
from datetime import datetime

from bot.messages.model import Line, Span
from bot.messages.number_format import clock
from bot.messages.plain_text import bind_units, clean

_MARKUP = re.compile(r"([\\*_~`|<>\[\]()])")
# "# heading", "- item", "-# small print" and "1. item" mean something at the beginning of a line only.
_LINE_START = re.compile(r"^(\s*)([#-]|\d+(?=\.))")
_LINK = re.compile(r":(?=//)")
_OPENED = re.compile(r"https://[\w./?=&%:-]+")
_MENTION = re.compile(r"@(?=everyone|here)")
# A backslash does not escape a backtick inside a code span; this look-alike (U+02CB) cannot end one.
_BACKTICK_LOOKALIKE = "ˋ"


def escape(text: str) -> str:
    """Return text that Discord shows letter by letter: no markdown, mention, custom emoji, link or time comes of it."""
    escaped = _MARKUP.sub(r"\\\1", bind_units(clean(text)))
    unlinked = _LINK.sub(r"\\:", escaped)
    # A backslash does not stop @everyone, a zero-width space behind the @ does.
    return _MENTION.sub("@\u200b", unlinked)


def escape_line_start(markup: str) -> str:
    """Return a line of markup that begins no heading, list or small print."""
    match = _LINE_START.match(markup)
    if not match:
        return markup
    # "1. item" is escaped behind the digits ("1\. item"), the other signs in front of them.
    at = match.end() if match[2].isdigit() else match.start(2)
    return f"{markup[:at]}\\{markup[at:]}"


def line_markdown(line: Line) -> str:
    """Return a line with its bold and code spans and its moments as Discord markdown."""
    return escape_line_start("".join(_span(span) for span in line))


def line_plain(line: Line) -> str:
    """Return a line as the characters it consists of; moments as `2022-12-13 14:05 UTC`."""
    return "".join(clock(span.at) if span.at else clean(span.text) for span in line)


def code_block(text: str) -> str:
    """Return text of several lines in a fixed-width block."""
    return f"```\n{text.replace('`', _BACKTICK_LOOKALIKE)}\n```"


def timestamp(at: datetime, *, relative: bool = False) -> str:
    """Return a moment that every reader sees in their own time zone; `relative` adds how long ago, kept current."""
    unix = int(at.timestamp())
    return f"<t:{unix}:f> (<t:{unix}:R>)" if relative else f"<t:{unix}:f>"


def _span(span: Span) -> str:
    if span.at:
        return timestamp(span.at, relative=span.relative or span.live)
    if span.code:
        return f"`{clean(span.text).replace('`', _BACKTICK_LOOKALIKE)}`" if span.text else ""
    if span.link and span.link == span.text:  # an address opens as it stands
        return span.text if _OPENED.fullmatch(span.text) else escape(span.text)
    if span.link and span.text.strip():
        # Angle brackets keep Discord from showing the page below the message.
        return f"[{escape(span.text)}](<{span.link}>)"
    if span.bold and span.text.strip():
        return _bold(span.text)
    return escape(span.text)


def _bold(text: str) -> str:
    """Return bold text; blanks stay outside of the asterisks, where they would undo them."""
    core = text.strip()
    before, after = text.split(core, 1)
    return f"{before}**{escape(core)}**{after}"
