"""The messages of docs/gallery.md: what the whole bot says while it lives through three episodes, and a few besides.

Questions are asked twice, in a group on Telegram and in a channel on Discord, because a few answers differ. What no
episode brings about (a lost place, drills of members) is made by the same cards from invented figures, and says so.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial

from bot.alerting.opening import open_incident
from bot.detection.proofs import ProofsOfReserves
from bot.domain.alert_tests import AlertTestOutcome, AlertTestResult
from bot.domain.approval import Approval, ApprovalDecision
from bot.domain.digest import Digest
from bot.domain.drill import Drill, DrillFigures, DrillOutcome, DrillSummary, PressResult
from bot.domain.exchange import Exchange
from bot.domain.flow import Window
from bot.domain.incident import Incident, IncidentState, StepReason
from bot.domain.mute import MissedIncident, Mute
from bot.domain.obstacles import AlertObstacle, ObstacleKind
from bot.domain.place import Obstacle
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Rule
from bot.inclusion_proofs.result import Balance, Caution, Fault, InclusionProof, Scheme
from bot.messages.cards.alert import incident_card, resolved_card
from bot.messages.cards.alert_tests import (
    alert_test_card,
    alert_test_end_card,
    alert_test_result_card,
    alert_test_update_card,
)
from bot.messages.cards.approval import asked_here_card, asked_privately_card, decided_card, not_released_card
from bot.messages.cards.deliveries import followed_card, topic_notice
from bot.messages.cards.digest import digest_card
from bot.messages.cards.drills import drill_card, finished_card, refused_press, requested_card
from bot.messages.cards.errors import apology, crowded_card, refusal, store_away_card
from bot.messages.cards.inclusion_proof import how_to_verify_card, inclusion_proof_card
from bot.messages.cards.mutes import missed_card
from bot.messages.cards.obstacles import obstacle_notice
from bot.messages.cards.places import ClosedPlace, closed_card
from bot.messages.cards.proofs import proof_card
from bot.messages.cards.start import proposal_card, start_card
from bot.messages.cards.welcome import (
    private_answer_card,
    private_command_card,
    unknown_command_card,
    welcome_card,
    what_to_type_card,
)
from bot.replay.episodes.catalogue import find_episode
from bot.sources.proofs.curated import curated_proofs
from docs.gallery_replay import GROUP, LARGEST_STEP, MessageCollection, Replay, ShownMessage, replay_of

INVENTED = "figures are invented"
NO_FIGURES = ""
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


async def collect() -> dict[str, ShownMessage]:
    """Return every message of the gallery; it takes about three minutes."""
    collection = MessageCollection()
    await _binance(collection)
    await _ftx(collection)
    await _market_wide(collection)
    _proofs(collection)
    _invented(collection)
    _without_figures(collection)
    return collection.messages


async def _binance(collection: MessageCollection) -> None:
    """Live through Binance, December 2022: nearly all questions, and an alert from its first post to its end."""
    episode = find_episode("binance-2022").staged()
    start = datetime(2022, 12, 12, 18, tzinfo=UTC)
    async with replay_of(episode, start, collection, ("gate", "kucoin", "bitfinex", "kraken", "ftx")) as replay:
        await replay.pass_time(_HOUR)
        _digest(replay, "digest, calm", ())
        incident = await replay.until(_opens, "binance")
        replay.alert("alert", incident, StepReason.OPENED)
        incident = await replay.until(lambda found: found.severity is Severity.ELEVATED, "binance")
        replay.alert("escalation", incident, StepReason.ESCALATED, replies_to="alert")
        await replay.pass_time(4 * _HOUR)
        await _questions(replay)
        await _moderation(replay)
        await _porting(replay)
        await replay.until(lambda found: found.is_frozen, "binance")
        frozen = await replay.until(lambda found: found.is_frozen, "binance")
        replay.alert("alert on hold", frozen, StepReason.UPDATED)
        await replay.ask("answer without a part", "/reserves binance")
        notice = await replay.until(lambda found: found.rule == Rule.DATA, "binance")
        replay.alert("data notice", notice, StepReason.OPENED)
        label = notice.label
        notice = await replay.until(lambda found: found.label == label and not _is_open(found), "binance")
        replay.alert("data notice, over", notice, StepReason.RESOLVED)
        _digest(replay, "digest", await replay.application.store.incidents.recent(9, subject="binance"))
        label = incident.label
        over = await replay.until(
            lambda found: found.label == label and not _is_open(found), "binance", step=LARGEST_STEP
        )
        replay.alert("alert, over", over, StepReason.RESOLVED)
        collection.add("alert, reply at its end", resolved_card(over, "Binance"), replay.clock.now(), replay.figures)
        collection.reply("alert, reply at its end", "alert, over")
        _missed(replay, over)


def _opens(incident: Incident) -> bool:
    return _is_open(incident) and incident.number > 0


def _is_open(incident: Incident) -> bool:
    return incident.state is IncidentState.OPEN


def _digest(replay: Replay, name: str, incidents: Sequence[Incident]) -> None:
    """Take the daily digest of a place that has subscribed to everything."""
    now, snapshots = replay.clock.now(), replay.application.latest.snapshots()
    flows = {
        snapshot.exchange: flow
        for snapshot in snapshots
        if snapshot.signal
        for flow in snapshot.signal.flows
        if flow.window is Window.DAY and flow.hold is None
    }
    readings = [snapshot.reading for snapshot in snapshots if snapshot.reading]
    digest = Digest(
        now - _DAY,
        now,
        _DAY,
        incidents=incidents,
        movers=sorted(flows.items(), key=lambda mover: -abs(mover[1].share)),
        incomparable=len(snapshots) - len(flows),
        source=readings[0].source,
        as_of=max(reading.as_of for reading in readings),
    )
    replay.collection.add(name, digest_card(digest, replay.names), now, replay.figures)


def _missed(replay: Replay, incident: Incident) -> None:
    """Take what a place reads that was muted while an incident went on."""
    now = replay.clock.now()
    mute = Mute(GROUP, "binance", now - 12 * _HOUR, now)
    found = MissedIncident(f"{incident.label}:normal", "binance", incident.peak)
    card = missed_card((mute,), ((found, incident),), replay.names)
    replay.collection.add("what was missed", card, now, replay.figures)


async def _questions(replay: Replay) -> None:
    questions = (
        "/reserves binance", "/flows binance", "/top", "/exchanges", "/compare binance okx",
        "/compare binance ftx-2022", "/chart binance reserves", "/chart binance flows", "/chart binance composition",
        "/chart binance run", "/incidents", "/why INC-1", "/why INC-1 details", "/stress", "/stress bitfinex",
        "/withdrawals", "/status", "/help", "/help subscribe", "/privacy", "/withdrawals gate", "/news gate",
    )  # fmt: skip
    await replay.application.withdrawal_poller.fetch(replay.application.exchanges_asked_about_withdrawals())
    await replay.application.examine_for(())
    await replay.application.examine_for(("bitfinex",))
    for question in questions:
        await replay.ask(question, question)
    await replay.ask("unknown exchange", "/reserves binanse")
    await replay.ask("missing argument", "/reserves")


def _proofs(collection: MessageCollection) -> None:
    """Show proofs of reserves as they were published: Binance's as it is read, the others from the table."""
    now, table = datetime(2026, 4, 23, 14, 5, tzinfo=UTC), curated_proofs()
    read = replace(table["binance"], as_of=date(2026, 4, 1), ratios_of="", read_at=now - 2 * _HOUR)
    for proof in (read, table["bybit"], table["crypto-com"]):
        question = f"/por {proof.exchange}"
        exchange = Exchange(proof.exchange, proof.name)
        collection.add(question, proof_card(exchange, proof, now), now, "as published", asked=question)
    late = replace(read, read_at=datetime(2026, 5, 13, tzinfo=UTC))
    source = ProofsOfReserves()
    signal = source.signal(source.update(source.initial_state(), [late]), late.exchange, now + 20 * _DAY)
    if signal is None:
        raise SystemExit("a proof that was read has no signal")
    graded = source.grade(signal, Sensitivity.NORMAL)
    incident = open_incident(graded, now + 20 * _DAY, Sensitivity.NORMAL, confirmed=True).incident
    if incident:
        card = incident_card(replace(incident, number=9), late.name, StepReason.OPENED)
        collection.add("alert about a late proof", card, now + 20 * _DAY, INVENTED)


async def _moderation(replay: Replay) -> None:
    commands = (
        "/subscribe all", "/subscribe binance early severe $50M 3%", "/subscriptions", "/subscriptions binance",
        "/settings", "/settings quiet", "/settings quiet 22:00-07:00", "/settings timezone Europe/Paris",
        "/settings digest daily 08:00", "/mute binance 4h", "/mute", "/unmute binance", "/rehearse early binance",
        "/unsubscribe binance",
    )  # fmt: skip
    for command in commands:
        await replay.ask(command, command)
    await replay.ask("/hold", '/hold okx "their wallet list is being rebuilt"', who="owner")
    await replay.ask("question while paused", "/reserves okx")
    await replay.ask("/release", "/release okx", who="owner", before="/hold okx")
    await replay.ask("refusal", "/mute binance 4h", who="member", button="Mute 4 h")
    await replay.ask("impossible setting", "/subscribe okx $900B")


async def _porting(replay: Replay) -> None:
    """Export on both platforms, then import what the other one has."""
    await replay.ask("/subscribe okx calm", "/subscribe okx calm")
    await replay.ask("/export", "/export")
    exported = replay.collection.messages["/export"]
    documents = tuple(message.document for message in (exported.discord, exported.telegram) if message)
    await replay.ask("/unsubscribe okx", "/unsubscribe okx")
    await replay.ask("/settings digest off", "/settings digest off")
    if not all(documents):
        raise SystemExit("an export brings no file any more")
    await replay.ask("/import", "/import", documents=tuple(filter(None, documents)))
    await replay.ask("/privacy show", "/privacy show")
    await replay.ask("/privacy delete", "/privacy delete")


async def _ftx(collection: MessageCollection) -> None:
    """Live through FTX, November 2022, up to where doors are closed: critical."""
    episode = find_episode("ftx-2022")
    async with replay_of(episode, datetime(2022, 11, 7, 12, tzinfo=UTC), collection, ("ftx",)) as replay:
        severe = await replay.until(lambda found: found.severity is Severity.SEVERE, "ftx")
        replay.alert("severe alert", severe, StepReason.OPENED)
        critical = await replay.until(lambda found: found.severity is Severity.CRITICAL, "ftx")
        replay.alert("critical alert", critical, StepReason.ESCALATED, replies_to="severe alert")
        await replay.pass_time(2 * _HOUR)
        closed = [
            incident
            for incident in await replay.application.store.incidents.recent(9, subject="ftx")
            if incident.source_rule not in {Rule.OUTFLOW, Rule.DATA}
        ]
        if closed:
            replay.alert("closed withdrawals", closed[0], StepReason.OPENED)
        await replay.ask("/withdrawals of a closed door", "/withdrawals ftx")
        await replay.ask("/why of a critical one", f"/why {critical.label}")
        now = replay.clock.now()
        first = incident_card(severe, "FTX", StepReason.OPENED, replay.names)
        question = asked_privately_card(first, severe.label, "@traders")
        collection.add("approval, asked in private", question, severe.announced_at, replay.figures)
        later = followed_card(first, critical.severity, critical.announced_at)
        collection.add("alert, followed by a newer one", later, now, replay.figures)


async def _market_wide(collection: MessageCollection) -> None:
    """Live through two days in which four invented exchanges lose money."""
    episode = find_episode("market-wide")
    async with replay_of(episode, datetime(2024, 5, 5, 0, tzinfo=UTC), collection, ()) as replay:
        incident = await replay.until(lambda found: found.rule == Rule.MARKET_WIDE, "market", step=LARGEST_STEP)
        replay.alert("market-wide alert", incident, StepReason.OPENED)
        await replay.ask("/top of a market-wide outflow", "/top")


def _invented(collection: MessageCollection) -> None:
    """Make what needs people, or a place that went wrong."""
    now = datetime(2022, 12, 13, 14, 30, tzinfo=UTC)
    add = partial(collection.add, now=now, figures=INVENTED)
    binance = Exchange("binance", "Binance", "binance-cex", frozenset({"BNB"}))
    figures = DrillFigures(14, timedelta(minutes=11), 1, 0)
    drills = DrillSummary((figures,), 3, (("USDT", "TRON", DrillFigures(6, timedelta(minutes=4), 0, 0)),))
    drill = Drill("ann", "traders", now - 12 * timedelta(minutes=1), "USDT", "TRON")
    arrived = replace(drill, outcome=DrillOutcome.ARRIVED, finished_at=now)
    add("/drill", drill_card(binance, "USDT", "TRON", drills), asked="/drill binance USDT Tron")
    add("drill requested", requested_card(binance, drill), asked="▸Requested")
    add("drill arrived", finished_card("Binance", arrived), asked="▸Arrived")
    add(
        "drill that was never begun", refusal(refused_press("Binance", PressResult.NONE, None, now)), asked="▸Cancelled"
    )
    add("/test", alert_test_card())
    add("test, updated", alert_test_update_card())
    add("test, over", alert_test_end_card())
    result = AlertTestResult(AlertTestOutcome.ARRIVED, 1.2)
    add("test, answer", alert_test_result_card(result, mutes=(), names={}, has_subscriptions=True), asked="/test")
    refused = AlertTestResult(AlertTestOutcome.REFUSED, 0.8, Obstacle.NO_RIGHTS)
    add("test, refused", alert_test_result_card(refused, mutes=(), names={}, has_subscriptions=False), asked="/test")
    add("approval, asked in the place", asked_here_card("INC-2"))
    approval = Approval(Severity.SEVERE, now, decision=ApprovalDecision.POST, by="Ann")
    add("approval, posted", decided_card("INC-2", approval), asked="▸Post")
    add("approval, nobody decided", not_released_card("INC-2"))
    closed = (ClosedPlace("Traders", Obstacle.REMOVED), ClosedPlace("#alerts", Obstacle.DELETED))
    add("places lost", closed_card(closed))
    obstacle = AlertObstacle(
        ObstacleKind.PLATFORM, "Telegram refuses the bot's token. Put a new one into TELEGRAM_TOKEN.", "telegram"
    )
    add("notice to the operator", obstacle_notice((obstacle,), (), ()))
    add("notice to the operator, over", obstacle_notice((), (obstacle,), ()))


def _verifying(add: Callable[..., None]) -> None:
    """Make the answers about inclusion proofs: Bitget's public sample of 2025, and the same altered."""
    proof = InclusionProof(
        scheme=Scheme.BITGET,
        fault=None,
        root="8eac815c495e6a67",
        levels=27,
        balances=(Balance("USDT", Decimal("0.00012635")),),
        cautions=(Caution.HASH_64_BIT, Caution.NEGATIVE_SIBLING),
        audit="Au2025111815",
    )
    add("/verify", inclusion_proof_card(proof), asked="/verify")
    add("/verify, altered", inclusion_proof_card(replace(proof, fault=Fault.SUMS)), asked="/verify")
    add("/verify, how", how_to_verify_card(), asked="/verify")
    way = private_command_card("verify", "t.me/runwatch_example_bot?start=verify")
    add("/verify in a group", way, asked="/verify", on_discord=False)


def _without_figures(collection: MessageCollection) -> None:
    """Make what says nothing of any exchange."""
    add = partial(collection.add, now=datetime(2022, 12, 13, 14, 30, tzinfo=UTC), figures=NO_FIGURES)
    add("welcome", welcome_card())
    add("/start", start_card(None), asked="/start", on_discord=False)
    add("link that proposes a change", proposal_card("subscribe binance"), on_discord=False)
    add("unknown command", unknown_command_card("reserve", ["reserves"]), asked="/reserve binance", on_discord=False)
    add("no command", what_to_type_card(), asked="hello", on_discord=False)
    add(
        "private answers", private_answer_card("t.me/runwatch_example_bot"), asked="/reserves binance", on_discord=False
    )
    add("too many questions", crowded_card(is_group=True), asked="/reserves binance", on_discord=False)
    _verifying(add)
    add("store away", store_away_card(), asked="/subscribe binance")
    add("fault of ours", apology("1f3a09bc"), asked="/flows binance")
    add("topic that is gone", topic_notice(Obstacle.TOPIC_DELETED), on_discord=False)
