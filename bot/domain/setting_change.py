"""Who changed which setting of a place, and from what to what."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SettingEditor:
    """Who changes settings: their id on the platform, and the name that they go by, "" where none is known."""

    id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class SettingChange:
    """One setting that was changed, by its name, from one text form to another. The names are those of the JSON."""

    at: datetime
    editor: SettingEditor
    setting: str
    before: str
    after: str
