"""Reads what an update says: in which place, by whom, and which command. Pure.

`/reserves okx` in topic 7 of the group -100123 is the TypedCommand("reserves", "okx") in the place
`telegram:-100123/7`. Updates are read as plain JSON, as the Bot API writes them.
https://core.telegram.org/bots/api#update
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.domain.place import Place, Platform
from bot.language.translation import tr

Json = Mapping[str, Any]

# Wider than Telegram's own limit of 32 characters for both names: what is longer is no command of ours either way.
_COMMAND = re.compile(
    r"/(?P<name>[a-z0-9_]{1,64})(?:@(?P<bot>\w{1,64}))?(?:\s+(?P<words>.*))?", re.DOTALL | re.IGNORECASE
)
# A forum's General topic has this thread id in updates, but messages to it must name no thread at all.
_GENERAL_TOPIC = 1
_PRESENT_STATUSES = ("creator", "administrator", "member")


@dataclass(frozen=True, slots=True)
class BotIdentity:
    """Who the bot itself is, as getMe says; `answers_inline`: whether its owner has switched inline mode on."""

    id: int
    username: str
    answers_inline: bool = True


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote or pressed. `user` is a person's id; `chat` is set instead when a chat speaks in its own name.

    `name` is what the person or the chat is called, `language` the tag of the language of the person's app.
    """

    user: int | None
    chat: int | None = None
    name: str = field(default="", compare=False)
    language: str = field(default="", compare=False)

    @property
    def id(self) -> str:
        """Return what tells this author from others."""
        return str(self.user if self.chat is None else self.chat)


@dataclass(frozen=True, slots=True)
class TypedCommand:
    """A command as it was typed: its name in lower case, what followed, and the bot it was addressed to, if any."""

    name: str
    words: str
    addressee: str = ""


def place_of(message: Json) -> Place:
    """Return the place of a message: its chat, or the topic in it."""
    # Replies in groups without topics carry a thread id too; only `is_topic_message` tells a topic.
    thread = message.get("message_thread_id") if message.get("is_topic_message") else None
    topic = str(thread) if thread and thread != _GENERAL_TOPIC else None
    return Place(Platform.TELEGRAM, str(message["chat"]["id"]), topic)


def chat_place(chat: Json) -> Place:
    """Return the place that stands for a whole chat."""
    return Place(Platform.TELEGRAM, str(chat["id"]))


def is_private(chat: Json) -> bool:
    """Return whether nobody but one person reads the chat."""
    return chat.get("type") == "private"


def author_of(message: Json) -> Author | None:
    """Return who wrote a message; None when nobody who could be answered did: another bot, or a forwarding."""
    # Who forwards a command does not ask it, and must not act with the rights of the person who wrote it.
    if "forward_origin" in message or message.get("is_automatic_forward"):
        return None
    if "sender_chat" in message:
        return Author(None, message["sender_chat"]["id"], message["sender_chat"].get("title", ""))
    author = message.get("from")
    return person(author) if author and not author.get("is_bot") else None


def person(user: Json) -> Author:
    """Return a User of the Bot API as an author."""
    name = f"{user.get('first_name', '')} {user.get('last_name', '')}".strip()
    return Author(user["id"], name=name, language=str(user.get("language_code") or ""))


def typed_command(text: str) -> TypedCommand | None:
    """Return the command in a text; None when there is none."""
    match = _COMMAND.fullmatch(text.strip())
    return TypedCommand(match["name"].lower(), match["words"] or "", match["bot"] or "") if match else None


def is_present(member: Json) -> bool:
    """Return whether a ChatMember is in the chat; a restricted one may be or not."""
    status = member.get("status")
    return status in _PRESENT_STATUSES or bool(status == "restricted" and member.get("is_member"))


def missing_rights(member: Json) -> tuple[str, ...]:
    """Return the names of the rights that a ChatMember lacks for writing; a plain member's are the chat's own."""
    if not is_present(member):
        return (tr("be a member"),)
    if member["status"] == "administrator":
        # The field exists in channels only; an administrator of a group may always write.
        return (tr("Post messages"),) if member.get("can_post_messages") is False else ()
    if member["status"] == "restricted":
        return () if member.get("can_send_messages") else (tr("Send messages"),)
    return ()
