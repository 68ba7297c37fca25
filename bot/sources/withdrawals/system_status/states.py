"""What the parsers of system states have in common."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from bot.domain.withdrawal_reading import SystemState
from bot.sources.withdrawals.adapter import WITHDRAWAL_LIMITS

SYSTEM_STATUS = "system status"
"""What the part is called where it cannot be read."""

STATUS_LIMITS = replace(WITHDRAWAL_LIMITS, wire_bytes=1 << 18, plain_bytes=1 << 18)
"""A system status has a few kilobytes at most; a larger one is read in one go, and would hold everything else up."""

_Value = TypeVar("_Value")


def system_state(value: _Value, states: Mapping[_Value, SystemState]) -> SystemState:
    """Return the state that a documented value stands for, UNKNOWN for any other."""
    return states.get(value, SystemState.UNKNOWN)
