"""The people of the fake Telegram: they open chats, write, press buttons, add the bot and remove it."""

import time
from asyncio import Event
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from tests.fakes.telegram_files import Files
from tests.fakes.telegram_world import Chat, Sent, User

# The accounts in whose name Telegram sends what a group or a channel writes: https://core.telegram.org/bots/api#message
ANONYMOUS = User(1087968824, "Group", is_bot=True, username="GroupAnonymousBot")
CHANNEL_BOT = User(136817688, "Channel", is_bot=True, username="Channel_Bot")


class People:
    """Who and what there is, and what happens to the bot; each event becomes an update for it."""

    def __init__(self, bot: User) -> None:
        self.bot = bot
        self.updates: deque[dict[str, Any]] = deque()
        self.happened = Event()
        self.chats: dict[int, Chat] = {}
        self.users: dict[int, User] = {bot.id: bot}
        self.presses: set[str] = set()
        self.typing: set[str] = set()
        self.has_inline_mode = True
        self.ids: Iterator[int] = iter(range(1, 10**9))
        self.files = Files()

    def user(self, name: str, *, user_id: int | None = None, language: str = "") -> User:
        """Return a new person; `language` is the tag of that of their app."""
        person = User(user_id or 1000 + next(self.ids), name, language=language)
        return self.users.setdefault(person.id, person)

    def private(self, user: User) -> Chat:
        """Return the private chat of a person who has started the bot."""
        # A private chat has the id of its person.
        chat = self.chats.get(user.id)
        return chat or self._add(Chat(user.id, "private", user.name, members={user.id: "member"}))

    def group(  # noqa: PLR0913 — what a group can be, each with a default
        self,
        title: str = "Traders",
        *,
        admins: tuple[User, ...] = (),
        members: tuple[User, ...] = (),
        forum: bool = False,
        basic: bool = False,
        bot: str = "member",
    ) -> Chat:
        """Return a new supergroup (`basic`: a plain group) with the bot in it; a `forum` has topics."""
        # Supergroups and channels have ids below -1000000000000, plain groups do not.
        number = next(self.ids)
        chat_id = -5000 - number if basic else -1001000000000 - number
        chat = Chat(chat_id, "group" if basic else "supergroup", title, forum=forum, bot=bot)
        chat.members = {member.id: "member" for member in members} | {admin.id: "administrator" for admin in admins}
        return self._add(chat)

    def channel(self, username: str, *, admins: tuple[User, ...] = (), bot: str = "administrator") -> Chat:
        """Return a new public channel."""
        chat = Chat(-1002000000000 - next(self.ids), "channel", username.title(), username=username, bot=bot)
        chat.members = {admin.id: "administrator" for admin in admins}
        return self._add(chat)

    def _add(self, chat: Chat) -> Chat:
        self.chats[chat.id] = chat
        return chat

    def say(  # noqa: PLR0913 — what a message can carry, each with a default
        self,
        chat: Chat,
        user: User,
        text: str,
        *,
        thread: int | None = None,
        sender_chat: Chat | None = None,
        edited: bool = False,
        **extra: object,
    ) -> int:
        """Write a message and return its id. `sender_chat`: written in that chat's name; `extra` is added as it is."""
        message = self.new_message(chat, user) | {"text": text}
        if text.startswith("/"):
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}]
        if thread is not None:
            message |= {"message_thread_id": thread, "is_topic_message": True}
        if sender_chat is not None:
            message |= {"sender_chat": sender_chat.json()}
        kind = "edited_message" if edited else "message"
        self.update(kind, message | extra)
        return int(message["message_id"])

    def send_file(  # noqa: PLR0913 — what a file can come with
        self,
        chat: Chat,
        user: User,
        content: bytes,
        *,
        caption: str = "",
        name: str = "f.json",
        size: int | None = None,
    ) -> dict[str, Any]:
        """Send a file and return the message; `size` is what the message says of it where that is wrong."""
        described: dict[str, Any] = {"file_id": self.files.keep(content), "file_unique_id": "f", "file_name": name}
        described |= {"file_size": len(content) if size is None else size, "mime_type": "application/json"}
        message = self.new_message(chat, user) | {"document": described} | ({"caption": caption} if caption else {})
        self.update("message", message)
        return message

    def say_anonymously(self, chat: Chat, text: str) -> int:
        """Write as an administrator who hides behind the group's name."""
        return self.say(chat, ANONYMOUS, text, sender_chat=chat)

    def say_as_channel(self, chat: Chat, channel: Chat, text: str) -> int:
        """Write in a group in the name of a channel."""
        return self.say(chat, CHANNEL_BOT, text, sender_chat=channel)

    def channel_post(self, chat: Chat, text: str) -> None:
        """Publish a post in a channel."""
        message = self.new_message(chat, CHANNEL_BOT) | {"text": text, "sender_chat": chat.json()}
        message.pop("from")  # a channel speaks for itself: nobody's name is told
        self.update("channel_post", message)

    def press(self, message: Sent, data: str, user: User) -> str:
        """Press the button with this callback data and return the callback's id."""
        if all(data != callback_data for row in message.buttons for _, callback_data in row):
            raise ValueError(f"no such button: {data}; there are {message.buttons}")
        callback = str(next(self.ids))
        self.presses.add(callback)
        query = {"id": callback, "from": user.json(), "chat_instance": "1", "data": data}
        self.update("callback_query", query | {"message": message.json(self.bot, now())})
        return callback

    def type_inline(self, user: User, typed: str) -> str:
        """Type the bot's name and then this in some chat, and return the query's id."""
        if not self.has_inline_mode:
            raise ValueError("inline mode is off: Telegram would tell the bot nothing")
        query = str(next(self.ids))
        self.typing.add(query)
        content = {"id": query, "from": user.json(), "query": typed[:256], "offset": "", "chat_type": "supergroup"}
        self.update("inline_query", content)
        return query

    def add_bot(self, chat: Chat, by: User, *, status: str = "member") -> None:
        """Put the bot into a chat, unblock it, or change its status there."""
        self._membership(chat, by, status)

    def remove_bot(self, chat: Chat, by: User) -> None:
        """Kick the bot out of a chat; in a private chat, block it."""
        self._membership(chat, by, "kicked")

    def block(self, user: User) -> None:
        """Block the bot."""
        self._membership(self.private(user), user, "kicked")

    def unblock(self, user: User) -> None:
        """Unblock the bot."""
        self._membership(self.private(user), user, "member")

    def migrate(self, chat: Chat) -> Chat:
        """Turn a basic group into a supergroup and return that."""
        new = Chat(-1003000000000 - next(self.ids), "supergroup", chat.title, members=dict(chat.members), bot=chat.bot)
        self._add(new)
        # Told twice, in the old chat and in the new one.
        self.update("message", self.new_message(chat, ANONYMOUS) | {"migrate_to_chat_id": new.id})
        self.update("message", self.new_message(new, ANONYMOUS) | {"migrate_from_chat_id": chat.id})
        chat.moved_to = new
        return new

    def reopen(self, chat: Chat, user: User, thread: int) -> None:
        """Open a closed topic again."""
        chat.topics[thread] = True
        there = {"message_thread_id": thread, "is_topic_message": True}
        self.update("message", self.new_message(chat, user) | there | {"forum_topic_reopened": {}})

    def new_message(self, chat: Chat, user: User) -> dict[str, Any]:
        """Return the beginning of a message, for an unusual one that `update` then takes."""
        message_id = next(self.ids)
        chat.message_ids.add(message_id)
        return {"message_id": message_id, "date": now(), "chat": chat.json(), "from": user.json()}

    def update(self, kind: str, content: Mapping[str, Any]) -> int:
        """Queue any update for the bot and return its id."""
        number = next(self.ids)
        self.updates.append({"update_id": number, kind: dict(content)})
        self.happened.set()
        return number

    def _membership(self, chat: Chat, by: User, status: str) -> None:
        old, chat.bot = chat.member(self.bot, self.bot), status
        new = chat.member(self.bot, self.bot)
        facts = {"chat": chat.json(), "from": by.json(), "date": now()}
        self.update("my_chat_member", facts | {"old_chat_member": old, "new_chat_member": new})


def now() -> int:
    """Return the present as the API writes it."""
    return int(time.time())
