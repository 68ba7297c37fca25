"""The people, chats and messages of the fake Telegram."""

from dataclasses import dataclass, field

from tests.fakes.telegram_markup import Buttons, Refused, bad_request

# https://core.telegram.org/bots/api#chatmember
PRESENT = frozenset(("creator", "administrator", "member", "restricted"))


@dataclass(frozen=True, slots=True)
class User:
    """A person or a bot."""

    id: int
    name: str
    is_bot: bool = False
    username: str = ""
    language: str = ""

    def json(self) -> dict[str, object]:
        """Return the API's User."""
        shape: dict[str, object] = {"id": self.id, "is_bot": self.is_bot, "first_name": self.name}
        shape |= {"language_code": self.language} if self.language else {}
        return shape | ({"username": self.username} if self.username else {})


@dataclass(eq=False, slots=True)
class Chat:
    """A chat of any type as the bot sees it.

    `bot` is the bot's status there, `can_post` whether it may write (members by the group's permissions, in a channel
    its own right), `takes_photos` whether photos too, `takes_documents` other files, `topics` maps a thread to whether
    it is open, `members` maps user ids to their status, `message_ids` holds the ids of the messages people wrote there.
    """

    id: int
    type: str
    title: str
    username: str = ""
    forum: bool = False
    bot: str = "member"
    can_post: bool = True
    takes_photos: bool = True
    takes_documents: bool = True
    topics: dict[int, bool] = field(default_factory=dict)
    members: dict[int, str] = field(default_factory=dict)
    message_ids: set[int] = field(default_factory=set)
    moved_to: "Chat | None" = None

    def topic(self) -> int:
        """Open a new topic and return its thread."""
        thread = 100 + len(self.topics)  # not 1, which is the General topic
        self.topics[thread] = True
        return thread

    def json(self) -> dict[str, object]:
        """Return the API's Chat."""
        name = {"first_name": self.title} if self.type == "private" else {"title": self.title}
        shape: dict[str, object] = {"id": self.id, "type": self.type, **name}
        shape |= {"username": self.username} if self.username else {}
        return shape | ({"is_forum": True} if self.forum else {})

    def check_bot_is_in(self) -> None:
        """Raise Refused, in Telegram's words, when the bot cannot do anything here."""
        # The new id comes with the refusal: https://core.telegram.org/bots/api#responseparameters
        if self.moved_to:
            reason = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Refused(400, reason, {"migrate_to_chat_id": self.moved_to.id})
        if self.bot in PRESENT:
            return
        if self.type == "private":
            raise Refused(403, "Forbidden: bot was blocked by the user")
        if self.bot == "kicked":
            raise Refused(403, f"Forbidden: bot was kicked from the {self.type} chat")
        raise Refused(403, f"Forbidden: bot is not a member of the {self.type} chat")

    def check_bot_may_write(self, thread: int | None) -> None:
        """Raise Refused when the bot may not write here, or not in this topic."""
        self.check_bot_is_in()
        if not self.can_post and self.type == "channel":
            raise bad_request("need administrator rights in the channel chat")
        if not self.can_post:
            raise bad_request("not enough rights to send text messages to the chat")
        self.check_topic(thread)
        if thread is not None and not self.topics[thread]:
            raise bad_request("TOPIC_CLOSED")

    def check_topic(self, thread: int | None) -> None:
        """Raise Refused when there is no such topic."""
        if thread is not None and (not self.forum or thread not in self.topics):
            raise bad_request("message thread not found")

    def member(self, user: User, bot: User) -> dict[str, object]:
        """Return the API's ChatMember of a user; the bot's own carries its rights."""
        status = self.bot if user == bot else self.members.get(user.id, "left")
        shape: dict[str, object] = {"user": user.json(), "status": status}
        if status == "creator":
            return shape | {"is_anonymous": False}
        if status == "administrator":
            # `can_post_messages` exists in channels only.
            return shape | _rights(can_post=self.can_post, channel=self.type == "channel")
        if status == "restricted":
            return shape | _restrictions(can_post=self.can_post)
        return shape | ({"until_date": 0} if status == "kicked" else {})


def _rights(*, can_post: bool, channel: bool) -> dict[str, object]:
    names = (
        "can_be_edited is_anonymous can_manage_chat can_delete_messages can_manage_video_chats can_restrict_members "
        "can_promote_members can_change_info can_invite_users can_post_stories can_edit_stories can_delete_stories"
    )
    rights: dict[str, object] = dict.fromkeys(names.split(), False)
    return rights | ({"can_post_messages": can_post, "can_edit_messages": can_post} if channel else {})


def _restrictions(*, can_post: bool) -> dict[str, object]:
    names = (
        "can_send_messages can_send_audios can_send_documents can_send_photos can_send_videos can_send_video_notes "
        "can_send_voice_notes can_send_polls can_send_other_messages can_add_web_page_previews can_change_info "
        "can_invite_users can_pin_messages can_manage_topics can_edit_tag can_react_to_messages"
    )
    return {"is_member": True, "until_date": 0, **dict.fromkeys(names.split(), can_post)}


@dataclass(eq=False, slots=True)
class Sent:
    """A message of the bot: `text` as people read it, `html` as it was given, both as of the latest edit.

    `text` is without the characters that keep numbers together. Those of a photo are its caption; `photo` is the file,
    which can be sent again by its `file_id`. `document` is the name and the content of any other file.
    """

    id: int
    chat: Chat
    thread: int | None
    text: str
    html: str
    parse_mode: str = ""
    buttons: Buttons = ()
    reply_to: int | None = None
    silent: bool = False
    preview: bool = True
    edits: int = 0
    photo: bytes | None = None
    file_id: str = ""
    document: tuple[str, bytes] | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """Return what is written on the buttons, row by row."""
        return tuple(label for row in self.buttons for label, _ in row)

    def json(self, bot: User, date: int) -> dict[str, object]:
        """Return the API's Message."""
        shape: dict[str, object] = {"message_id": self.id, "date": date, "chat": self.chat.json()}
        if self.photo is None:
            shape["text"] = self.text
        else:
            small = {"file_id": f"{self.file_id}s", "file_unique_id": "s", "width": 90, "height": 60}
            shape |= {"photo": [small, small | {"file_id": self.file_id}], "caption": self.text}
        if self.chat.type == "channel":
            shape["sender_chat"] = self.chat.json()
        else:
            shape["from"] = bot.json()
        # Only messages in topics are marked so; a reply in a plain group has a thread id without the mark.
        if self.thread is not None:
            shape |= {"message_thread_id": self.thread, "is_topic_message": True}
        if self.buttons:
            rows = [[{"text": label, "callback_data": data} for label, data in row] for row in self.buttons]
            shape["reply_markup"] = {"inline_keyboard": rows}
        return shape
