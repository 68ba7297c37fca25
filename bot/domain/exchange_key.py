"""A key that an operator made at an exchange, so that the bot may read there what the public may not.

Only a key that can read is used: OKX tells which of its networks are open to nobody else.
"""

from dataclasses import dataclass, field

_MASK = "•••"


@dataclass(frozen=True, slots=True)
class ExchangeKey:
    """The parts of a key: `secret` signs requests and is never sent, `passphrase` is a third part that OKX has.

    None of them shows in a `repr`, so that no log line and no traceback holds one.
    """

    key: str = field(repr=False)
    secret: str = field(repr=False)
    passphrase: str = field(default="", repr=False)

    def masked_in(self, text: str) -> str:
        """Return a text without the parts of the key: exchanges repeat a key that they refuse."""
        for part in filter(None, (self.key, self.secret, self.passphrase)):
            text = text.replace(part, _MASK)
        return text
