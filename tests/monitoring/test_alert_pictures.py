"""Which alerts have a picture, which one, and that none waits for it or is lost with it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bot.domain.errors import StorageError
from bot.domain.exchange import Exchange
from bot.domain.incident import Incident, Step, StepReason
from bot.domain.outflow_curve import OutflowCurve
from bot.domain.severity import Severity
from bot.domain.signal import Rule
from bot.domain.snapshot import ExchangeSnapshot
from bot.language import translation
from bot.messages.model import Message
from bot.messages.pictures import PictureKind
from bot.monitoring import alert_pictures
from bot.monitoring.alert_pictures import AlertPictures, DigestPictures
from bot.ports.outbox import Alert, DeliveryKind
from tests.builders import BINANCE, DAY, HERE, NOON, OKX, flow, holding, incident, quiet_days, signal
from tests.clocks import in_simulated_time
from tests.delivery.recording_chat import CLOSE, EDIT, POST, REPLY, alert

CURVE = OutflowCurve("Binance", NOON - DAY, (0 * DAY, DAY), (0.0, -0.2))
FTX = OutflowCurve("FTX, November 2022", NOON - 30 * DAY, (0 * DAY, DAY), (0.0, -0.3))
SNAPSHOT = ExchangeSnapshot(BINANCE, None, holding(58), signal(None, flows=[flow(-0.2)]), quiet_days())
SEVERE = replace(incident(), severity=Severity.SEVERE)


class Facts:
    """What pictures are made of, after so many seconds."""

    def __init__(self, *, curve: OutflowCurve | None = CURVE, past_after_s: float = 0.0) -> None:
        self.curve = curve
        self.past_after_s = past_after_s
        self.snapshot: ExchangeSnapshot | None = SNAPSHOT
        self.asked = 0
        self.failure: Exception | None = None

    async def outflow_curve(self, exchange: Exchange, about: Incident) -> OutflowCurve | None:
        if self.failure:
            raise self.failure
        return self.curve

    async def past_runs(self) -> Sequence[OutflowCurve]:
        self.asked += 1
        await asyncio.sleep(self.past_after_s)
        self.past_after_s = 0.0
        return [FTX]

    def pictures(self) -> AlertPictures:
        return AlertPictures(
            snapshot=lambda _: self.snapshot, outflow_curve=self.outflow_curve, past_runs=self.past_runs
        )


def told(kind: DeliveryKind = POST, language: str = "en") -> Alert:
    return replace(alert("told", HERE, now=NOON, kind=kind), message=Message("told", language=language))


async def kinds(
    facts: Facts, about: Incident | None = SEVERE, reason: StepReason = StepReason.OPENED
) -> list[PictureKind | None]:
    """Return the pictures that the alerts of a step get: a post, an edit, a last edit and an answer."""
    alerts = [told(kind) for kind in (POST, EDIT, CLOSE, REPLY)]
    illustrated = await facts.pictures().illustrated(Step(about, reason), alerts)
    return [given.picture.kind if given.picture else None for given in illustrated]


@pytest.mark.parametrize("reason", [StepReason.OPENED, StepReason.CONFIRMED, StepReason.ESCALATED])
@pytest.mark.parametrize("severity", [Severity.SEVERE, Severity.CRITICAL])
async def test_the_post_of_a_severe_outflow_has_its_run(reason: StepReason, severity: Severity) -> None:
    about = replace(SEVERE, severity=severity)
    assert await kinds(Facts(), about, reason) == [PictureKind.RUN, None, None, None]


async def test_without_a_run_to_compare_it_has_the_flows() -> None:
    assert (await kinds(Facts(curve=None)))[0] is PictureKind.FLOWS


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        (replace(SEVERE, severity=Severity.ELEVATED), StepReason.OPENED),
        (SEVERE, StepReason.UPDATED),
        (SEVERE, StepReason.RESOLVED),
        (replace(SEVERE, rule=Rule.MARKET_WIDE), StepReason.OPENED),
        (replace(SEVERE, rule="withdrawals"), StepReason.OPENED),
        (None, StepReason.NOTHING),
    ],
)
async def test_nothing_else_has_one(about: Incident | None, reason: StepReason) -> None:
    facts = Facts()
    assert await kinds(facts, about, reason) == [None] * 4
    assert facts.asked == 0


async def test_a_picture_is_in_the_language_of_its_alert(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translation, "_catalogue", lambda _: None)
    alerts = [told(), told(language="ru")]
    illustrated = await Facts().pictures().illustrated(Step(SEVERE, StepReason.OPENED), alerts)
    assert [given.picture.headline for given in illustrated if given.picture] == [
        "−20.0 % of reserves in 24 h", "−20,0 % of reserves in 24 h",
    ]  # fmt: skip


@in_simulated_time
async def test_an_alert_waits_a_second_for_past_runs_and_later_ones_have_them() -> None:
    facts = Facts(past_after_s=5.0)
    pictures, step = facts.pictures(), Step(SEVERE, StepReason.OPENED)
    began = asyncio.get_running_loop().time()
    (first,) = await pictures.illustrated(step, [told()])
    (second,) = await pictures.illustrated(step, [told()])
    assert asyncio.get_running_loop().time() - began == pytest.approx(1.0)
    await asyncio.sleep(61)
    (third,) = await pictures.illustrated(step, [told()])
    assert [given.picture.kind for given in (first, second, third) if given.picture] == [
        PictureKind.FLOWS, PictureKind.FLOWS, PictureKind.RUN,
    ]  # fmt: skip


@pytest.mark.parametrize("failure", [StorageError("the store is away"), ZeroDivisionError("a fault of ours")])
async def test_an_alert_is_not_lost_with_its_picture(failure: Exception) -> None:
    facts = Facts()
    facts.failure = failure
    with capture_logs() as logs:
        assert await kinds(facts) == [None] * 4
    assert [log["event"] for log in logs] == ["alert goes out without a picture"]


async def test_of_an_exchange_that_nothing_is_known_of_there_is_no_picture() -> None:
    facts = Facts()
    facts.snapshot = None
    assert await kinds(facts) == [None] * 4


def test_a_digest_has_the_flows_of_what_moved_most() -> None:
    digest = told(EDIT)
    movers = [(BINANCE, flow(-0.2)), (OKX, flow(0.01))]
    begun = incident(seen=signal(at=NOON - 5 * DAY))
    market = replace(begun, rule=Rule.MARKET_WIDE, number=9)
    picture = DigestPictures([SNAPSHOT], [begun, market]).illustrated(digest, movers).picture
    assert picture
    assert picture.title == "Binance · net flow a day · 30 d"
    assert [band.name for band in picture.bands if not band.is_vertical] == ["INC-42 since 8 Dec"]


def test_a_digest_of_nothing_has_no_picture() -> None:
    digest = told(EDIT)
    pictures = DigestPictures([SNAPSHOT], [])
    assert pictures.illustrated(digest, []) == digest
    assert pictures.illustrated(digest, [(OKX, flow(0.01))]) == digest


def test_digests_of_the_same_mover_and_language_share_a_picture() -> None:
    pictures, movers = DigestPictures([SNAPSHOT], []), [(BINANCE, flow(-0.2))]
    first, second, spanish = (
        pictures.illustrated(told(EDIT, language=language), movers).picture for language in ("en", "en", "es")
    )
    assert first is second
    assert spanish
    assert spanish.language == "es"


def test_a_digest_is_not_lost_with_its_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> Message:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr(alert_pictures, "flows_chart_card", crash)
    digest = told(EDIT)
    with capture_logs() as logs:
        assert DigestPictures([SNAPSHOT], []).illustrated(digest, [(BINANCE, flow(-0.2))]) == digest
    assert [log["event"] for log in logs] == ["digest goes out without a picture"]
