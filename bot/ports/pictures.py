"""Who makes a PNG of a picture: the platforms ask for it, and send the text alone where there is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from types import MappingProxyType
from typing import Protocol

from bot.domain.errors import DrawingFailed
from bot.domain.place import Platform
from bot.language.translation import tr, written_in
from bot.messages.model import Message, beside_picture, without_picture
from bot.messages.pictures import Picture, Theme

THEMES: Mapping[Platform, Theme] = MappingProxyType({Platform.TELEGRAM: Theme.LIGHT, Platform.DISCORD: Theme.DARK})
"""What most people read each platform in that shows pictures; a bot is not told what somebody has chosen."""


class PictureDrawer(Protocol):
    """Draws pictures."""

    async def draw(self, picture: Picture, theme: Theme) -> bytes:
        """Return the picture as a PNG, 800 pixels wide; raise DrawingFailed within seconds."""
        ...


@dataclass(frozen=True, slots=True)
class IllustratedMessage:
    """A message as it is sent: what is said beside the picture, and the PNG; or everything, where there is none.

    `described` is for those who do not see the picture: what it shows, and the figure that matters.
    """

    message: Message
    png: bytes | None = None
    described: str = ""


@dataclass(frozen=True, slots=True)
class DrawnPicture:
    """A picture that is posted by itself: the PNG, what it shows in words, and a digest that tells it from others."""

    png: bytes
    described: str
    digest: bytes

    @classmethod
    def of(cls, picture: Picture, png: bytes) -> "DrawnPicture":
        """Return what was drawn of a picture."""
        return cls(png, _described(picture), blake2b(png, digest_size=16).digest())


async def illustrate(message: Message, drawer: PictureDrawer | None, theme: Theme) -> IllustratedMessage:
    """Return a message with its picture drawn; where that fails, it says so and shows what stands for the picture."""
    if message.picture is None or drawer is None:
        return IllustratedMessage(message)
    try:
        png = await drawer.draw(message.picture, theme)
    except DrawingFailed as failure:
        why = str(failure)  # a text that the drawer has marked
        with written_in(message.language):
            return IllustratedMessage(without_picture(message, tr(why)))
    return IllustratedMessage(beside_picture(message), png, _described(message.picture))


def _described(picture: Picture) -> str:
    return f"{picture.title}: {picture.headline}"
