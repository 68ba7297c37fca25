import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.backtest.archive import bodies_in, exchange_of, read_events, read_past
from bot.backtest.scores import KnownEvent
from bot.domain.errors import ConfigurationError, SourceError, SourceFault
from bot.domain.reading import Holding
from bot.domain.withdrawal_reading import WithdrawalState
from bot.domain.withdrawals import WithdrawalTransition
from tests.sources.protocol_bodies import DAY, FIRST, body_of

BODY = body_of({"Tron": {FIRST: {"USDT": (5.0, 5.0)}, FIRST + DAY: {"USDT": (4.0, 4.1), "TRX": (1.0, 0.1)}}})


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.fixture
def body(tmp_path: Path) -> Path:
    path = tmp_path / "Binance-CEX.json"
    path.write_bytes(BODY)
    return path


def test_a_folder_is_its_bodies_by_name(body: Path) -> None:
    for name in ("okx.json", "notes.txt", "okx.withdrawals.jsonl", "events.jsonl"):
        (body.parent / name).touch()
    (body.parent / "folder.json").mkdir()

    assert [path.name for path in bodies_in(body.parent)] == ["Binance-CEX.json", "okx.json"]


def test_what_is_no_folder_is_no_past(body: Path) -> None:
    for path in (body, body.parent / "nowhere"):
        with pytest.raises(ConfigurationError, match="There is no folder"):
            bodies_in(path)


@pytest.mark.parametrize(
    ("name", "id_", "own"),
    [
        ("Binance-CEX.json", "binance", {"BNB"}),
        ("okx.json", "okx", {"OKB"}),
        ("Unheard Of.json", "unheard-of", set()),
    ],
)
def test_a_name_says_which_exchange_it_is(name: str, id_: str, own: set[str]) -> None:
    found = exchange_of(Path(name))

    assert found.id == id_
    assert found.own_tokens == frozenset(own)


@pytest.mark.parametrize("packed", [False, True])
def test_a_body_holds_its_readings(body: Path, *, packed: bool) -> None:
    body.write_bytes(gzip.compress(BODY) if packed else BODY)

    first, second = read_past(body).readings()

    assert dict(first.holdings) == {("Tron", "USDT"): Holding(5.0, 5.0)}
    assert dict(second.holdings) == {("Tron", "USDT"): Holding(4.0, 4.1), ("Tron", "TRX"): Holding(1.0, 0.1)}
    assert (first.exchange, first.source, first.as_of, first.fetched_at) == (
        "binance", "defillama", moment(FIRST), moment(FIRST),
    )  # fmt: skip


def test_days_of_one_layout_share_it(body: Path) -> None:
    series = {FIRST + day * DAY: {"USDT": (5.0 + day, 5.0), "TRX": (1.0, 1.0)} for day in range(3)}
    body.write_bytes(body_of({"Tron": series, "Ethereum": series}))

    layouts = {id(moment_.columns.slots) for moment_ in read_past(body).moments}

    assert len(layouts) == 1


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", SourceFault.CUT_SHORT),
        (b"<html>", SourceFault.NOT_JSON),
        (b'{"chainTvls":{}}', SourceFault.EMPTY),
        (BODY[:-9], SourceFault.CUT_SHORT),
    ],
)
def test_a_broken_body_says_why(body: Path, content: bytes, fault: SourceFault) -> None:
    body.write_bytes(content)
    with pytest.raises(SourceError) as broken:
        read_past(body)

    assert broken.value.fault is fault


def test_a_body_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="unreachable: No such file"):
        read_past(tmp_path / "gone.json")


def test_withdrawal_changes_are_read_in_the_order_of_time_and_odd_lines_are_counted(body: Path) -> None:
    lines = [
        {"at": FIRST + 9, "asset": "usdt", "network": " trc20", "open": True, "more": 1},
        {"at": FIRST, "asset": "USDT", "network": "TRC20", "open": False},
        {"at": "soon", "asset": "USDT", "network": "TRC20", "open": False},
        {"at": 1e40, "asset": "USDT", "network": "TRC20", "open": False},
    ]
    log = "\n\n".join(json.dumps(line) for line in lines)
    body.with_name("Binance-CEX.withdrawals.jsonl").write_bytes(log.encode() + b"\n\xff")

    past = read_past(body)

    assert past.withdrawal_changes == [
        WithdrawalTransition(moment(FIRST), "USDT", "TRON", WithdrawalState.UNKNOWN, WithdrawalState.CLOSED),
        WithdrawalTransition(moment(FIRST + 9), "USDT", "TRON", WithdrawalState.UNKNOWN, WithdrawalState.OPEN),
    ]
    assert past.odd_lines == [5, 7, 8]


def test_events_are_named_or_not_known_at_all(tmp_path: Path) -> None:
    assert read_events(tmp_path) == (None, [])
    (tmp_path / "events.jsonl").write_text('{"exchange": "Binance-CEX", "from": 0, "to": 86400}\n{"exchange": "okx"}\n')

    assert read_events(tmp_path) == ([KnownEvent("binance", moment(0), moment(DAY))], [2])
