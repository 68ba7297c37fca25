"""What the parsers of system states have in common."""

from collections.abc import Mapping
from typing import TypeVar

from bot.domain.withdrawal_reading import SystemState

SYSTEM_STATUS = "system status"
"""What the part is called where it cannot be read."""

_Value = TypeVar("_Value")


def system_state(value: _Value, states: Mapping[_Value, SystemState]) -> SystemState:
    """Return the state that a documented value stands for, UNKNOWN for any other."""
    return states.get(value, SystemState.UNKNOWN)
