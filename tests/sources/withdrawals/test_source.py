"""One exchange: its interfaces asked at once, and every failure said in the reading."""

from collections.abc import AsyncIterator, Callable, Iterable
from datetime import timedelta

import msgspec
import pytest
from aiohttp import web

from bot.domain.errors import SourceFault
from bot.domain.withdrawal_reading import (
    ALL_NETWORKS,
    Maintenance,
    SourceStanding,
    SystemState,
    WithdrawalFlag,
    WithdrawalReading,
)
from bot.http_server import WebServer
from bot.sources.failures import BLOCKED_REGION
from bot.sources.http import Http
from bot.sources.withdrawals.adapter import StatusAdapter, StatusContent, WithdrawalAdapter, WithdrawalRow
from bot.sources.withdrawals.source import ExchangeWithdrawalSource
from tests.sources.conftest import StoppedClock
from tests.sources.withdrawals.bodies import CLOSED, OPEN

WORK = Maintenance("Wallet maintenance")


class AnswerServer(WebServer):
    """Answers with a status and a body by path; `asked` are the paths in order."""

    def __init__(self) -> None:
        super().__init__([web.get("/{path}", self._answer)], "127.0.0.1", 0, explain=lambda address, _: address)
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return "http://{}:{}".format(*self.address)

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        status, body = self.answers.get(request.path, (200, b"{}"))
        return web.Response(status=status, body=body)


@pytest.fixture
async def answers() -> AsyncIterator[AnswerServer]:
    async with AnswerServer() as server:
        yield server


def no_rows(_body: bytes) -> Iterable[WithdrawalRow]:
    return ()


def open_bitcoin(_body: bytes) -> Iterable[WithdrawalRow]:
    return [WithdrawalRow("BTC", ALL_NETWORKS, OPEN)]


class SourceBench:
    """A source of flags at `/flags` and of parts at `/part0`, `/part1` …"""

    def __init__(self, http: Http, clock: StoppedClock, server: AnswerServer) -> None:
        self._http, self._clock, self._server = http, clock, server

    def source(
        self, parse: Callable[[bytes], Iterable[WithdrawalRow]] | None, *parts: StatusContent | Exception
    ) -> ExchangeWithdrawalSource:
        url = self._server.url
        flags = (
            WithdrawalAdapter(exchange="here", name="Here", setting="", base=url, path="/flags", parse=parse)
            if parse
            else None
        )
        statuses = [
            StatusAdapter(
                exchange="here",
                name="Here",
                setting="",
                base=url,
                path=f"/part{number}",
                part=f"part {number}",
                parse=teller(content),
            )
            for number, content in enumerate(parts)
        ]
        return ExchangeWithdrawalSource(self._http, self._clock, flags, parts=statuses)

    async def read(
        self, parse: Callable[[bytes], Iterable[WithdrawalRow]] | None, *parts: StatusContent | Exception
    ) -> WithdrawalReading:
        return await self.source(parse, *parts).read()


def teller(content: StatusContent | Exception) -> Callable[[bytes], StatusContent]:
    def tell(_body: bytes) -> StatusContent:
        if isinstance(content, Exception):
            raise content
        return content

    return tell


@pytest.fixture
def bench(http: Http, clock: StoppedClock, answers: AnswerServer) -> SourceBench:
    return SourceBench(http, clock, answers)


@pytest.mark.parametrize(
    ("status", "body", "fault", "detail"),
    [
        (403, b"<html>", SourceFault.BLOCKED, BLOCKED_REGION),
        (451, b"restricted location", SourceFault.BLOCKED, BLOCKED_REGION),
        (401, b"api key required", SourceFault.BLOCKED, "HTTP 401: api key required"),
        (404, b"", SourceFault.SERVER_ERROR, "HTTP 404: "),
        (429, b"slow down", SourceFault.RATE_LIMITED, "HTTP 429: slow down"),
        (200, b"x" * (7 << 20), SourceFault.TOO_LARGE, "more than 6 MB on the wire"),
        (200, b"," * 200_001, SourceFault.BAD_SHAPE, "more than 200000 values"),
    ],
)
async def test_an_answer_that_is_none_is_a_fault(  # noqa: PLR0913, PLR0917 -- a table
    bench: SourceBench, answers: AnswerServer, status: int, body: bytes, fault: SourceFault, detail: str
) -> None:
    answers.answers["/flags"] = (status, body)
    reading = await bench.read(open_bitcoin)
    assert (reading.fault, reading.detail) == (fault, detail)
    assert (reading.flags, reading.listed, reading.closed, reading.closed_share) == ((), 0, 0, None)


@pytest.mark.parametrize(
    ("error", "fault", "detail"),
    [
        (msgspec.ValidationError("Expected `str`"), SourceFault.BAD_SHAPE, "Expected `str`"),
        (msgspec.DecodeError("cut"), SourceFault.NOT_JSON, ""),
        (UnicodeDecodeError("utf-8", b"", 0, 1, ""), SourceFault.NOT_JSON, ""),
        (RecursionError(), SourceFault.BAD_SHAPE, "nested too deeply"),
        (KeyError("a fault of ours"), SourceFault.CRASHED, "KeyError"),
    ],
)
async def test_whatever_goes_wrong_while_reading_is_a_fault(
    bench: SourceBench, error: Exception, fault: SourceFault, detail: str
) -> None:
    def failing(_body: bytes) -> Iterable[WithdrawalRow]:
        yield WithdrawalRow("BTC", ALL_NETWORKS, OPEN)
        raise error

    reading = await bench.read(failing)
    assert (reading.fault, reading.detail, reading.flags) == (fault, detail, ())


async def test_no_rows_are_a_fault(bench: SourceBench) -> None:
    assert (await bench.read(no_rows)).fault is SourceFault.EMPTY


async def test_parts_say_how_the_exchange_is_as_a_whole(bench: SourceBench) -> None:
    normal, cancel_only = StatusContent(SystemState.NORMAL), StatusContent(SystemState.CANCEL_ONLY, (WORK,))
    reading = await bench.read(open_bitcoin, normal, cancel_only, StatusContent())
    assert (reading.system, reading.maintenance) == (SystemState.CANCEL_ONLY, (WORK,))
    assert (await bench.read(open_bitcoin, StatusContent())).system is None
    assert (await bench.read(open_bitcoin)).system is None


async def test_a_part_that_fails_takes_nothing_from_the_rest(bench: SourceBench, answers: AnswerServer) -> None:
    answers.answers["/part0"] = (403, b"")
    reading = await bench.read(open_bitcoin, StatusContent(), StatusContent(SystemState.NORMAL))
    assert reading.fault is None
    assert reading.part_faults == (("part 0", SourceFault.BLOCKED),)
    assert (reading.system, len(reading.flags)) == (SystemState.NORMAL, 1)


async def test_without_its_flags_a_reading_still_says_what_the_parts_say(bench: SourceBench) -> None:
    content = StatusContent(SystemState.HALTED, rows=(WithdrawalRow("BTC", "Bitcoin", CLOSED),))
    reading = await bench.read(no_rows, content)
    assert (reading.fault, reading.system, reading.flags) == (SourceFault.EMPTY, SystemState.HALTED, ())


async def test_a_part_may_tell_the_networks_of_what_the_list_tells_as_a_whole(bench: SourceBench) -> None:
    reading = await bench.read(open_bitcoin, StatusContent(rows=(WithdrawalRow("BTC", "Bitcoin", CLOSED),)))
    assert reading.flags == (WithdrawalFlag("BTC", "BITCOIN", CLOSED),)
    assert (reading.listed, reading.closed) == (1, 0)


async def test_too_many_networks_of_a_part_are_a_fault(bench: SourceBench) -> None:
    rows = tuple(WithdrawalRow("BTC", f"chain{number}", OPEN) for number in range(401))
    reading = await bench.read(open_bitcoin, StatusContent(rows=rows))
    assert (reading.fault, reading.flags) == (SourceFault.BAD_SHAPE, ())


async def test_an_exchange_may_have_nothing_but_parts(bench: SourceBench, answers: AnswerServer) -> None:
    reading = await bench.read(None, StatusContent(SystemState.MAINTENANCE))
    assert (reading.fault, reading.system, reading.flags) == (None, SystemState.MAINTENANCE, ())
    assert answers.asked == ["/part0"]


async def test_where_all_parts_fail_and_there_is_nothing_else_it_is_a_fault(
    bench: SourceBench, answers: AnswerServer
) -> None:
    answers.answers["/part1"] = (451, b"")
    reading = await bench.read(None, KeyError("of ours"), StatusContent())
    assert (reading.fault, reading.detail) == (SourceFault.CRASHED, "KeyError")
    assert reading.part_faults == (("part 0", SourceFault.CRASHED), ("part 1", SourceFault.BLOCKED))


async def test_a_source_says_what_it_is(bench: SourceBench) -> None:
    source = bench.source(open_bitcoin)
    assert (source.exchange, source.name, source.interval) == ("here", "Here", timedelta(minutes=5))
    assert source.standing is SourceStanding.DOCUMENTED
