"""Who asks where on Telegram, and what they may do there, as the command dispatcher wants to know it."""

from functools import partial

from bot.chat.telegram.own_identity import OwnIdentity
from bot.chat.telegram.permissions import ChatRights
from bot.chat.telegram.update_parser import Author
from bot.commands.declaration import Caller, PlaceAccess
from bot.commands.dispatcher import CommandContext
from bot.domain.place import Place


class AskerContexts:
    """Makes the context of a question; `owner_ids` are ids of users, with or without `telegram:` before them."""

    def __init__(self, rights: ChatRights, identity: OwnIdentity, owner_ids: frozenset[str]) -> None:
        self._rights = rights
        self._identity = identity
        self._owner_ids = frozenset(owner_id.removeprefix("telegram:") for owner_id in owner_ids)

    def context(self, place: Place, author: Author, *, private: bool) -> CommandContext:
        """Return who asks where; rights are asked of Telegram only when a command needs them."""
        is_owner = author.user is not None and str(author.user) in self._owner_ids
        may_moderate = partial(self._rights.may_moderate, author)
        caller = Caller(author.id, is_owner, may_moderate, is_person=author.user is not None, name=author.name)
        place_access = PlaceAccess(
            find=partial(self._rights.find_chat, self._identity.present, author),
            missing=partial(self._rights.missing_for_bot, self._identity.present),
        )
        return CommandContext(place, caller, place_access, private, asker_language=author.language)
