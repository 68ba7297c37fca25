"""What `runwatch check` found out, a sentence each."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one check; a problem lets the command exit with 1."""

    sentence: str
    is_problem: bool = False
