"""DigiFinex's ping, which is all that it says of its system: "pong" with code 0 means that its interface works.

https://docs.digifinex.com/en-ww/spot/v3/rest.html#server-ping
"""

import msgspec

from bot.domain.withdrawal_reading import SystemState
from bot.sources.withdrawals.adapter import StatusAdapter, StatusContent
from bot.sources.withdrawals.system_status.states import STATUS_LIMITS, SYSTEM_STATUS


class _DigifinexStatusAnswer(msgspec.Struct):
    code: int
    msg: str


_DECODER = msgspec.json.Decoder(_DigifinexStatusAnswer)


def parse(body: bytes) -> StatusContent:
    """Return NORMAL for `{"code":0,"msg":"pong"}`, UNKNOWN for anything else of that shape."""
    answer = _DECODER.decode(body)
    is_pong = answer.code == 0 and answer.msg == "pong"
    return StatusContent(SystemState.NORMAL if is_pong else SystemState.UNKNOWN)


DIGIFINEX_SYSTEM_STATUS = StatusAdapter(
    exchange="digifinex",
    name="DigiFinex",
    setting="digifinex_url",
    base="https://openapi.digifinex.com",
    path="/v3/ping",
    limits=STATUS_LIMITS,
    part=SYSTEM_STATUS,
    parse=parse,
)
