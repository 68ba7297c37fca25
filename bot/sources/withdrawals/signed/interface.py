"""What a signed interface is: how requests are signed, where the networks are told, and where the rights of the key."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.sources.withdrawals.adapter import ExchangeInterface, WithdrawalAdapter
from bot.sources.withdrawals.signing.signature import SigningScheme

Rights = tuple[str, ...]
"""What a key may do besides reading, in words: ("spot trading", "withdraw"). A key that can only read has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsAdapter(ExchangeInterface):
    """The interface that tells the rights of the key that asks. `parse` raises SourceError and msgspec's errors."""

    parse: Callable[[bytes], Rights]


@dataclass(frozen=True, slots=True)
class SignedInterface:
    """One exchange with a key: `rights` is None where the exchange does not tell what a key may do.

    `setting` is what the settings of its key begin with: "okx" for OKX_API_KEY and OKX_API_SECRET.
    """

    setting: str
    scheme: SigningScheme
    networks: WithdrawalAdapter
    rights: RightsAdapter | None = None
