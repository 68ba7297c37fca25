"""What answers about withdrawals call things: states of an asset and of a trading system, networks, sources.

Example: USDT over Tron that is closed is "USDT on Tron", "🔴 closed" in a table, and "🔴c" in one with less room.
"""

from collections.abc import Mapping

from bot.domain.withdrawal_reading import ALL_NETWORKS, SourceStanding, SystemState, WithdrawalState
from bot.language.translation import marked, marked_as, tr, tr_as, tr_count

ICONS: Mapping[WithdrawalState, str] = {
    WithdrawalState.OPEN: "🟢",
    WithdrawalState.DELAYED: "🟡",
    WithdrawalState.CLOSED: "🔴",
    WithdrawalState.UNKNOWN: "⚪",
}
"""The sign of each state; it never stands without a word or a letter."""
_STATE_WORDS: Mapping[WithdrawalState, tuple[str, str]] = {
    # Translators: a word of a table about withdrawals, of at most 7 letters.
    WithdrawalState.OPEN: marked_as("withdrawals", "open"),
    # Translators: a word of a table about withdrawals, of at most 7 letters.
    WithdrawalState.DELAYED: marked_as("withdrawals", "delayed"),
    # Translators: a word of a table about withdrawals, of at most 7 letters.
    WithdrawalState.CLOSED: marked_as("withdrawals", "closed"),
    # Translators: a word of a table about withdrawals, of at most 7 letters.
    WithdrawalState.UNKNOWN: marked_as("withdrawals", "unknown"),
}
_STATE_LETTERS: Mapping[WithdrawalState, tuple[str, str]] = {
    # Translators: the letter that stands for “open”, as narrow as a Latin one; the three must differ.
    WithdrawalState.OPEN: marked_as("letter for open", "o"),
    # Translators: the letter that stands for “delayed”, as narrow as a Latin one; the three must differ.
    WithdrawalState.DELAYED: marked_as("letter for delayed", "d"),
    # Translators: the letter that stands for “closed”, as narrow as a Latin one; the three must differ.
    WithdrawalState.CLOSED: marked_as("letter for closed", "c"),
}
_STANDING_WORDS: Mapping[SourceStanding, str] = {
    SourceStanding.DOCUMENTED: marked("documented interface"),
    SourceStanding.UNDOCUMENTED: marked("undocumented interface, may change without notice"),
    SourceStanding.KEY: marked("read with the operator's read-only key"),
}
_SYSTEM_SENTENCES: Mapping[SystemState, str] = {
    SystemState.NORMAL: marked("Trading system: normal."),
    SystemState.MAINTENANCE: marked("Trading system: maintenance."),
    SystemState.CANCEL_ONLY: marked("Trading system: cancel only."),
    SystemState.HALTED: marked("Trading system: halted."),
    SystemState.UNKNOWN: marked("Trading system: unknown."),
}
_PART_WORDS: Mapping[str, str] = {
    "status page": marked("status page"),
    "status page of the exchange": marked("status page of the exchange"),
    "system status": marked("system status"),
    "read-only key": marked("read-only key"),
}
_WORDS = frozenset({"BASE", "TRON"})  # and no initials
_INITIALS = 4  # letters: what is as short is an abbreviation, BSC, TON or XRPL


def state_word(state: WithdrawalState) -> str:
    """Return a state as a word that stands alone, in a table."""
    return tr_as(*_STATE_WORDS[state])


def state_letter(state: WithdrawalState) -> str:
    """Return the letter of a state, for those who cannot tell its colour: another one than that of any other state."""
    return tr_as(*_STATE_LETTERS[state]) if state in _STATE_LETTERS else "?"


def states_legend() -> str:
    """Return what the icons and letters mean: `🟢o open · 🟡d delayed · 🔴c closed · ⚪? unknown`."""
    return " · ".join(f"{icon}{state_letter(state)} {state_word(state)}" for state, icon in ICONS.items())


def counted_state(state: WithdrawalState, count: int) -> str:
    """Return how many networks are in a state: `8 open`."""
    words = {
        # Translators: so many networks are open.
        WithdrawalState.OPEN: tr_count("{count} open", "{count} open", count),
        # Translators: so many networks are delayed.
        WithdrawalState.DELAYED: tr_count("{count} delayed", "{count} delayed", count),
        # Translators: so many networks are closed.
        WithdrawalState.CLOSED: tr_count("{count} closed", "{count} closed", count),
        # Translators: of so many networks nobody knows whether they are open.
        WithdrawalState.UNKNOWN: tr_count("{count} unknown", "{count} unknown", count),
    }
    return words[state]


def network_label(network: str) -> str:
    """Return a network as people write it: `TRON` → `Tron`, `BSC` → `BSC`; that of a flag for a whole asset: `all`."""
    if network == ALL_NETWORKS:
        # Translators: all networks of an asset, in a table.
        return tr_as("networks", "all")
    return network.title() if network in _WORDS or len(network) > _INITIALS else network


def asset_on_network(asset: str, network: str) -> str:
    """Return an asset on a network, `USDT on Tron`; of a flag for a whole asset the asset alone."""
    if network == ALL_NETWORKS:
        return asset
    # Translators: `USDT on Tron`
    return tr("{asset} on {network}", asset=asset, network=network_label(network))


def system_sentence(system: SystemState) -> str:
    """Return what an exchange says of its trading system."""
    return tr(_SYSTEM_SENTENCES[system])


def standing_words(standing: SourceStanding) -> str:
    """Return what stands behind an interface."""
    return tr(_STANDING_WORDS[standing])


def part_words(part: str) -> str:
    """Return the part of a source that could not be read; one without words of ours is shown as it is called."""
    return tr(_PART_WORDS[part]) if part in _PART_WORDS else part
