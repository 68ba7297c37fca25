"""Who may do what, where: one table, which docs/permissions.md shows and test_permissions_table.py lives through.

A row says where somebody writes or presses, who they are, and what comes of a question (`/reserves okx`), of what
moderators do (`/subscribe`) and of what is the owner's (`/hold`). `python -m tests.chat.permission_rows` prints the
table for the document.
"""

import sys
from dataclasses import dataclass
from enum import StrEnum

BEGIN, END = "<!-- permissions: begin -->", "<!-- permissions: end -->"
"""Between these two lines docs/permissions.md has the table."""


class Outcome(StrEnum):
    """What comes of something that was asked; who reads a refusal is said in the document."""

    YES = "yes"
    REFUSED = "refused"
    SILENCE = "no answer"
    PROPOSED = "only proposed"
    IN_PRIVATE = "in their private chat"
    NOT_OFFERED = "–"


@dataclass(frozen=True, slots=True)
class PermissionRow:
    """What somebody may do somewhere; `setting` and `actor` are the names that the test acts them out by."""

    platform: str
    where: str
    who: str
    asks: Outcome
    moderates: Outcome
    owns: Outcome
    setting: str
    actor: str


_YES, _REFUSED, _SILENCE = Outcome.YES, Outcome.REFUSED, Outcome.SILENCE
_PROPOSED, _IN_PRIVATE, _NOT_OFFERED = Outcome.PROPOSED, Outcome.IN_PRIVATE, Outcome.NOT_OFFERED


def _telegram(where: str, who: str, outcomes: tuple[Outcome, Outcome, Outcome], act: str) -> PermissionRow:
    setting, _, actor = act.partition("/")
    return PermissionRow("Telegram", where, who, *outcomes, setting, actor)


def _discord(where: str, who: str, outcomes: tuple[Outcome, Outcome, Outcome], act: str) -> PermissionRow:
    setting, _, actor = act.partition("/")
    return PermissionRow("Discord", where, who, *outcomes, setting, actor)


_GROUP, _TOPIC = "group", "topic of a group"
_SERVER, _FOREIGN = "channel of a server", "server without the bot, by a user install"

ROWS = (
    _telegram("private chat", "anybody: it is their own", (_YES, _YES, _REFUSED), "private/member"),
    _telegram("private chat", "the bot's owner", (_YES, _YES, _YES), "private/owner"),
    _telegram(_GROUP, "member", (_YES, _REFUSED, _REFUSED), "group/member"),
    _telegram(_GROUP, "restricted member", (_YES, _REFUSED, _REFUSED), "group/restricted"),
    _telegram(_GROUP, "administrator", (_YES, _YES, _REFUSED), "group/administrator"),
    _telegram(_GROUP, "creator", (_YES, _YES, _REFUSED), "group/creator"),
    _telegram(_GROUP, "administrator who stays anonymous", (_YES, _YES, _REFUSED), "group/anonymous"),
    _telegram(_GROUP, "channel that writes there in its own name", (_YES, _REFUSED, _REFUSED), "group/channel"),
    _telegram(_GROUP, "the bot's owner, a plain member", (_YES, _YES, _YES), "group/owner"),
    _telegram(_GROUP, "administrator, while Telegram does not say so", (_YES, _REFUSED, _REFUSED), "group/unconfirmed"),
    _telegram(_GROUP, "whoever forwards an administrator's command", (_SILENCE, _SILENCE, _SILENCE), "group/forwarder"),
    _telegram(
        _GROUP, "linked channel, whose post Telegram forwards there", (_SILENCE, _SILENCE, _SILENCE), "group/linked"
    ),
    _telegram(_GROUP, "another bot", (_SILENCE, _SILENCE, _SILENCE), "group/bot"),
    _telegram(_TOPIC, "member", (_YES, _REFUSED, _REFUSED), "topic/member"),
    _telegram(_TOPIC, "administrator: for that topic alone", (_YES, _YES, _REFUSED), "topic/administrator"),
    _telegram("channel", "whoever posts there: a post has no author", (_SILENCE, _SILENCE, _SILENCE), "channel/post"),
    _telegram("button in a group", "member", (_YES, _REFUSED, _REFUSED), "button/member"),
    _telegram("button in a group", "administrator", (_YES, _YES, _REFUSED), "button/administrator"),
    _telegram("button in a channel", "subscriber", (_IN_PRIVATE, _REFUSED, _REFUSED), "channel button/member"),
    _telegram("button in a channel", "administrator", (_IN_PRIVATE, _YES, _REFUSED), "channel button/administrator"),
    _telegram(
        "channel, named in a private chat",
        "administrator of it",
        (_NOT_OFFERED, _YES, _NOT_OFFERED),
        "named channel/administrator",
    ),
    _telegram(
        "channel, named in a private chat",
        "anybody else",
        (_NOT_OFFERED, _REFUSED, _NOT_OFFERED),
        "named channel/member",
    ),
    _telegram(
        "channel, named in a group",
        "administrator who stays anonymous",
        (_NOT_OFFERED, _REFUSED, _NOT_OFFERED),
        "named channel/anonymous",
    ),
    _telegram("link to the bot", "whoever follows it", (_YES, _PROPOSED, _NOT_OFFERED), "link/member"),
    _telegram("inline mode in any chat", "anybody", (_YES, _NOT_OFFERED, _NOT_OFFERED), "inline/member"),
    _discord(_SERVER, "member", (_YES, _REFUSED, _REFUSED), "server/member"),
    _discord(_SERVER, "who may manage the server", (_YES, _YES, _REFUSED), "server/moderator"),
    _discord(_SERVER, "administrator", (_YES, _YES, _REFUSED), "server/administrator"),
    _discord(_SERVER, "the bot's owner, a plain member", (_YES, _YES, _YES), "server/owner"),
    _discord("thread", "member", (_YES, _REFUSED, _REFUSED), "thread/member"),
    _discord("thread", "who may manage the server: for that thread alone", (_YES, _YES, _REFUSED), "thread/moderator"),
    _discord(
        "another channel of the server, named",
        "who may manage the server, and sees it",
        (_NOT_OFFERED, _YES, _NOT_OFFERED),
        "named channel/moderator",
    ),
    _discord(
        "another channel of the server, named",
        "who may manage the server, and does not see it",
        (_NOT_OFFERED, _REFUSED, _NOT_OFFERED),
        "unseen channel/moderator",
    ),
    _discord(
        "channel of another server, named",
        "who may manage this server",
        (_NOT_OFFERED, _REFUSED, _NOT_OFFERED),
        "foreign channel/moderator",
    ),
    _discord(
        "mention of @everyone, set with an alert",
        "who may manage the server, and mention everyone",
        (_NOT_OFFERED, _YES, _NOT_OFFERED),
        "mention/herald",
    ),
    _discord(
        "mention of @everyone, set with an alert",
        "who may manage the server, and not mention everyone",
        (_NOT_OFFERED, _REFUSED, _NOT_OFFERED),
        "mention/moderator",
    ),
    _discord(_FOREIGN, "member", (_YES, _REFUSED, _REFUSED), "foreign/member"),
    _discord(_FOREIGN, "who may manage that server", (_YES, _REFUSED, _REFUSED), "foreign/moderator"),
    _discord("direct message with the bot", "anybody", (_YES, _REFUSED, _REFUSED), "direct/member"),
    _discord("direct message with the bot", "the bot's owner", (_YES, _YES, _YES), "direct/owner"),
    _discord("group of friends, by a user install", "anybody in it", (_YES, _REFUSED, _REFUSED), "friends/member"),
    _discord("button in a server", "member", (_YES, _REFUSED, _REFUSED), "button/member"),
    _discord("button in a server", "who may manage the server", (_YES, _YES, _REFUSED), "button/moderator"),
)


def table() -> str:
    """Return the rows as Markdown."""
    head = "| platform | where | who | ask | moderate | what is the owner's |\n|---|---|---|---|---|---|"
    lines = (
        f"| {row.platform} | {row.where} | {row.who} | {row.asks} | {row.moderates} | {row.owns} |" for row in ROWS
    )
    return "\n".join((head, *lines))


if __name__ == "__main__":
    sys.stdout.write(f"{table()}\n")
