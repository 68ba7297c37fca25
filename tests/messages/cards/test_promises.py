"""What every card promises, asked of all of them at once."""

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.commands.declaration import LEAD_ON, MissingArgument
from bot.domain.approval import Approval, ApprovalDecision
from bot.domain.digest import BlindSpan, Digest
from bot.domain.drill import Drill, DrillFigures, DrillOutcome, DrillSummary
from bot.domain.errors import SourceFault
from bot.domain.exchange import Exchange
from bot.domain.flow import Window
from bot.domain.incident import IncidentState, StepReason
from bot.domain.mute import Mute
from bot.domain.obstacles import AlertObstacle, ObstacleKind
from bot.domain.outflow_curve import OutflowCurve
from bot.domain.place import Obstacle, Place, Platform
from bot.domain.place_export import PlaceExport
from bot.domain.place_import import ImportPlan, LeftOut, Omission
from bot.domain.place_settings import PlaceSetting, PlaceSettings
from bot.domain.reading import SourceHealth
from bot.domain.rehearsal import Rehearsal
from bot.domain.send_rate import SendRate
from bot.domain.setting_change import SettingChange, SettingEditor
from bot.domain.severity import Severity
from bot.domain.snapshot import ExchangeSnapshot, MissingPart
from bot.domain.status import BotStatus, StoredCounts
from bot.messages.cards.about import (
    command_card,
    help_card,
    introduction_card,
    status_card,
)
from bot.messages.cards.alert import incident_card, resolved_card
from bot.messages.cards.approval import (
    asked_here_card,
    asked_privately_card,
    decided_card,
    not_released_card,
    nothing_waits_card,
)
from bot.messages.cards.common import liabilities
from bot.messages.cards.comparison import beside_the_past_card, side_by_side_card
from bot.messages.cards.deliveries import followed_card, topic_notice
from bot.messages.cards.digest import digest_card
from bot.messages.cards.drills import drill_card, finished_card, forgotten_drills_card, requested_card
from bot.messages.cards.errors import apology, no_list_card, question_card, refusal, store_away_card
from bot.messages.cards.flows import flows_card
from bot.messages.cards.incident_list import incidents_card
from bot.messages.cards.obstacles import obstacle_notice
from bot.messages.cards.places import ClosedPlace, closed_card
from bot.messages.cards.porting import export_card, import_preview_card, imported_card, nothing_to_import_card
from bot.messages.cards.privacy import StoredHere, confirm_deletion_card, deleted_card, privacy_card, stored_card
from bot.messages.cards.ranking import RankBy, exchanges_card, top_card
from bot.messages.cards.rehearsal import nothing_to_rehearse_card, rehearsal_card
from bot.messages.cards.reserves import reserves_card
from bot.messages.cards.settings import setting_card, settings_card
from bot.messages.cards.start import proposal_card, start_card
from bot.messages.cards.subscription_list import ListedPlace, subscription_detail_card, subscriptions_card
from bot.messages.cards.subscriptions import subscribed_card
from bot.messages.cards.unsubscribed import restored_card, unsubscribed_card
from bot.messages.cards.welcome import private_answer_card, unknown_command_card, welcome_card, what_to_type_card
from bot.messages.cards.why import why_card
from bot.messages.documents import Document
from bot.messages.model import Message, Tone
from handlers import COMMANDS
from tests.builders import (
    BINANCE,
    CHAIN_MISSING,
    DAY,
    HERE,
    HOUR,
    NOON,
    flow,
    holding,
    incident,
    listing,
    majors,
    quiet_days,
    signal,
    subscription,
)
from tests.messages.cards.plain import said

HOSTILE = "*Bi_nan~ce* <i>|x|</i> [a](https://x.test) `c` @everyone & <@1>"
EXCHANGE = replace(BINANCE, name=HOSTILE)
SIGNAL = signal(-0.036, flows=[flow(-0.07, Window.WEEK), flow(-0.1, Window.MONTH, hold=CHAIN_MISSING)])
HEALTH = SourceHealth("defillama/binance", failing_since=NOON - HOUR, fault=SourceFault.TIMEOUT)
SNAPSHOT = ExchangeSnapshot(EXCHANGE, listing(EXCHANGE, inflow=-1e9), holding(60), SIGNAL, quiet_days(60), HEALTH)
PARTIAL_SNAPSHOT = replace(
    SNAPSHOT, missing=(MissingPart(HOSTILE, 2e9, NOON - HOUR),), last_complete=holding(62, at=NOON - 2 * HOUR)
)
LISTED_SNAPSHOT = ExchangeSnapshot(EXCHANGE, listing(EXCHANGE, inflow=-1e9))
INCIDENT = incident(seen=SIGNAL)
NAMES = {"binance": HOSTILE}
CURVE = OutflowCurve(HOSTILE, NOON - 2 * DAY, (0 * DAY, DAY, 2 * DAY), (0.0, -0.02, -0.05))
PAST_CURVE = replace(CURVE, title="FTX, November 2022", label="reconstruction from published figures")
REHEARSAL = Rehearsal(NOON - 90 * DAY, NOON, (INCIDENT,), {"binance": NOON - 40 * DAY}, "defillama", NOON)
DRILL = Drill("ann", "traders", NOON - HOUR)
DRILLS = DrillSummary((DrillFigures(4, HOUR, 1, 1),), 3, (("USDT", "TRON", DrillFigures(3, None, 0, 2)),))

OBSTACLE = AlertObstacle(ObstacleKind.PLATFORM, f"telegram: {HOSTILE}", "telegram")
STATUS = BotStatus(
    version="0",
    started_at=NOON,
    now=NOON,
    sources={"defillama/binance": HEALTH},
    exchanges=2,
    read=1,
    newest_readings={},
    platforms={Platform.TELEGRAM: "no answer"},
    stored=StoredCounts(0, {}, None, 0, {Obstacle.REMOVED: 2}, {Platform.TELEGRAM: SendRate(28.0, HOUR, HOSTILE)}),
    obstacles=(OBSTACLE,),
    misdirected=(HOSTILE,),
)

SETTINGS = PlaceSettings.from_fields({"quiet": "22:00-07:00", "digest": "weekly mon 08:00", "notices": "off"})
CHANGE = SettingChange(NOON, SettingEditor("7", HOSTILE), "quiet", "off", "22:00-07:00")
DIGEST = Digest(
    NOON - DAY,
    NOON,
    DAY,
    incidents=[INCIDENT],
    movers=[(EXCHANGE, flow(-0.02))],
    incomparable=2,
    closed=[(EXCHANGE, majors("BTC")[:1])],
    blind=[BlindSpan(NOON - 2 * HOUR, NOON)],
    left_out=NOON - DAY,
    source="defillama",
    as_of=NOON,
)

FIGURES: Mapping[str, Message] = {
    "digest": digest_card(DIGEST, NAMES),
    "reserves": reserves_card(SNAPSHOT, NOON),
    "reserves without a part": reserves_card(PARTIAL_SNAPSHOT, NOON),
    "flows without a part": flows_card(PARTIAL_SNAPSHOT, Window.DAY, NOON),
    "top without a part": top_card([PARTIAL_SNAPSHOT], RankBy.RESERVES, Window.DAY, NOON),
    "compared without a part": side_by_side_card(SNAPSHOT, PARTIAL_SNAPSHOT, NOON),
    "exchanges without a part": exchanges_card([listing(EXCHANGE)], [PARTIAL_SNAPSHOT], NOON),
    "reserves by the list": reserves_card(LISTED_SNAPSHOT, NOON),
    "flows": flows_card(SNAPSHOT, Window.DAY, NOON),
    "flows without": flows_card(SNAPSHOT, Window.THREE_DAYS, NOON),
    "top": top_card([SNAPSHOT], RankBy.OUTFLOW, Window.DAY, NOON),
    "exchanges": exchanges_card([listing(EXCHANGE)], [], NOON),
    "compared": side_by_side_card(SNAPSHOT, SNAPSHOT, NOON),
    "compared with the past": beside_the_past_card(SNAPSHOT, CURVE, PAST_CURVE, INCIDENT),
    "rehearsal": rehearsal_card("normal sensitivity", REHEARSAL, [INCIDENT], NAMES, left_out=3),
    "why": why_card(INCIDENT, HOSTILE),
    "incidents": incidents_card([INCIDENT], NAMES),
    "resolved": resolved_card(INCIDENT, HOSTILE),
    **{f"incident {step_reason}": incident_card(INCIDENT, HOSTILE, step_reason) for step_reason in StepReason},
    **{
        f"incident {severity}": incident_card(incident(severity, seen=SIGNAL), HOSTILE, StepReason.OPENED)
        for severity in Severity
    },
}
ELSEWHERE = Place(Platform.TELEGRAM, "7")
LISTED = ListedPlace(HERE, HERE, [subscription(usd=5e7, share=0.03), subscription(None)], NAMES)
PLAN = ImportPlan(
    HERE,
    SettingEditor("telegram:7"),
    added=(subscription(),),
    changed=((subscription("okx"), subscription("okx", usd=5e7)),),
    settings=(("quiet", "off", "22:00-07:00"),),
    mutes=(Mute(HERE, None, NOON, NOON + HOUR),),
    left_out=tuple(LeftOut(omission, "okx") for omission in Omission),
    kept=2,
)
STORED = StoredHere(PlaceExport(HERE, (subscription(), subscription(None))), has_trouble=True)
PROSE: Mapping[str, Message] = {
    "nothing known": reserves_card(ExchangeSnapshot(Exchange("x", HOSTILE)), NOON),
    "nothing to rank": top_card([], RankBy.INFLOW, Window.WEEK, NOON),
    "no curve": beside_the_past_card(SNAPSHOT, None, PAST_CURVE, None),
    "nothing to rehearse": nothing_to_rehearse_card([HOSTILE]),
    "no list": exchanges_card([], [], NOON),
    "no incidents": incidents_card([], NAMES, about=HOSTILE),
    "subscribed": subscribed_card(subscription(usd=5e7, share=0.03, mention="here"), HOSTILE, ("Send Messages",)),
    "subscribed to all": subscribed_card(subscription(None), None, ()),
    "unsubscribed": unsubscribed_card(Exchange("hostile", HOSTILE), 1),
    "unsubscribed from all": unsubscribed_card(None, 2, everything=True),
    "nothing to cancel": unsubscribed_card(None, 0, everything=True),
    "restored": restored_card([subscription(), subscription(None)], NAMES),
    "subscriptions": subscriptions_card(replace(LISTED, paused_because="the bot was removed")),
    "subscriptions of another place": subscriptions_card(replace(LISTED, here=ELSEWHERE)),
    "unwatched subscription": subscriptions_card(replace(LISTED, unwatched=frozenset({"binance"}))),
    "no subscriptions": subscriptions_card(replace(LISTED, subscriptions=())),
    "a subscription": subscription_detail_card(LISTED, "binance", can_be_critical=True),
    "no own subscription": subscription_detail_card(LISTED, "okx", can_be_critical=True),
    "help": help_card((command.usage, command.description, command.access) for command in COMMANDS),
    "a command": command_card("/x", "Do", (("a", "An a", ("b", "c")), ("d", "A d", ()))),
    "privacy": privacy_card(),
    "stored here": stored_card(STORED, NAMES, here=HERE),
    "stored there": stored_card(STORED, NAMES, here=ELSEWHERE),
    "deletion": confirm_deletion_card(STORED, "1f3a09bc", here=ELSEWHERE),
    "deleted": deleted_card(STORED, drills=2),
    "drill": drill_card(Exchange("x", HOSTILE), "USDT", "TRON", None),
    "drill with results": drill_card(Exchange("x" * 30, "X"), "USDT", "ETHEREUM", DRILLS),
    "drill under way": requested_card(Exchange("x" * 30, HOSTILE), DRILL),
    "drill refused": finished_card(HOSTILE, replace(DRILL, outcome=DrillOutcome.REFUSED)),
    "drills forgotten": forgotten_drills_card(2),
    "settings": settings_card(SETTINGS, [CHANGE], NOON, changed=CHANGE),
    **{f"setting {setting}": setting_card(setting, SETTINGS, NOON) for setting in PlaceSetting},
    "asked in private": asked_privately_card(Message(HOSTILE), "INC-8", "-1001234567890"),
    "asked in the place": asked_here_card("INC-8"),
    "nothing waits": nothing_waits_card("INC-8"),
    "not released": not_released_card("INC-8"),
    "discarded": decided_card("INC-8", Approval(Severity.SEVERE, NOON, decision=ApprovalDecision.DISCARD, by=HOSTILE)),
    "answers are private": private_answer_card("https://t.me/RunwatchBot?start=reserves_okx"),
    "digest of nothing": digest_card(Digest(NOON - DAY, NOON, DAY, subscribed=False), {}),
    "export": export_card(PlaceExport(HERE, (subscription(),)), Document("a.json", "{}")),
    "import preview": import_preview_card(PLAN, NAMES, "1f3a09bc", here=ELSEWHERE, origin=ELSEWHERE),
    "imported": imported_card(PLAN, NAMES, here=HERE),
    "nothing to import": nothing_to_import_card(PLAN, NAMES),
    "refusal": refusal(HOSTILE),
    "missing": question_card("Which?", HOSTILE, ((HOSTILE, "reserves binance"),)),
    "store away": store_away_card(),
    "apology": apology("0123abcd"),
    "unknown command": unknown_command_card(HOSTILE, ("reserves",)),
    "what to type": what_to_type_card(),
    "welcome": welcome_card(),
    "start": start_card(Exchange("x", HOSTILE)),
    "start without a list": start_card(None),
    "proposal": proposal_card("subscribe binance severe"),
    "obstacles": obstacle_notice([OBSTACLE], [OBSTACLE], [OBSTACLE, OBSTACLE]),
    "obstacles are over": obstacle_notice([], [OBSTACLE], []),
    "list that cannot be fetched": no_list_card(SourceHealth("defillama/cexs", fault=SourceFault.UNREACHABLE)),
    "introduction": introduction_card("Binance", "reconstruction", NOON, NOON + HOUR),
    "status": status_card(STATUS, for_owner=True),
    "status for members": status_card(STATUS),
    "followed": followed_card(Message(HOSTILE), Severity.SEVERE, NOON),
    "topic closed": topic_notice(Obstacle.TOPIC_CLOSED),
    "topic deleted": topic_notice(Obstacle.TOPIC_DELETED),
    "switched off": closed_card([ClosedPlace(HOSTILE, Obstacle.REFUSED, HOSTILE)]),
}  # fmt: skip
CARDS = {**FIGURES, **PROSE}

every_card = pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
every_figure = pytest.mark.parametrize("card", FIGURES.values(), ids=FIGURES)

ADVICE = re.compile(
    r"\b(insolven\w*|bankrupt\w*|collaps\w*|(un)?safe\w*|panic\w*|scam\w*|fraud\w*|bullish|bearish|buy|sell|"
    r"you (should|must)|recommend\w*|advise?|withdraw (now|your)|danger\w*|crash\w*|bank run)\b",
    re.IGNORECASE,
)


@every_card
def test_no_card_gives_advice_or_uses_a_loud_word(card: Message) -> None:
    assert not ADVICE.search(said(card).replace(HOSTILE, ""))


@every_figure
def test_every_figure_says_its_source_and_its_age(card: Message) -> None:
    assert "DefiLlama" in said(replace(card, title="", lines=(), fields=(), table=None))
    assert any(span.at and (span.relative or span.live) for span in card.footer)


@every_figure
def test_every_figure_says_once_that_what_is_owed_is_not_included(card: Message) -> None:
    if card is not FIGURES["resolved"]:  # an answer under the message that says so
        assert liabilities() in said(card)


@every_card
def test_names_from_outside_are_shown_as_they_are(card: Message) -> None:
    assert said(card).count("<i>") == said(card).count(HOSTILE)
    assert not any(HOSTILE in action.command for action in card.actions)


@every_card
def test_every_button_is_a_command_the_bot_can_answer(card: Message) -> None:
    for action in card.actions:
        name, _, words = action.command.partition(" ")
        command = COMMANDS.get(name)
        assert command
        if words.endswith(LEAD_ON):
            with pytest.raises(MissingArgument):  # it leads on to the next question
                command.read_words(words)
        else:
            command.read_words(words)
        assert len(action.command.encode()) <= 64


@every_card
def test_every_card_has_a_title_and_no_empty_line(card: Message) -> None:
    assert card.title
    assert all(any(span.text or span.at for span in line) for line in card.lines)
    assert card.table is None or all(len(row) == len(card.table.header) for row in card.table.rows)


@every_card
def test_nothing_pings_by_itself(card: Message) -> None:
    assert card.mention is None


@pytest.mark.parametrize("severity", Severity)
def test_icon_and_word_tell_the_severity(severity: Severity) -> None:
    card = FIGURES[f"incident {severity}"]
    word = "unusual" if severity is Severity.WATCH else str(severity)

    assert word in card.title
    assert card.tone is Tone(severity)
    assert len({FIGURES[f"incident {each}"].tone.icon for each in Severity}) == len(Severity)


def test_only_mild_and_closed_incidents_are_silent() -> None:
    silent = {severity for severity in Severity if FIGURES[f"incident {severity}"].silent}
    resolved = incident_card(replace(INCIDENT, state=IncidentState.RESOLVED), "Binance", StepReason.RESOLVED)

    assert silent == {Severity.WATCH}
    assert resolved.silent
    assert FIGURES["resolved"].silent
