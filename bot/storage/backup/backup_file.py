"""The file of a backup: a header, records, and an end with a checksum, so that half a file is never taken for a whole.

    runwatch-backup, line break    as it is; what follows is compressed (gzip)
    length, header                 both here and below: the length in 4 bytes, then so much msgpack
    length, record                 ("hash", key without prefix, expiry, pieces…), as many as there are
    length, end                    how many records there were, and the SHA-256 of everything before

It is written beside its place and moved there when it is whole and on the disk: under its name there is the old
backup or the new one, never a part.
"""

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO, Self, TypeVar

import msgspec

from bot.domain.errors import BackupError

FORMAT = 1
_MAGIC = b"runwatch-backup\n"
_LENGTH_BYTES = 4
_RECORD_MAX_BYTES = 1 << 28  # far beyond any piece of a key: a larger length is damage

Value = TypeVar("Value")


class BackupHeader(msgspec.Struct, frozen=True):
    """What a backup is of. `layout` is that of the keys (schema.py), `owners` the bots whose data it is."""

    format: int
    layout: int
    program: str
    made_at: datetime
    owners: tuple[str, ...] = ()


class BackupRecord(msgspec.Struct, frozen=True, array_like=True):
    """A piece of one key; a large key has several, in order.

    `expires_at_ms` is since 1970, 0 for a key that stays. `pieces` are what the type consists of: a string's value;
    fields and values of a hash in turn; members; members and scores in turn; of a stream the id of an entry and then
    its fields and values; of "group" the name of a consumer group of the stream before it.
    """

    kind: str
    key: str
    expires_at_ms: int
    pieces: tuple[bytes, ...]


class _BackupEnd(msgspec.Struct, frozen=True):
    records: int
    sha256: str


_encoder = msgspec.msgpack.Encoder()
_header_decoder, _record_decoder = msgspec.msgpack.Decoder(BackupHeader), msgspec.msgpack.Decoder(BackupRecord)
_end_decoder = msgspec.msgpack.Decoder(_BackupEnd)


def encoded(record: BackupRecord) -> bytes:
    """Return a record as it stands in the file."""
    return _framed(_encoder.encode(record))


class BackupWriter:
    """Writes a backup: `with BackupWriter(path, header) as file`; when the block fails nothing is left of it."""

    def __init__(self, path: Path, header: BackupHeader) -> None:
        self._path = path
        self._partial = path.with_name(f"{path.name}.partial-{os.getpid()}")
        self._header = header
        self._digest = sha256()
        self._records = 0

    def __enter__(self) -> Self:
        """Open the file; raise BackupError."""
        try:
            # 0600: it names chats and people.
            self._file = os.fdopen(os.open(self._partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
        except OSError as error:
            raise BackupError(f"{self._path} cannot be written: {error.strerror}.") from error
        self._file.write(_MAGIC)
        self._body = gzip.GzipFile(filename="", mode="wb", fileobj=self._file, compresslevel=6, mtime=0)
        self._write(_framed(_encoder.encode(self._header)))
        return self

    def add(self, records: IO[bytes], number: int) -> None:
        """Append so many records that were encoded into another file."""
        while block := records.read(1 << 20):
            self._write(block)
        self._records += number

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the file and put it into its place; raise BackupError."""
        try:
            if error is None:
                end = _BackupEnd(self._records, self._digest.hexdigest())
                self._body.write(_framed(_encoder.encode(end)))
                self._body.close()
                self._file.flush()
                os.fsync(self._file.fileno())
                self._partial.replace(self._path)
                _sync_directory(self._path.parent)
        except OSError as failure:
            raise BackupError(f"{self._path} cannot be written: {failure.strerror}.") from failure
        finally:
            with suppress(OSError):
                self._file.close()
            self._partial.unlink(missing_ok=True)

    def _write(self, framed: bytes) -> None:
        self._digest.update(framed)
        self._body.write(framed)


def read_header(path: Path) -> BackupHeader:
    """Return what a backup is of; raise BackupError."""
    header = _decoded(path, _header_decoder, next(_frames(path)))
    if header.format > FORMAT:
        raise BackupError(f"{path} was written by a newer Runwatch ({header.program}): update this one.")
    return header


def read_records(path: Path) -> Iterator[BackupRecord]:
    """Yield the records; raise BackupError when the file is damaged or cut short, at the latest at its end."""
    frames = _frames(path)
    digest, records = sha256(), 0
    digest.update(_framed(next(frames)))  # the header
    before: bytes | None = None
    for frame in frames:
        if before is not None:  # the last frame is the end, and no record
            digest.update(_framed(before))
            records += 1
            yield _decoded(path, _record_decoder, before)
        before = frame
    end = _decoded(path, _end_decoder, before or b"")
    if (end.records, end.sha256) != (records, digest.hexdigest()):
        raise BackupError(f"{path} is damaged: its checksum is another one.")


def _frames(path: Path) -> Iterator[bytes]:
    """Yield the parts between the lengths, at least one; raise BackupError."""
    try:
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise BackupError(f"{path} is no backup of Runwatch.")
            with gzip.GzipFile(fileobj=file, mode="rb") as body:
                number = 0
                while length := body.read(_LENGTH_BYTES):
                    size = int.from_bytes(length, "big")
                    frame = body.read(size) if size <= _RECORD_MAX_BYTES else b""
                    if len(length) < _LENGTH_BYTES or len(frame) < size:
                        raise BackupError(f"{path} is cut short.")
                    number += 1
                    yield frame
                if not number:
                    raise BackupError(f"{path} is cut short.")
    except EOFError as error:
        raise BackupError(f"{path} is cut short.") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise BackupError(f"{path} is damaged: {error}.") from error
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}.") from error


def _decoded(path: Path, decoder: "msgspec.msgpack.Decoder[Value]", frame: bytes) -> Value:
    try:
        return decoder.decode(frame)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BackupError(f"{path} is damaged or cut short.") from error


def _framed(packed: bytes) -> bytes:
    return len(packed).to_bytes(_LENGTH_BYTES, "big") + packed


def _sync_directory(directory: Path) -> None:
    """Put the new name on the disk, too."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
