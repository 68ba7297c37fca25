"""What a child may use is bounded by the kernel."""

import subprocess
import sys

import pytest

from bot.child_process.spawning import child_command, child_environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="has no such limits")


def run(code: str) -> subprocess.CompletedProcess[str]:
    given = f"from bot.child_process.resource_limits import *; import resource\n{code}"
    return subprocess.run(  # noqa: S603 — our own interpreter and words
        child_command(given), env=child_environment(), capture_output=True, text=True, check=False, timeout=60
    )


def test_memory_beyond_the_limit_is_not_given() -> None:
    ended = run("limit_resources(memory_bytes=1 << 28, cpu_s=20); bytes(1 << 29)")
    assert "MemoryError" in ended.stderr


def test_processor_time_is_allowed_anew_and_never_beyond_what_the_process_was_started_with() -> None:
    code = """
resource.setrlimit(resource.RLIMIT_CPU, (1000, 1000))
limit_resources(memory_bytes=1 << 30, cpu_s=2)
print(resource.getrlimit(resource.RLIMIT_CPU)[0])
allow_cpu_s(30)
print(resource.getrlimit(resource.RLIMIT_CPU)[0] in (31, 32))
allow_cpu_s(5000)
print(resource.getrlimit(resource.RLIMIT_CPU))
"""
    assert run(code).stdout.split("\n")[:3] == ["2", "True", "(1000, 1000)"]
