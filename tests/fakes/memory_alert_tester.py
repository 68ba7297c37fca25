"""A tester of places that sends nothing, for tests."""

from dataclasses import dataclass, field

from typing_extensions import override

from bot.domain.alert_tests import AlertTestOutcome, AlertTestResult
from bot.domain.place import Place
from bot.language.translation import language_code
from bot.ports.alert_tests import AlertTester


@dataclass
class MemoryAlertTester(AlertTester):
    """Says what `result` says; `asked` has where a test was sent, with which mention, `languages` in which language."""

    result: AlertTestResult = AlertTestResult(AlertTestOutcome.ARRIVED, 0.5)  # noqa: RUF009 — frozen
    asked: list[tuple[Place, str | None]] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)

    @override
    async def run(self, place: Place, *, mention: str | None = None) -> AlertTestResult:
        self.asked.append((place, mention))
        self.languages.append(language_code())
        return self.result
