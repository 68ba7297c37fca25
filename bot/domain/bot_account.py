"""Whose token it is: the account of the bot itself on a platform."""

from dataclasses import dataclass

from bot.domain.place import Platform


@dataclass(frozen=True, slots=True)
class BotAccount:
    """A bot on a platform. Its id stays when it is renamed, and when its token is exchanged for another one."""

    platform: Platform
    id: str
    name: str

    @property
    def label(self) -> str:
        """Return how people find it: `the Telegram bot @RunwatchBot (id 4242)`."""
        at = "@" if self.platform is Platform.TELEGRAM else ""
        name = f" {at}{self.name}" if self.name else ""
        return f"the {self.platform.title()} bot{name} (id {self.id})"
