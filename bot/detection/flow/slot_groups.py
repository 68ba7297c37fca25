"""To which chain, or to which asset, each place in the columns of an exchange belongs.

Example: places 0 to 2 are Tron/USDT, Bitcoin/BTC and Ethereum/USDT. By asset, USDT is group 0 with places 0 and 2, and
BTC is group 1 with place 1.
"""

from array import array


class SlotGroups:
    """To which group (a chain or an asset) each place belongs.

    Groups have numbers in the order in which they are seen first: `names` by number, `members` (places) by number, and
    `group_of_place` by place. To add up a column, `first_places` has the first place of each group by number, and
    `further_places` every other place with its group's number: most assets lie on one chain, so these are few.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self.members: list[list[int]] = []
        self.group_of_place = array("q")
        self.first_places: list[int] = []
        self.further_places: list[tuple[int, int]] = []
        self._numbers: dict[str, int] = {}

    def number_of(self, name: str) -> int:
        """Return the number of a group that is known."""
        return self._numbers[name]

    def members_of(self, name: str) -> list[int]:
        """Return the places of a group, none where it is not known."""
        number = self._numbers.get(name)
        return [] if number is None else self.members[number]

    def add(self, name: str) -> None:
        """Say to which group the next place belongs."""
        place, number = len(self.group_of_place), self._numbers.setdefault(name, len(self.names))
        if number == len(self.names):
            self.names.append(name)
            self.members.append([])
            self.first_places.append(place)
        else:
            self.further_places.append((place, number))
        self.members[number].append(place)
        self.group_of_place.append(number)
