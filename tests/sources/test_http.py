import asyncio
import gzip
import socket
import tempfile
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import BinaryIO

import pytest

from bot.domain.errors import SourceError, SourceFault
from bot.ports.sources import ReadHeaders
from bot.sources.http import LARGE_BODIES_AT_ONCE, MAX_ATTEMPTS, Http
from bot.sources.http_errors import RequestRefused
from bot.sources.http_types import FetchLimits
from bot.sources.small_reads import small_socket
from tests.clocks import HandMovedClock
from tests.fakes.defillama import CLOUDFLARE, FakeDefiLlama
from tests.waiting import in_time, until

SHORT = FetchLimits(timedelta(milliseconds=50), wire_bytes=1 << 20, plain_bytes=1 << 20)
SMALL = FetchLimits(timedelta(seconds=5), wire_bytes=2_000, plain_bytes=2_000)
ODD_PAUSES = ("soon", "1e400", "-5", "", "Thu, 01 Jan 1970 00:00:00 GMT", f"Mon, 01 Jan {'9' * 20} 00:00:00 GMT")
ROOMY = FetchLimits(timedelta(seconds=5), wire_bytes=1 << 20, plain_bytes=1 << 20)


async def fault_of(http: Http, url: str, limits: FetchLimits = ROOMY) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await http.fetch(url, limits=limits)
    return caught.value


@pytest.mark.parametrize(
    ("status", "body", "fault", "attempts"),
    [
        (401, b"who are you", SourceFault.BLOCKED, 1),
        (402, b"Upgrade to the paid API plan at https://defillama.com/subscription", SourceFault.BLOCKED, 1),
        (403, CLOUDFLARE, SourceFault.BLOCKED, 1),
        (451, b"", SourceFault.BLOCKED, 1),
        (400, b"No data", SourceFault.BAD_SHAPE, 1),
        (404, b"Data not found", SourceFault.SERVER_ERROR, 1),
        (404, b"404 page not found", SourceFault.SERVER_ERROR, 1),
        (408, b"", SourceFault.TIMEOUT, MAX_ATTEMPTS),
        (429, b"slow down", SourceFault.RATE_LIMITED, MAX_ATTEMPTS),
        (500, b"Internal Error", SourceFault.SERVER_ERROR, MAX_ATTEMPTS),
        (502, CLOUDFLARE, SourceFault.SERVER_ERROR, MAX_ATTEMPTS),
        *((status, CLOUDFLARE, SourceFault.SERVER_ERROR, MAX_ATTEMPTS) for status in range(520, 525)),
        (204, b"", SourceFault.BAD_SHAPE, 1),
    ],
)
async def test_each_status_has_its_fault_and_only_passing_ones_are_tried_again(  # noqa: PLR0913, PLR0917 -- a table
    http: Http, llama: FakeDefiLlama, status: int, body: bytes, fault: SourceFault, attempts: int
) -> None:
    llama.fail("/cexs", status=status, body=body, times=99)
    assert (await fault_of(http, f"{llama.url}/cexs")).fault is fault
    assert len(llama.asked("/cexs")) == attempts


async def test_a_second_try_may_bring_the_answer(http: Http, llama: FakeDefiLlama) -> None:
    llama.fail("/cexs", status=503, times=2)
    body = await http.fetch(f"{llama.url}/cexs")
    assert body is not None
    assert body.content.startswith(b'{"cexs":[')


async def test_the_headers_of_every_answer_are_heard_refusals_too(llama: FakeDefiLlama) -> None:
    heard: list[tuple[str, str]] = []

    def begin(host: str) -> ReadHeaders:
        return lambda headers: heard.append((host, headers["Date"]))

    llama.clock = HandMovedClock()
    llama.fail("/cexs", status=503)
    async with Http(pause=timedelta(), on_request=begin) as http:
        await http.fetch(f"{llama.url}/cexs")
    assert heard == [("127.0.0.1", "Mon, 05 Oct 2026 14:03:31 GMT")] * 2


async def test_a_slow_first_byte_times_out(http: Http, llama: FakeDefiLlama) -> None:
    llama.fail("/cexs", until=asyncio.Event(), times=3)
    error = await fault_of(http, f"{llama.url}/cexs", SHORT)
    assert error.fault is SourceFault.TIMEOUT
    assert len(llama.asked("/cexs")) == MAX_ATTEMPTS


async def test_a_refused_connection_is_unreachable(http: Http) -> None:
    async with FakeDefiLlama() as gone:
        url = gone.url
    assert (await fault_of(http, f"{url}/cexs")).fault is SourceFault.UNREACHABLE


async def test_a_name_that_does_not_exist_is_unreachable(http: Http) -> None:
    assert (await fault_of(http, "http://no-such-host.invalid/cexs")).fault is SourceFault.UNREACHABLE


@pytest.mark.parametrize("url", ["not an address", "http://", "http://["])
async def test_no_address_at_all_is_unreachable(http: Http, url: str) -> None:
    assert (await fault_of(http, url)).fault is SourceFault.UNREACHABLE


async def test_an_error_body_that_cannot_be_read_is_left_out(http: Http, llama: FakeDefiLlama) -> None:
    llama.fail("/cexs", status=403, body=b"\x1f\x8bno gzip", headers={"Content-Encoding": "identity"})
    assert (await fault_of(http, f"{llama.url}/cexs")).detail == "HTTP 403: "


async def test_a_reset_connection_is_unreachable_after_every_try(http: Http, llama: FakeDefiLlama) -> None:
    llama.fail("/cexs", reset=True, times=99)
    assert (await fault_of(http, f"{llama.url}/cexs")).fault is SourceFault.UNREACHABLE
    assert len(llama.asked("/cexs")) >= MAX_ATTEMPTS  # aiohttp may ask once more by itself on a reused connection


async def test_a_body_shorter_than_announced_is_cut_short(http: Http, llama: FakeDefiLlama) -> None:
    llama.fail("/cexs", cut="wire", times=99)
    assert (await fault_of(http, f"{llama.url}/cexs")).fault is SourceFault.CUT_SHORT


async def test_a_gzip_stream_that_ends_early_is_cut_short(http: Http, llama: FakeDefiLlama) -> None:
    llama.fail("/cexs", cut="gzip", times=99)
    assert (await fault_of(http, f"{llama.url}/cexs")).fault is SourceFault.CUT_SHORT


async def test_more_bytes_than_allowed_are_not_read(http: Http, llama: FakeDefiLlama) -> None:
    llama.fail("/cexs", body=bytes(100_000), headers={"Content-Encoding": "identity"})
    assert (await fault_of(http, f"{llama.url}/cexs", SMALL)).fault is SourceFault.TOO_LARGE


async def test_a_bomb_is_too_large_though_small_on_the_wire(http: Http, llama: FakeDefiLlama) -> None:
    llama.fail("/cexs", body=bytes(1_000_000))
    error = await fault_of(http, f"{llama.url}/cexs", FetchLimits(SMALL.total, wire_bytes=100_000, plain_bytes=100_000))
    assert error.fault is SourceFault.TOO_LARGE
    assert "wire" not in error.detail


async def test_a_compression_nobody_asked_for_is_refused(http: Http, llama: FakeDefiLlama) -> None:
    llama.fail("/cexs", headers={"Content-Encoding": "br"})
    assert (await fault_of(http, f"{llama.url}/cexs")).fault is SourceFault.BAD_SHAPE


@pytest.mark.parametrize("pause", ["31", "86400000000000000", "9" * 5_000, "Fri, 31 Dec 9999 23:59:59 GMT", "a date"])
async def test_a_long_pause_is_handed_on_instead_of_slept(http: Http, llama: FakeDefiLlama, pause: str) -> None:
    in_ten_minutes = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)
    pause_or_date = in_ten_minutes if pause == "a date" else pause
    llama.fail("/cexs", status=429, headers={"Retry-After": pause_or_date}, times=99)
    error = await fault_of(http, f"{llama.url}/cexs")
    assert error.retry_after is not None
    assert error.retry_after > timedelta(seconds=30)
    assert len(llama.asked("/cexs")) == 1


@pytest.mark.parametrize(
    "pause", ["0", "Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:00 -0000", *ODD_PAUSES]
)
async def test_a_short_pause_is_kept_and_then_asked_again(http: Http, llama: FakeDefiLlama, pause: str) -> None:
    llama.fail("/cexs", status=429, headers={"Retry-After": pause}, times=2)
    assert await http.fetch(f"{llama.url}/cexs") is not None


async def test_the_pause_asked_for_is_the_pause_kept(llama: FakeDefiLlama) -> None:
    loop = asyncio.get_running_loop()
    llama.fail("/cexs", status=429, headers={"Retry-After": "0"}, times=2)
    async with Http(pause=timedelta(minutes=1)) as patient:
        start = loop.time()
        await patient.fetch(f"{llama.url}/cexs")
    assert loop.time() - start < 5


async def test_an_unchanged_body_does_not_come_again(http: Http, llama: FakeDefiLlama) -> None:
    body = await http.fetch(f"{llama.url}/cexs")
    assert body is not None
    assert await http.fetch(f"{llama.url}/cexs", validators=body.validators) is None
    llama.step("okx", share=0.01)
    assert await http.fetch(f"{llama.url}/cexs", validators=body.validators) is not None


async def test_a_date_of_change_is_sent_back_too(http: Http, llama: FakeDefiLlama) -> None:
    llama.fail("/cexs", headers={"Last-Modified": "Wed, 21 Oct 2015 07:28:00 GMT"})
    body = await http.fetch(f"{llama.url}/cexs")
    assert body is not None
    await http.fetch(f"{llama.url}/cexs", validators=body.validators)
    assert llama.asked("/cexs")[-1]["If-Modified-Since"] == "Wed, 21 Oct 2015 07:28:00 GMT"


async def test_not_modified_without_a_question_is_a_bad_shape(http: Http, llama: FakeDefiLlama) -> None:
    llama.fail("/cexs", status=304, body=b"")
    assert (await fault_of(http, f"{llama.url}/cexs")).fault is SourceFault.BAD_SHAPE


async def test_the_client_says_who_it_is_and_takes_gzip_only(http: Http, llama: FakeDefiLlama) -> None:
    await http.fetch(f"{llama.url}/cexs")
    headers = llama.asked("/cexs")[0]
    assert headers["User-Agent"].startswith("runwatch/")
    assert headers["Accept-Encoding"] == "gzip"


async def test_details_show_a_little_of_the_body_and_nothing_of_the_address(http: Http, llama: FakeDefiLlama) -> None:
    llama.fail("/secret-key/cexs", status=403, body=b"\x1b[31mno\x00\n\xff" + b"x" * 5_000)
    error = await fault_of(http, f"{llama.url}/secret-key/cexs?token=hidden")
    assert len(error.detail) < 200
    assert error.detail.isprintable()
    assert "secret" not in str(error)
    assert "hidden" not in str(error)


async def test_connection_errors_name_the_host_and_not_the_address(http: Http, llama: FakeDefiLlama) -> None:
    llama.fail("/secret-key", reset=True, times=99)
    error = await fault_of(http, f"{llama.url}/secret-key?token=hidden")
    assert "127.0.0.1" in error.detail
    assert "secret" not in str(error)


async def test_a_refusal_keeps_its_status_and_text(http: Http, llama: FakeDefiLlama) -> None:
    llama.fail("/cexs", status=400, body=b"Protocol  not\nfound")
    error = await fault_of(http, f"{llama.url}/cexs")
    assert isinstance(error, RequestRefused)
    assert (error.status, error.text) == (400, "Protocol not found")


async def test_a_redirect_on_the_same_host_is_followed(http: Http, llama: FakeDefiLlama) -> None:
    llama.fail("/old", status=301, headers={"Location": "/cexs"})
    assert await http.fetch(f"{llama.url}/old") is not None


@pytest.mark.parametrize(
    "target", ["http://example.invalid/cexs", "http://127.0.0.1:1/", "ftp://127.0.0.1/", "http://[", ""]
)
async def test_a_redirect_elsewhere_is_not_followed(http: Http, llama: FakeDefiLlama, target: str) -> None:
    llama.fail("/cexs", status=302, headers={"Location": target}, times=9)
    assert (await fault_of(http, f"{llama.url}/cexs")).fault is SourceFault.BLOCKED


async def test_a_redirect_in_circles_ends(http: Http, llama: FakeDefiLlama) -> None:
    llama.fail("/cexs", status=302, headers={"Location": "/cexs"}, times=99)
    assert (await fault_of(http, f"{llama.url}/cexs")).fault is SourceFault.BLOCKED
    assert len(llama.asked("/cexs")) == 4


@pytest.mark.parametrize(
    ("content_type", "text"),
    [
        ("text/xml; charset=iso-8859-1", "é"),
        ("", "�"),
        # What Python can decode or not is not what a web page may be written in: `idna` raises on most texts.
        *((f"text/xml; charset={charset}", "�") for charset in ("nonsense", "idna", "undefined", "hex", 'utf-8"x')),
    ],
)
async def test_text_is_read_in_its_charset_and_never_fails(
    http: Http, llama: FakeDefiLlama, content_type: str, text: str
) -> None:
    llama.fail("/rss", body=b"\xe9", headers={"Content-Type": content_type})
    body = await http.fetch(f"{llama.url}/rss")
    assert body is not None
    assert body.text == text


async def test_a_few_large_bodies_come_at_a_time_per_host(http: Http, llama: FakeDefiLlama) -> None:
    gate = asyncio.Event()
    slow = [f"slow{number}" for number in range(LARGE_BODIES_AT_ONCE)]
    for slug in slow:
        llama.fail(f"/protocol/{slug}", until=gate, status=403)

    async def spool(slug: str) -> None:
        with suppress(SourceError):
            async with http.spool(f"{llama.url}/protocol/{slug}"):
                pass

    async with asyncio.TaskGroup() as tasks:
        for slug in slow[1:]:
            tasks.create_task(spool(slug))
        await spool("okx-of-another-name")  # one place is left
        tasks.create_task(spool(slow[0]))
        await llama.wait_for_request(f"/protocol/{slow[0]}")
        tasks.create_task(spool("bybit"))
        await http.fetch(f"{llama.url}/cexs")  # the list is not held up, and time enough for the next
        assert not llama.asked("/protocol/bybit")
        gate.set()
    assert llama.asked("/protocol/bybit")


@pytest.mark.parametrize("path", ["/cexs", "/protocol/okx"])
async def test_a_byte_now_and_then_is_no_answer(http: Http, llama: FakeDefiLlama, path: str) -> None:
    llama.fail(path, drips=True, times=99)
    quick = replace(ROOMY, stall=timedelta(milliseconds=50))
    error = await fault_of(http, f"{llama.url}{path}", quick)
    assert error.fault is SourceFault.TIMEOUT
    assert len(llama.asked(path)) == MAX_ATTEMPTS


async def test_an_answer_that_does_not_begin_is_none(http: Http, llama: FakeDefiLlama) -> None:
    llama.fail("/cexs", until=asyncio.Event(), times=99)
    assert (
        await fault_of(http, f"{llama.url}/cexs", replace(ROOMY, stall=timedelta(milliseconds=50)))
    ).fault is SourceFault.TIMEOUT


async def test_all_attempts_together_have_a_limit(llama: FakeDefiLlama) -> None:
    llama.fail("/protocol/okx", status=503, times=99)
    async with Http(pause=timedelta(minutes=1)) as patient:
        with pytest.raises(SourceError) as caught:
            async with patient.spool(
                f"{llama.url}/protocol/okx", limits=replace(ROOMY, in_all=timedelta(milliseconds=100))
            ):
                pass
    assert caught.value.fault is SourceFault.TIMEOUT
    assert len(llama.asked("/protocol/okx")) == 1


@pytest.mark.parametrize("place", ["/nowhere", "/dev/full"])
async def test_without_room_for_files_large_bodies_are_kept_in_memory_and_it_is_said(
    llama: FakeDefiLlama, place: str
) -> None:
    """A directory that is not there is as one that cannot be written; /dev/full takes nothing, as a full disk does."""

    def make_file() -> BinaryIO:
        return tempfile.TemporaryFile(dir=place) if place == "/nowhere" else Path(place).open("w+b")

    async with Http(pause=timedelta(0), make_file=make_file) as http:
        async with http.spool(f"{llama.url}/protocol/okx") as spooled:
            assert spooled is not None
            spooled.file.seek(0)
            assert gzip.decompress(spooled.file.read()) == llama.exchanges["okx"].protocol_body()
        (sentence,) = http.file_troubles
    assert "TMPDIR" in sentence


async def test_when_there_is_room_again_nothing_is_said(llama: FakeDefiLlama) -> None:
    places = iter([Path("/nowhere")])

    def make_file() -> BinaryIO:
        return tempfile.TemporaryFile(dir=next(places, None))

    async with Http(pause=timedelta(0), make_file=make_file) as http:
        for troubles in (1, 0):
            async with http.spool(f"{llama.url}/protocol/okx"):
                assert len(http.file_troubles) == troubles


async def test_headers_without_an_end_are_no_answer(http: Http, llama: FakeDefiLlama) -> None:
    llama.fail("/cexs", headers={"X-Long": "x" * 100_000}, times=99)
    assert (await fault_of(http, f"{llama.url}/cexs")).fault is SourceFault.SERVER_ERROR


async def test_a_large_body_is_kept_as_it_came_and_from_its_start_after_a_retry(
    http: Http, llama: FakeDefiLlama
) -> None:
    llama.fail("/protocol/okx", cut="wire")
    async with http.spool(f"{llama.url}/protocol/okx") as spooled:
        assert spooled is not None
        spooled.file.seek(0)
        assert gzip.decompress(spooled.file.read()) == llama.exchanges["okx"].protocol_body()


async def test_cancelling_a_request_leaves_nothing_behind(http: Http, llama: FakeDefiLlama) -> None:
    gate = asyncio.Event()
    llama.fail("/protocol/okx", until=gate)

    async def spool() -> None:
        async with http.spool(f"{llama.url}/protocol/okx"):
            pass

    task = asyncio.create_task(spool())
    await llama.wait_for_request("/protocol/okx")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gate.set()
    async with in_time("a body from a host that is free again"):
        await spool()


async def test_a_client_outside_of_its_block_is_a_mistake_of_ours() -> None:
    with pytest.raises(RuntimeError):
        await Http().fetch("http://127.0.0.1/")


async def test_an_error_page_in_an_odd_charset_is_shown_as_far_as_it_can_be(http: Http, llama: FakeDefiLlama) -> None:
    llama.fail("/cexs", status=403, body=b"no \xff", headers={"Content-Type": "text/html; charset=idna"})
    assert (await fault_of(http, f"{llama.url}/cexs")).detail == "HTTP 403: no �"


async def test_little_is_read_from_a_socket_at_a_time(llama: FakeDefiLlama) -> None:
    """Whatever is read in one go is handled in one go: 256 KB of chunks of one byte each would take 40 ms."""
    sizes: list[int] = []

    class Recorder(asyncio.Protocol):
        def data_received(self, data: bytes) -> None:
            sizes.append(len(data))

    server = await asyncio.start_server(_send_a_megabyte, "127.0.0.1", 0)
    async with server:
        address = server.sockets[0].getsockname()
        made = small_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", address))
        made.setblocking(False)  # noqa: FBT003 — the standard library names it so
        loop = asyncio.get_running_loop()
        await loop.sock_connect(made, address)
        transport, _ = await loop.create_connection(Recorder, sock=made)
        await until(lambda: sum(sizes) == 1 << 20, "a megabyte")
        transport.close()
    assert max(sizes) <= 128 << 10


async def _send_a_megabyte(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(bytes(1 << 20))
    await writer.drain()
    writer.close()
