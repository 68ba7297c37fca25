"""A message as data: what is said, without the markup of any platform.

Cards build a `Message`, and each platform's renderer turns it into an embed, HTML or plain text. Text in it is always
literal: `<b>` in an exchange's name is shown as these three characters everywhere.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from bot.domain.snapshot import MissingPart
from bot.language.translation import language_code
from bot.messages.documents import Document
from bot.messages.pictures import Picture


class Tone(StrEnum):
    """How good or bad a message's news are. Platforms show it as a colour, an icon and, for an alert, a word."""

    INFO = "info"
    GOOD = "good"
    TROUBLE = "trouble"
    HELD = "held"
    WATCH = "watch"
    ELEVATED = "elevated"
    SEVERE = "severe"
    CRITICAL = "critical"

    @property
    def icon(self) -> str:
        """Return the sign that goes in front of the title."""
        return _ICONS[self]


_ICONS = {
    Tone.INFO: "🏦",
    Tone.GOOD: "🟢",
    Tone.TROUBLE: "⚠️",
    Tone.HELD: "⚪",
    Tone.WATCH: "🟡",
    Tone.ELEVATED: "🟠",
    Tone.SEVERE: "🔴",
    Tone.CRITICAL: "⛔",
}


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line: literal text, or a moment in time (`at`) that each platform shows in its own way.

    `text` is never markup. With `at` set, `text` is empty and `relative` asks for "12 min ago" beside the clock time.
    `live` asks for that only where the platform counts it on: in an alert that is read five hours later, "12 min ago"
    would be wrong.
    `link` is an address that the text leads to where a platform shows links. Only `safe_link` (links.py) and `link`
    make one: it is of a host that the operator has named, or of the program's own tables, never of anybody's message.
    `zone` is the IANA name of the zone that `at` is to be shown in beside UTC, "" for UTC alone (local_times.py).
    """

    text: str = ""
    bold: bool = False
    code: bool = False
    at: datetime | None = None
    relative: bool = False
    live: bool = False
    zone: str = ""
    link: str = ""


Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A named value; short ones may stand side by side."""

    name: str
    value: Line
    inline: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of short texts under a header; every row has as many cells as the header. `numeric` columns align right.

    A chat shows `chat_rows` of them at most, so that an answer fits on the screen of a phone, and says how many more
    there are; where other lines take too much room it shows fewer, down to `least_rows`. A terminal and programs get
    them all. With `chat_rows` None nothing of the message is left out for a phone. The column `spare` is left out where
    the others need its room.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[int, ...] = ()
    chat_rows: int | None = None
    least_rows: int = 4
    spare: int | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """One series over time, oldest first; `unit` is "usd" or "share". Drawn at the edge, or shown as a sparkline."""

    title: str
    unit: str
    times: tuple[datetime, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ShownTotal:
    """A total that the message shows, as figures for programs (`--json`); chats show the words only.

    `reserves_usd` are without the exchange's own tokens, `total_usd` with them, both at `as_of`. While the source
    leaves out parts, that is the newest reading that had all of them: `missing` names them, `newest_as_of` is the time
    of the newest reading, and `newest_reserves_usd` what that one still tells, which is no total. A total that is not
    `is_checked` is the source's list's alone: amounts were not read, so that a missing part would not show.
    """

    exchange: str
    as_of: datetime
    reserves_usd: float | None
    total_usd: float
    missing: tuple[MissingPart, ...] = ()
    newest_as_of: datetime | None = None
    newest_reserves_usd: float | None = None
    is_checked: bool = True


@dataclass(frozen=True, slots=True)
class Action:
    """A button: its label and the command line it stands for, without the slash ("flows binance").

    With `in_place` the answer takes the place of the message that the button is below, where the platform can do that;
    refusals never do. `starts_row` asks for a new row of buttons.
    """

    label: str
    command: str
    in_place: bool = False
    starts_row: bool = False


@dataclass(frozen=True, slots=True)
class Fold:
    """Where the details of a message begin: its first `after` lines are shown to all, the rest to whoever wants it.

    The rest are the other lines, the fields, the chart and the table. Telegram shows them as a quote that opens at a
    tap, the terminal at once. Discord cannot fold: it leaves them out, and a button asks for `command`, the command
    line that answers with all of it.
    """

    after: int
    command: str


@dataclass(frozen=True, slots=True)
class Message:
    """One thing said. Blocks are shown in this order: title, lines, fields, chart, table, footer, actions.

    `private` asks for an answer only the asker sees where the platform can do that. `silent` asks for no sound.
    `mention` is what to ping (a Discord role id, "here", "everyone"); nothing else in a message ever pings.
    `sample` marks an example that describes no real event. `totals` are the totals in it, for programs. `fold` says
    what of it are details; without one everything is shown. `picture` is shown in place of `chart` and `table`, where a
    platform shows pictures and it can be drawn. `document` is a file that comes with an answer to a command; alerts
    have none. `language` is the code of the language it was written in: whoever shows it adds words of their own in
    that language, such as "… and 6 more".
    """

    title: str
    tone: Tone = Tone.INFO
    lines: tuple[Line, ...] = ()
    fields: tuple[Field, ...] = ()
    chart: Chart | None = None
    table: Table | None = None
    footer: Line = ()
    actions: tuple[Action, ...] = ()
    private: bool = False
    silent: bool = False
    mention: str | None = None
    sample: bool = False
    totals: tuple[ShownTotal, ...] = ()
    fold: Fold | None = None
    picture: Picture | None = None
    document: Document | None = None
    language: str = field(default_factory=language_code)


def takes_place(answer: Message) -> bool:
    """Return whether an answer may take the place of the message whose button was pressed.

    A refusal is private and has no buttons: in that place it would leave nothing to go on with.
    """
    return bool(answer.actions) or not answer.private


def beside_picture(message: Message) -> Message:
    """Return what a message says beside its picture: without the bars and the table, which say the same."""
    return replace(message, chart=None, table=None, picture=None)


def without_picture(message: Message, why: str) -> Message:
    """Return a message whose picture cannot be shown, with a sentence that says so."""
    return replace(message, lines=(*message.lines, line(why)), picture=None)


def without_document(message: Message, why: str) -> Message:
    """Return a message whose file cannot be sent, with a sentence that says so."""
    return replace(message, lines=(*message.lines, line(why)), document=None)


def bold(text: str) -> Span:
    """Return literal text that stands out."""
    return Span(text, bold=True)


def code(text: str) -> Span:
    """Return literal text to be typed or copied."""
    return Span(text, code=True)


def link(address: str) -> Span:
    """Return an address of the program's own tables that people may open."""
    return Span(address, link=address)


def moment(at: datetime, *, relative: bool = False, live: bool = False) -> Span:
    """Return a time, shown in the reader's way; `relative` adds how long ago it was, `live` where that is kept true."""
    return Span(at=at, relative=relative, live=live)


def line(*pieces: str | Span) -> Line:
    """Return one line made of texts and spans."""
    return tuple(Span(piece) if isinstance(piece, str) else piece for piece in pieces if piece)


def lines(*contents: str | Line | None) -> tuple[Line, ...]:
    """Return several lines, leaving out those that are None or empty."""
    return tuple(line(content) if isinstance(content, str) else content for content in contents if content)
