"""A mute as the store has it: `until since id JSON`, without the place and the exchange, which its key and field say.

`1768068000000000 1768053600000000 8f3a {"by":"telegram:7"}` in the field `binance` of a place says: that place has
muted Binance for four hours. The times, in microseconds, stand in front of the JSON because scripts read them.
"""

import msgspec

from bot.domain.mute import MissedIncident, Mute, UntilWorse
from bot.domain.place import Place
from bot.domain.severity import Severity
from bot.storage.reading_encoding import moment
from bot.storage.stored_subscription import EVERY_EXCHANGE


class _MuteTerms(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who muted, and what the mute waits for."""

    by: str = ""
    worse: UntilWorse | None = None


_encoder, _decoder = msgspec.json.Encoder(), msgspec.json.Decoder(_MuteTerms)
_SEVERITIES = {severity.rank: severity for severity in Severity}


def encode_mute_terms(by: str, worse: UntilWorse | None) -> bytes:
    """Return the JSON of what a script does not set by itself."""
    return _encoder.encode(_MuteTerms(by, worse))


def decode_mute(place: Place, exchange: str, value: str | bytes) -> Mute:
    """Return the mute of an exchange, as the field names it, in a place; raise ValueError for what is none."""
    text = value.decode() if isinstance(value, bytes) else value
    until, since, id_, terms = text.split(" ", 3)
    read = _decoder.decode(terms)
    return Mute(
        place,
        None if exchange == EVERY_EXCHANGE else exchange,
        since=moment(int(since)),
        until=moment(int(until)),
        by=read.by,
        worse=read.worse,
        id=id_,
    )


def decode_missed(incident: str, value: str | bytes) -> MissedIncident:
    """Return a missed incident from `3 binance`; raise ValueError or LookupError for what is none."""
    severity, exchange = (value.decode() if isinstance(value, bytes) else value).split(" ", 1)
    return MissedIncident(incident, exchange, _SEVERITIES[int(severity)])
