"""System status in the exchanges' own formats; those that name maintenance in it write that too.

Example: Bybit in maintenance answers with an entry whose state is "ongoing", KuCoin that has halted with `"status":
"close"`. A state that an exchange has no word for is written as one that it does not document.
"""

from collections.abc import Sequence
from typing import Any

from bot.domain.withdrawal_reading import Maintenance, SystemState
from bot.replay.withdrawal_bodies.condition import ExchangeCondition, StatusTwin, milliseconds_of

_UNDOCUMENTED = 77
_UNTITLED = Maintenance("System upgrade", is_under_way=True)


def _binance(condition: ExchangeCondition) -> object:
    codes = {SystemState.NORMAL: (0, "normal"), SystemState.MAINTENANCE: (1, "system_maintenance")}
    status, message = codes.get(condition.system, (_UNDOCUMENTED, "?"))
    return {"status": status, "msg": message}


def _okx(condition: ExchangeCondition) -> object:
    return {
        "code": "0",
        "msg": "",
        "data": [_okx_entry(entry, condition.system) for entry in _told_maintenance(condition)],
    }


def _okx_entry(entry: Maintenance, system: SystemState) -> dict[str, Any]:
    begin, end = milliseconds_of(entry)
    return {
        "begin": begin,
        "end": end,
        "href": "",
        "scheDesc": "",
        "serviceType": "5",
        "state": _entry_state(entry, system),
        "system": "unified",
        "title": entry.title,
        "env": "1",
    }


def _bybit(condition: ExchangeCondition) -> object:
    maintenance = [_bybit_entry(entry, condition.system) for entry in _told_maintenance(condition)]
    return {"retCode": 0, "retMsg": "OK", "result": {"list": maintenance}, "retExtInfo": {}, "time": 1751858399649}


def _bybit_entry(entry: Maintenance, system: SystemState) -> dict[str, Any]:
    begin, end = milliseconds_of(entry)
    return {
        "id": "f9d6842d-5331-11f0-8fd3-c241b123dd9e",
        "title": entry.title,
        "state": _entry_state(entry, system),
        "begin": begin,
        "end": end,
        "href": "",
        "serviceTypes": [1, 2, 3, 4, 5],
        "product": [1, 2, 3, 4],
        "uidSuffix": [],
        "maintainType": 1,
        "env": 1,
    }


def _kraken(condition: ExchangeCondition) -> object:
    words = {
        SystemState.NORMAL: "online",
        SystemState.MAINTENANCE: "maintenance",
        SystemState.CANCEL_ONLY: "cancel_only",
        SystemState.HALTED: "post_only",
    }
    announced = [
        {
            "event_id": number,
            "title": entry.title,
            "expected_start_utc": entry.begins_at.isoformat() if entry.begins_at else None,
            "expected_end_utc": entry.ends_at.isoformat() if entry.ends_at else None,
            "phase": "announced",
            "affected_services": ["spot_trading"],
        }
        for number, entry in enumerate(condition.maintenance)
        if not entry.is_under_way
    ]
    status = words.get(condition.system, "undocumented")
    result = {"status": status, "timestamp": "2023-07-06T18:52:00Z", "upcoming_maintenance": announced, "emergency": []}
    return {"error": [], "result": result}


def _kucoin(condition: ExchangeCondition) -> object:
    words = {SystemState.NORMAL: "open", SystemState.HALTED: "close", SystemState.CANCEL_ONLY: "cancelonly"}
    return {"code": "200000", "data": {"status": words.get(condition.system, "undocumented"), "msg": ""}}


def _htx(condition: ExchangeCondition) -> object:
    numbers = {SystemState.NORMAL: 1, SystemState.HALTED: 2, SystemState.CANCEL_ONLY: 3}
    data: dict[str, Any] = {"marketStatus": numbers.get(condition.system, _UNDOCUMENTED)}
    under_way = [entry for entry in condition.maintenance if entry.is_under_way]
    if under_way and condition.system is not SystemState.NORMAL:
        times = zip(("haltStartTime", "haltEndTime"), milliseconds_of(under_way[0]), strict=True)
        data |= {"haltReason": 3, "affectedSymbols": "all"} | {name: int(time) for name, time in times if time}
    return {"code": 200, "message": "success", "data": data}


def _bitfinex(condition: ExchangeCondition) -> object:
    return [{SystemState.NORMAL: 1, SystemState.MAINTENANCE: 0}.get(condition.system, _UNDOCUMENTED)]


def _deribit(condition: ExchangeCondition) -> object:
    words = {SystemState.NORMAL: "false", SystemState.MAINTENANCE: "partial", SystemState.HALTED: "true"}
    locked = words.get(condition.system, "undocumented")
    return {"jsonrpc": "2.0", "result": {"locked": locked}, "testnet": False}


def _woo(condition: ExchangeCondition) -> object:
    numbers = {SystemState.NORMAL: 0, SystemState.MAINTENANCE: 2}
    under_way = [*(entry for entry in condition.maintenance if entry.is_under_way), _UNTITLED][0]
    end = milliseconds_of(under_way)[1]
    data = {
        "status": numbers.get(condition.system, _UNDOCUMENTED),
        "msg": "System is functioning properly." if condition.system is SystemState.NORMAL else under_way.title,
        "estimatedEndTime": int(end or 1749963600362),  # as in the answer that the documentation has
    }
    return {"success": True, "data": data, "timestamp": 1751442989564}


def _digifinex(condition: ExchangeCondition) -> object:
    return {"msg": "pong", "code": 0} if condition.system is SystemState.NORMAL else {"msg": "?", "code": 10011}


def _told_maintenance(condition: ExchangeCondition) -> Sequence[Maintenance]:
    """Return the maintenance that is told; exchanges that tell nothing else tell their state by it."""
    is_told = condition.system is SystemState.NORMAL or any(entry.is_under_way for entry in condition.maintenance)
    return [*condition.maintenance, *([] if is_told else [_UNTITLED])]


def _entry_state(entry: Maintenance, system: SystemState) -> str:
    if not entry.is_under_way:
        return "scheduled"
    return "ongoing" if system in {SystemState.NORMAL, SystemState.MAINTENANCE} else "undocumented"


SYSTEM_STATUS_TWINS: Sequence[StatusTwin] = (
    StatusTwin(exchange="binance", setting="binance_url", path="/sapi/v1/system/status", write=_binance),
    StatusTwin(exchange="okx", setting="okx_url", path="/api/v5/system/status", write=_okx),
    StatusTwin(exchange="bybit", setting="bybit_url", path="/v5/system/status", write=_bybit),
    StatusTwin(exchange="kraken", setting="kraken_url", path="/0/public/SystemStatus", write=_kraken),
    StatusTwin(exchange="kucoin", setting="kucoin_url", path="/api/v1/status", write=_kucoin),
    StatusTwin(exchange="htx", setting="htx_url", path="/v2/market-status", write=_htx),
    StatusTwin(exchange="bitfinex", setting="bitfinex_url", path="/v2/platform/status", write=_bitfinex),
    StatusTwin(exchange="deribit", setting="deribit_url", path="/api/v2/public/status", write=_deribit),
    StatusTwin(exchange="woo-x", setting="woo_url", path="/v3/public/systemInfo", write=_woo),
    StatusTwin(exchange="digifinex", setting="digifinex_url", path="/v3/ping", write=_digifinex),
)
