"""The scripts that make a step of several writes one: files in Lua, beside this one.

Every script begins with the comment that says what it does, its arguments and its reply. All its keys share the hash
tag of KEYS[1], so that a Redis Cluster can run it.
"""

from dataclasses import dataclass
from functools import cache
from hashlib import sha1
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Script:
    """A script's text and the name the server knows it by."""

    text: str
    sha: str


@cache
def script(*names: str) -> Script:
    """Return one script made of the named files in this order, without `.lua`."""
    text = "\n".join(files(__package__).joinpath(f"{name}.lua").read_text(encoding="utf-8") for name in names)
    return Script(text, sha1(text.encode(), usedforsecurity=False).hexdigest())
