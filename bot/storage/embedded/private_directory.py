"""Keeps the directory of the private server private: 0700, and 0600 every file in it, whatever they were before.

What is kept there names chats and people. A directory made by hand with the usual umask, or by an older program, may
be read by every user of the machine. Only files that Runwatch and its server make are changed: DATA_DIR may be a
directory that holds other things as well.
"""

import os
import pwd
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import structlog

from bot.domain.errors import ConfigurationError

log = structlog.get_logger(__name__)

_DIRECTORY_MODE, _FILE_MODE = 0o700, 0o600
# appendonlydir is written by servers from 7.0 on, appendonly.aof by older ones.
_OWN_FILES = ("lock", "appendonly.aof*", "appendonlydir/*", "temp-*", "dump.rdb", "*.cut-at-*", "subscriptions.json*")
_OWN_DIRECTORIES = ("appendonlydir",)
# Directories that other users and programs need open: https://refspecs.linuxfoundation.org/FHS_3.0/fhs-3.0.html, and
# those of macOS. A container's user may be root, and `chmod 0700 /` would keep everybody else from starting anything.
_OF_THE_SYSTEM = frozenset(
    Path(name)
    for name in (
        *("/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/media", "/mnt", "/opt", "/proc", "/run"),
        *("/sbin", "/srv", "/sys", "/usr", "/usr/local", "/usr/share", "/var", "/var/cache", "/var/lib", "/var/log"),
        *("/var/opt", "/var/spool", "/Applications", "/Library", "/System", "/Users", "/Volumes", "/private"),
        *("/private/etc", "/private/var"),
    )
)


def make_private(directory: Path) -> None:
    """Make the directory where it is missing, and close it to everybody else; raise ConfigurationError.

    One that belongs to another user, but may be written to, stays as it is: that is logged.
    """
    check_usable(directory)
    _close(directory, _DIRECTORY_MODE)
    for path in _own_paths(directory):
        _close(path, _DIRECTORY_MODE if path.is_dir() else _FILE_MODE)
        if not os.access(path, os.R_OK | os.W_OK):
            raise refused(path)


def check_usable(directory: Path) -> None:
    """Make the directory where it is missing; raise ConfigurationError where no data can or should be kept in it."""
    if directory.resolve() in _OF_THE_SYSTEM:
        raise ConfigurationError(
            f"DATA_DIR {directory} is a directory of the system, which others need: name one in it, such as "
            f"{directory / 'runwatch'}."
        )
    try:
        directory.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
        mode = directory.stat().st_mode
    except OSError as error:
        raise ConfigurationError(f"DATA_DIR {directory} cannot be made: {error.strerror}.") from error
    if not os.access(directory, os.W_OK | os.X_OK):
        raise ConfigurationError(
            f"DATA_DIR {directory} cannot be written to{_owned_by_another(directory)}: start Runwatch as that user, or "
            "name another directory."
        )
    if mode & stat.S_ISVTX:  # /tmp and the like: closing it would take it away from everybody else
        raise ConfigurationError(
            f"DATA_DIR {directory} is shared by all users; name a directory in it, or another one."
        )


def refused(path: Path) -> ConfigurationError:
    """Return the error for a file that this user may not open, most often left by a bot of another user."""
    return ConfigurationError(
        f"{path} cannot be opened{_owned_by_another(path)}: start Runwatch as that user, or give this one another "
        "DATA_DIR."
    )


def _own_paths(directory: Path) -> Iterator[Path]:
    for name in (*_OWN_DIRECTORIES, *_OWN_FILES):
        yield from (path for path in directory.glob(name) if not path.is_symlink())


def _close(path: Path, mode: int) -> None:
    try:
        if stat.S_IMODE(path.stat().st_mode) & ~mode:
            path.chmod(mode)
    except FileNotFoundError:  # the server has finished with it meanwhile
        return
    except OSError as error:
        log.warning("others may read the data", path=str(path), reason=error.strerror)


def _owned_by_another(path: Path) -> str:
    """Return `, because it belongs to root`, or "" where it is one's own or nobody can tell."""
    with suppress(OSError, KeyError):
        owner = path.stat().st_uid
        if owner != os.geteuid():
            return f", because it belongs to {_name_of(owner)}"
    return ""


def _name_of(user: int) -> str:
    with suppress(KeyError):
        return pwd.getpwuid(user).pw_name
    return f"the user {user}"
