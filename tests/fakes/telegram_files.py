"""Files that people and the bot send on the fake Telegram: what is kept of them, and how they are fetched.

https://core.telegram.org/bots/api#senddocument, https://core.telegram.org/bots/api#getfile
"""

from hashlib import blake2b

from tests.fakes.telegram_markup import bad_request

MAX_UPLOAD_BYTES = 50 << 20
MAX_DOWNLOAD_BYTES = 20 << 20


class Files:
    """The files by their ids; `paths` are those that getFile has named, `missing` those at which there is nothing."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self.paths: dict[str, str] = {}
        self.missing: set[str] = set()

    def keep(self, content: bytes) -> str:
        """Keep a file and return its id."""
        if not content:
            raise bad_request("file must be non-empty")
        if len(content) > MAX_UPLOAD_BYTES:
            raise bad_request("file is too big")
        file_id = f"BQACAgQ{blake2b(content, digest_size=16).hexdigest()}"
        self.contents[file_id] = content
        return file_id

    def name(self, file_id: str) -> dict[str, object]:
        """Return the API's File, with the path it can be fetched from for an hour."""
        if file_id not in self.contents:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        content = self.contents[file_id]
        if len(content) > MAX_DOWNLOAD_BYTES:
            raise bad_request("file is too big")
        path = self.paths.setdefault(file_id, f"documents/file_{len(self.paths)}.json")
        return {"file_id": file_id, "file_unique_id": file_id[-8:], "file_size": len(content), "file_path": path}

    def content_at(self, path: str) -> bytes | None:
        """Return the file at a path that getFile has named."""
        if path in self.missing:
            return None
        return next((self.contents[file_id] for file_id, named in self.paths.items() if named == path), None)
