"""Severities and tones in a word, in the language in force: within sentences, beside figures and behind a title."""

from bot.domain.severity import Severity
from bot.language.translation import marked, tr
from bot.messages.model import Tone

_WORDS = {
    Severity.WATCH: marked("watch"),
    Severity.ELEVATED: marked("elevated"),
    Severity.SEVERE: marked("severe"),
    Severity.CRITICAL: marked("critical"),
}
_SEVERITIES = {
    Tone.WATCH: Severity.WATCH,
    Tone.ELEVATED: Severity.ELEVATED,
    Tone.SEVERE: Severity.SEVERE,
    Tone.CRITICAL: Severity.CRITICAL,
}


def severity_word(severity: Severity) -> str:
    """Return a severity as it is written within a sentence, and beside figures."""
    return tr(_WORDS[severity])


def tone_word(tone: Tone) -> str | None:
    """Return the word for a tone that a title has to name, a severity or that figures are held; None for others."""
    if tone is Tone.HELD:
        # Translators: behind a title: nothing is concluded from its figures for now.
        return tr("held")
    return severity_word(_SEVERITIES[tone]) if tone in _SEVERITIES else None
