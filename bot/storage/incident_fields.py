"""From layout 3 to 4: the fields of stored incidents have other names, and sizes have a unit.

Layout 3 knew outflows only. `"worst_share": -0.036, "worst_usd": -2.3e9` becomes
`"worst": {"value": -0.036, "unit": "share of reserves", "usd": -2.3e9}`, `"told"` becomes `"announced"`, and so on.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
import structlog

from bot.storage import keys
from bot.storage.connection import Database
from bot.storage.lua import script

log = structlog.get_logger(__name__)

_KEYS = (keys.CURRENT_INCIDENTS.key(), keys.INCIDENTS.key())
_INCIDENTS_PER_BATCH = 50  # bodies of some 10 KB: read, changed and written within a few milliseconds

_OF_INCIDENT = {
    "exchange": "subject",
    "told": "announced",
    "told_at": "announced_at",
    "grounds": "raised_by",
    "windows": "rests_on",
    "under": "covered_by",
    "hushed": "quiet",
}
_OF_SIGNAL = {
    "exchange": "subject",
    "seconds": "source_figures",
    "seconded": "confirmed_by_source",
}
_SIGNALS = ("signal", "announced", "raised_by")
_MEASURES = {"doors": "closed withdrawals"}


async def rename_incident_fields(database: Database) -> None:
    """Give every stored incident its new fields; what another worker has moved or changed meanwhile is left alone."""
    for key in _KEYS:
        fields = await database.command("HKEYS", key)
        for start in range(0, len(fields), _INCIDENTS_PER_BATCH):
            chunk = fields[start : start + _INCIDENTS_PER_BATCH]
            bodies = await database.command("HMGET", key, *chunk)
            calls = [
                (field, body, new_body)
                for field, body in zip(chunk, bodies, strict=True)
                if body and (new_body := _renamed_or_none(body, key, field)) is not None
            ]
            await database.scripts(script("replace_field"), key, calls)


def _renamed_or_none(body: bytes, key: str, field: bytes) -> bytes | None:
    """Return the body in layout 4; None, and a line in the log, for a damaged one: it must not stop the others."""
    try:
        return renamed(body)
    # What is damaged may be cut off, or have any shape where another one is expected.
    except (msgspec.DecodeError, TypeError, KeyError, AttributeError, ValueError) as error:
        log.warning("stored incident cannot be read", key=key, field=field.decode(errors="replace"), error=repr(error))
        return None


def renamed(body: bytes) -> bytes:
    """Return the JSON of an incident in layout 4; one that has it already is returned as it is."""
    incident = msgspec.json.decode(body)
    if "exchange" not in incident:
        return body
    return msgspec.json.encode(_incident(incident))


def _incident(old: Mapping[str, Any]) -> dict[str, Any]:
    new = _with_names(old, _OF_INCIDENT)
    new["worst"] = _size(new.pop("worst_share", 0.0), new.pop("worst_usd", 0.0))
    new["events"] = [_event(event) for event in new.get("events", ())]
    return new | {name: _signal(new[name]) for name in _SIGNALS if new.get(name)}


def _event(old: Mapping[str, Any]) -> dict[str, Any]:
    new = dict(old)
    return new | {"size": _size(new.pop("share", None), new.pop("usd", None))}


def _signal(old: Mapping[str, Any]) -> dict[str, Any]:
    new = _with_names(old, _OF_SIGNAL)
    reasons = [
        reason | {"measure": _MEASURES.get(reason["measure"], reason["measure"])} for reason in new.get("reasons", ())
    ]
    return new | {"reasons": reasons}


def _size(share: float | None, usd: float | None) -> dict[str, Any] | None:
    """Return a share of reserves and its worth as a size; where there was no figure both were None, or 0 at worst."""
    return {"value": share, "unit": "share of reserves", "usd": usd} if share else None


def _with_names(old: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(name, name): value for name, value in old.items()}
