"""Finds out whose proof a file is by its shape, and checks it: nobody has to say which exchange it is from.

Example: a JSON object with `self.merkelLeaf` and `path` is Bitget's, a text that begins with `nonce:` is BitMEX's.
"""

from collections.abc import Callable, Mapping

from bot.inclusion_proofs.binance import check_binance, is_binance
from bot.inclusion_proofs.bitget import check_bitget, is_bitget
from bot.inclusion_proofs.bitmex import check_bitmex, is_bitmex
from bot.inclusion_proofs.bybit import check_bybit, is_bybit
from bot.inclusion_proofs.gate import check_gate, is_gate
from bot.inclusion_proofs.mexc import check_mexc, is_mexc
from bot.inclusion_proofs.okx import check_okx, is_okx, is_okx_2023
from bot.inclusion_proofs.result import InclusionProof, Unreadable, UnreadableProof
from bot.inclusion_proofs.strict_json import JsonValue, read_json, read_text

_Object = Mapping[str, JsonValue]
_FORMATS: tuple[tuple[Callable[[_Object], bool], Callable[[_Object], InclusionProof]], ...] = (
    (is_bitget, check_bitget),
    (is_bybit, check_bybit),
    (is_mexc, check_mexc),
    (is_okx, check_okx),
    (is_gate, check_gate),
    (is_binance, check_binance),
)


def check_proof(content: bytes) -> InclusionProof:
    """Check the proof in a file; raise UnreadableProof where it is none that is known, or not as it should be.

    It takes up to a second of processor time: Poseidon is computed hundreds of times.
    """
    text = read_text(content)
    if is_bitmex(text):
        return check_bitmex(text)
    value = read_json(text)
    if isinstance(value, Mapping):
        if is_okx_2023(value):
            raise UnreadableProof(Unreadable.OKX_2023)
        for is_of_this_format, check in _FORMATS:
            if is_of_this_format(value):
                return check(value)
    raise UnreadableProof(Unreadable.UNKNOWN_FORMAT)
