"""The methods of the fake Telegram, each strict about what it is given.

https://core.telegram.org/bots/api#available-methods
"""

import asyncio
import json
import re
import time
from collections.abc import Mapping
from typing import Any

from tests.fakes.as_read import as_read
from tests.fakes.telegram_markup import Buttons, Refused, bad_request, check_inline_results, keyboard, plain_text
from tests.fakes.telegram_people import People, now
from tests.fakes.telegram_photos import UPLOAD, check_photo, file_id_of, read_caption
from tests.fakes.telegram_rates import Rates
from tests.fakes.telegram_world import Chat, Sent, User

Parameters = Mapping[str, str]
CONFLICT = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
WEBHOOK = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
# https://core.telegram.org/bots/api#setmycommands and #botcommand
_MAX_COMMANDS, _DESCRIPTION_CHARACTERS = 100, 256
_MAX_ALERT_CHARACTERS = 200  # https://core.telegram.org/bots/api#answercallbackquery
_COMMAND_NAME = re.compile("[a-z0-9_]{1,32}")
_LONGEST_POLL_S = 50.0
_SCOPES = ("default", "all_private_chats", "all_group_chats", "all_chat_administrators", "chat")


class Methods(People):
    """What the bot may call; `sent`, `commands`, `answered` and `photos` remember what it did.

    `photos` are by the id that each can be sent again by; `uploads` are files of requests that are being answered.
    """

    def __init__(self, bot: User) -> None:
        super().__init__(bot)
        self.sent: list[Sent] = []
        self.typed: list[tuple[Chat, int | None]] = []
        self.commands: dict[tuple[str, str], list[dict[str, str]]] = {}
        self.answered: dict[str, dict[str, str]] = {}
        self.offered: dict[str, dict[str, Any]] = {}
        self.webhook = False
        self.rates: Rates | None = None
        self.photos: dict[str, bytes] = {}
        self.uploads: dict[str, bytes] = {}
        self.upload_names: dict[str, str] = {}
        self._messages: dict[tuple[int, int], Sent] = {}
        self._newest_poll = 0

    async def getupdates(self, given: Parameters) -> object:
        """Wait up to `timeout` seconds for updates from `offset` on; a newer poll ends an older one."""
        if self.webhook:
            raise Refused(409, WEBHOOK)
        # Of two polls with the same token the older one is ended with a 409, whoever made it.
        self._newest_poll += 1
        number = self._newest_poll
        self.happened.set()
        # Asking from an id on confirms all updates before it: they are not sent again.
        self._confirm(int(given.get("offset") or 0))
        wanted = json.loads(given.get("allowed_updates") or "[]")
        deadline = time.monotonic() + min(float(given.get("timeout") or 0), _LONGEST_POLL_S)
        while not (updates := self._pending_updates(wanted)) and (left := deadline - time.monotonic()) > 0:
            await self._wait_for_update(left)
            if number != self._newest_poll:
                raise Refused(409, CONFLICT)
        return updates[: int(given.get("limit") or 100)]

    async def getme(self, given: Parameters) -> object:
        """Return the bot itself."""
        abilities = ("can_join_groups", "supports_inline_queries", "can_connect_to_business", "has_main_web_app")
        switched_off = dict.fromkeys((*abilities, "can_read_all_group_messages"), False)
        return self.bot.json() | switched_off | {"supports_inline_queries": self.has_inline_mode}

    async def deletewebhook(self, given: Parameters) -> object:
        """Forget the webhook."""
        self.webhook = False
        return True

    async def logout(self, given: Parameters) -> object:
        """Accept the call and do nothing."""
        return True

    close = setmydescription = setmyshortdescription = setmyname = logout

    async def setmycommands(self, given: Parameters) -> object:
        """Keep the menu of a scope and a language."""
        commands = json.loads(given.get("commands") or "[]")
        if len(commands) > _MAX_COMMANDS:
            raise bad_request("BOT_COMMANDS_TOO_MUCH")
        for command in commands:
            _check_command(command)
        self.commands[_scope(given)] = commands
        return True

    async def getmycommands(self, given: Parameters) -> object:
        """Return the menu of a scope and a language."""
        return self.commands.get(_scope(given), [])

    async def deletemycommands(self, given: Parameters) -> object:
        """Forget the menu of a scope and a language."""
        self.commands.pop(_scope(given), None)
        return True

    async def sendmessage(self, given: Parameters) -> object:
        """Post a message, or refuse it."""
        chat = self._chat(given)
        chat.check_bot_may_write(_thread(given))
        text = as_read(plain_text(given.get("text", ""), given.get("parse_mode", "")))
        return self._post(given, chat, text, given["text"])

    async def sendphoto(self, given: Parameters) -> object:
        """Post a photo, or refuse it."""
        chat = self._chat(given)
        chat.check_bot_may_write(_thread(given))
        if not chat.takes_photos:
            raise bad_request("not enough rights to send photos to the chat")
        photo = self._photo(given.get("photo", ""))
        caption = given.get("caption", "")
        return self._post(given, chat, read_caption(caption, given.get("parse_mode", "")), caption, photo)

    async def senddocument(self, given: Parameters) -> object:
        """Post a file, or refuse it."""
        chat = self._chat(given)
        chat.check_bot_may_write(_thread(given))
        if not chat.takes_documents:
            raise bad_request("not enough rights to send documents to the chat")
        name, caption = given.get("document", ""), given.get("caption", "")
        if not name.startswith(UPLOAD):
            raise bad_request("wrong remote file identifier specified: can't unserialize it. Wrong last symbol")
        content = self.uploads.pop(name)
        file_id = self.files.keep(content)
        posted = self._post(given, chat, read_caption(caption, given.get("parse_mode", "")), caption)
        self.sent[-1].document, self.sent[-1].file_id = (self.upload_names.pop(name), content), file_id
        return posted

    async def getfile(self, given: Parameters) -> object:
        """Return where a file can be fetched."""
        return self.files.name(given.get("file_id", ""))

    def _post(self, given: Parameters, chat: Chat, text: str, html: str, photo: bytes | None = None) -> object:
        thread = _thread(given)
        buttons = keyboard(given.get("reply_markup", ""))
        reply_to = self._reply_to(given, chat)
        # Counted last: a message that is refused for another reason uses up nothing.
        self._count(chat)
        message = Sent(next(self.ids), chat, thread, text, html, given.get("parse_mode", ""), buttons, reply_to)
        if photo is not None:
            message.photo, message.file_id = photo, self._kept(photo)
        message.silent = given.get("disable_notification") == "true"
        message.preview = not json.loads(given.get("link_preview_options") or "{}").get("is_disabled")
        self._messages[chat.id, message.id] = message
        self.sent.append(message)
        return message.json(self.bot, now())

    async def sendchataction(self, given: Parameters) -> object:
        """Show that the bot types; refused like a message, but for a topic that is closed, which takes it."""
        chat = self._chat(given)
        thread = int(given["message_thread_id"]) if given.get("message_thread_id") else None
        if given.get("action") != "typing":
            raise bad_request("wrong parameter action in request")
        # “typing…” is taken in a closed topic, so that is no way to find out whether one is open.
        chat.check_bot_may_write(None)
        chat.check_topic(thread)
        self.typed.append((chat, thread))
        return True

    async def editmessagetext(self, given: Parameters) -> object:
        """Change a message of the bot, or refuse."""
        chat = self._chat(given)
        chat.check_bot_may_write(None)
        text = as_read(plain_text(given.get("text", ""), given.get("parse_mode", "")))
        buttons = keyboard(given.get("reply_markup", ""))
        message = self._messages.get((chat.id, int(given.get("message_id") or 0)))
        if message is None:
            raise bad_request("message to edit not found")
        if message.photo is not None or message.document:
            raise bad_request("there is no text in the message to edit")
        return self._change(message, text, given["text"], given.get("parse_mode", ""), buttons)

    async def editmessagecaption(self, given: Parameters) -> object:
        """Change what stands below a photo of the bot, or refuse."""
        message = self._photo_message(given)
        caption, parse_mode = given.get("caption", ""), given.get("parse_mode", "")
        buttons = keyboard(given.get("reply_markup", ""))
        return self._change(message, read_caption(caption, parse_mode), caption, parse_mode, buttons)

    async def editmessagemedia(self, given: Parameters) -> object:
        """Change a photo of the bot and its caption, or refuse."""
        message, media = self._photo_message(given), json.loads(given.get("media") or "{}")
        name = media.get("media", "")
        photo = self._photo(given.get(name.removeprefix("attach://"), "") if name.startswith("attach://") else name)
        caption, parse_mode = media.get("caption", ""), media.get("parse_mode", "")
        text, buttons = read_caption(caption, parse_mode), keyboard(given.get("reply_markup", ""))
        is_new_photo = photo != message.photo
        message.photo, message.file_id = photo, self._kept(photo)
        return self._change(message, text, caption, parse_mode, buttons, is_changed=is_new_photo)

    def _photo_message(self, given: Parameters) -> Sent:
        chat = self._chat(given)
        chat.check_bot_may_write(None)
        message = self._messages.get((chat.id, int(given.get("message_id") or 0)))
        if message is None:
            raise bad_request("message to edit not found")
        if message.photo is None:
            raise bad_request("there is no caption in the message to edit")
        return message

    def _photo(self, given: str) -> bytes:
        """Return a photo that was uploaded, or sent before; raise Refused."""
        if given.startswith(UPLOAD):
            content = self.uploads.pop(given)
            check_photo(content)
            return content
        if given not in self.photos:
            raise bad_request("wrong remote file identifier specified: can't unserialize it. Wrong last symbol")
        return self.photos[given]

    def _kept(self, photo: bytes) -> str:
        file_id = file_id_of(photo)
        self.photos[file_id] = photo
        return file_id

    def _change(  # noqa: PLR0913 — the parts of a message
        self, message: Sent, text: str, html: str, parse_mode: str, buttons: Buttons, *, is_changed: bool = False
    ) -> object:
        if (message.html, message.buttons) == (html, buttons) and not is_changed:
            raise bad_request(
                "message is not modified: specified new message content and reply markup are exactly the same "
                "as a current content and reply markup of the message"
            )
        self._count(message.chat)
        message.text, message.html, message.buttons = text, html, buttons
        message.parse_mode = parse_mode
        message.edits += 1
        return message.json(self.bot, now())

    async def answercallbackquery(self, given: Parameters) -> object:
        """End the progress bar on a pressed button."""
        # Each press is acknowledged once; a second time it counts as too old.
        query = given.get("callback_query_id", "")
        if query not in self.presses:
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        if len(given.get("text", "")) > _MAX_ALERT_CHARACTERS:
            raise bad_request("MESSAGE_TOO_LONG")
        if "url" in given and not given["url"].startswith(f"https://t.me/{self.bot.username}?start="):
            raise bad_request("URL_INVALID")
        self.presses.discard(query)
        self.answered[query] = dict(given)
        return True

    async def answerinlinequery(self, given: Parameters) -> object:
        """Offer answers to what somebody types."""
        query = given.get("inline_query_id", "")
        if query not in self.typing:
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        results, button = json.loads(given.get("results") or "null"), json.loads(given.get("button") or "null")
        check_inline_results(results, button)
        self.typing.discard(query)
        self.offered[query] = dict(given) | {"results": results, "button": button}
        return True

    async def getchat(self, given: Parameters) -> object:
        """Return a chat the bot can see."""
        chat = self._chat(given)
        chat.check_bot_is_in()
        full = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": {}}
        permissions = {"can_send_messages": chat.can_post}
        return chat.json() | full | ({"permissions": permissions} if chat.type in ("group", "supergroup") else {})

    async def getchatmember(self, given: Parameters) -> object:
        """Return who somebody is in a chat."""
        chat = self._chat(given)
        chat.check_bot_is_in()
        user = self.users.get(int(given.get("user_id") or 0))
        if user is None:
            raise bad_request("PARTICIPANT_ID_INVALID")
        return chat.member(user, self.bot)

    async def getchatadministrators(self, given: Parameters) -> object:
        """Return the administrators of a chat."""
        chat = self._chat(given)
        chat.check_bot_is_in()
        people = [self.users[id_] for id_, status in chat.members.items() if status in ("creator", "administrator")]
        return [chat.member(user, self.bot) for user in people]

    async def leavechat(self, given: Parameters) -> object:
        """Leave a chat."""
        chat = self._chat(given)
        chat.check_bot_is_in()
        chat.bot = "left"
        return True

    def delete(self, message: Sent) -> None:
        """Delete a message of the bot, as a person would."""
        self._messages.pop((message.chat.id, message.id))

    def _confirm(self, offset: int) -> None:
        # A negative offset keeps that many of the newest updates and forgets the others.
        if offset < 0:
            while len(self.updates) > -offset:
                self.updates.popleft()
        while self.updates and self.updates[0]["update_id"] < offset:
            self.updates.popleft()

    def _pending_updates(self, wanted: list[str]) -> list[dict[str, Any]]:
        return [update for update in self.updates if not wanted or any(kind in update for kind in wanted)]

    async def _wait_for_update(self, seconds: float) -> None:
        self.happened.clear()
        try:
            async with asyncio.timeout(seconds):
                await self.happened.wait()
        except TimeoutError:
            return

    def _chat(self, given: Parameters) -> Chat:
        wanted = given.get("chat_id", "")
        if not wanted:
            raise bad_request("chat_id is empty")
        chat = self.chats.get(int(wanted)) if wanted.lstrip("-").isdigit() else self._chat_named(wanted)
        if chat is None:
            raise bad_request("chat not found")
        return chat

    def _chat_named(self, wanted: str) -> Chat | None:
        return next((chat for chat in self.chats.values() if wanted == f"@{chat.username}"), None)

    def _reply_to(self, given: Parameters, chat: Chat) -> int | None:
        reply = json.loads(given.get("reply_parameters") or "{}")
        if "message_id" not in reply:
            return None
        message_id = int(reply["message_id"])
        if (chat.id, message_id) in self._messages or message_id in chat.message_ids:
            return message_id
        if reply.get("allow_sending_without_reply"):
            return None
        raise bad_request("message to be replied not found")

    def _count(self, chat: Chat) -> None:
        if self.rates:
            self.rates.take(chat.id)


def _thread(given: Parameters) -> int | None:
    return int(given["message_thread_id"]) if given.get("message_thread_id") else None


def _scope(given: Parameters) -> tuple[str, str]:
    scope = json.loads(given.get("scope") or '{"type": "default"}')
    if scope.get("type") not in _SCOPES:
        raise bad_request("can't parse BotCommandScope: unsupported type specified")
    return scope["type"], given.get("language_code", "")


def _check_command(command: dict[str, str]) -> None:
    name = command.get("command", "")
    if not _COMMAND_NAME.fullmatch(name):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(command.get("description", "")) <= _DESCRIPTION_CHARACTERS:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
