"""Names of parts of the reserves: detection has them in English, as the record of what it saw.

Example: "ETH on Base" is "ETH en Base" in Spanish. The name of a chain or an asset is the same in every language.
"""

import re

from bot.detection.guards.suspected_steps import EVERYTHING
from bot.language.name_lists import enumerated
from bot.language.translation import tr

_AND_MORE = re.compile(r"(?P<names>.+) and (?P<count>\d+) more")


def part_name(name: str) -> str:
    """Return a part of the reserves as people read it: `Tron`, `ETH on Base`, `everything`."""
    if name == EVERYTHING:
        # Translators: all that an exchange holds, as the name of what has moved in one step.
        return tr("everything")
    asset, is_slot, chain = name.partition(" on ")
    return tr("{asset} on {chain}", asset=asset, chain=chain) if is_slot else name


def part_names(names: str) -> str:
    """Return parts that detection has listed as people read them: `ETH on Base, TRX on Tron and 4 more`."""
    if match := _AND_MORE.fullmatch(names):
        return tr("{names} and {count} more", names=part_names(match["names"]), count=match["count"])
    return enumerated(map(part_name, names.split(", ")))
