"""Answers about withdrawals, stress tests and drills, `/status`, `/help` and refusals are in the language in force."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product

import pytest

from bot.detection.withdrawals.closed_networks import CLOSED_AT
from bot.detection.withdrawals.closed_withdrawals import CLOSED_SHARE, SHARE_JUMPED_FOR, USUAL_SHARE
from bot.domain.drill import Drill, DrillFigures, DrillOutcome, DrillSummary, PressResult
from bot.domain.errors import SourceFault
from bot.domain.incident import Incident, WorstMoment
from bot.domain.obstacles import AlertFacts, AlertObstacle, JobState, ObstacleKind
from bot.domain.place import Obstacle, Platform
from bot.domain.reading import SourceHealth
from bot.domain.send_rate import SendRate
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import CLOSED_WITHDRAWALS, Measurement, Reason, Signal, Size, Unit
from bot.domain.status import BotStatus, SourceStatus, StoredCounts
from bot.domain.stress import StressCriterion, StressOutcome
from bot.domain.withdrawal_reading import Maintenance, SourceStanding, SystemState, WithdrawalState
from bot.domain.withdrawals import ExchangeWithdrawals, WithdrawalTransition
from bot.language.translation import written_in
from bot.messages.cards.about import command_card, help_card, status_card
from bot.messages.cards.common import capitalized
from bot.messages.cards.drills import (
    drill_card,
    drill_line,
    finished_card,
    forgotten_drills_card,
    refused_press,
    requested_card,
)
from bot.messages.cards.errors import apology, crowded_card, refusal, store_away_card
from bot.messages.cards.stress import no_stress_card, stress_card, stress_today_card
from bot.messages.cards.withdrawals import all_withdrawals_card, no_withdrawals_card, withdrawals_card
from bot.messages.cards.withdrawals_incident import ClosedNetworkCard, WithdrawalsCard
from bot.messages.model import Message, line, lines
from bot.messages.obstacles import alert_obstacles
from tests.builders import BINANCE, DAY, HOUR, NOON, OKX, incident, majors
from tests.language.pseudo import PSEUDO, leftover_words, pseudo_language
from tests.messages.cards.plain import said
from tests.messages.cards.test_one_screen import (
    CLOSINGS,
    DRILLS,
    EXCHANGE,
    FACTS,
    LEAGUE,
    LONG_NAME,
    MANY,
    NAMES,
    RESULT,
    withdrawals,
)

NETWORKS = ("Bitcoin", "Ethereum", "Tron", "Solana", "Xrpl", "Optimism", "Arbitrum", "Base", "OPTIMISTIC ETHEREUM")
ASSETS = ("SOL", "XRP", "TRX", "ASSET0", "ASSET1", "ASSET2", "TRON", "XRPL", "Gate", "KuCoin")
NAMED = {*NETWORKS, *ASSETS, LONG_NAME, "Crypto", "Binance", "OKX", "OKX_API_KEY", "Runwatch", "telegram"}
CALM = replace(withdrawals(WithdrawalState.OPEN), maintenance=(), part_faults=(), fault=None)
PARTS = ("status page", "status page of the exchange", "system status", "read-only key")


def exchange_answers() -> Iterator[Message]:
    """Yield `/withdrawals` of one exchange: with everything that may be wrong, and each thing that may be said."""

    def answer(*changes: WithdrawalTransition, status: ExchangeWithdrawals) -> Message:
        return withdrawals_card(EXCHANGE, status, changes, NAMES, NOON, drill_line(DRILLS))

    for state in WithdrawalState:
        status = withdrawals(state)
        faults = tuple((part, SourceFault.WRONG_EXCHANGE) for part in PARTS)
        work = (replace(status.maintenance[0], title=""),)
        yield answer(*CLOSINGS, status=replace(status, maintenance=work, part_faults=faults))
        yield answer(WithdrawalTransition(NOON, "BTC", "BITCOIN", WithdrawalState.OPEN, state), status=CALM)
    yield answer(*CLOSINGS[:8:4], status=CALM)
    for standing in SourceStanding:
        yield answer(status=replace(CALM, standing=standing))
    for system in SystemState:
        yield answer(status=replace(CALM, system=system))
    for begins_at, ends_at, is_under_way in product((None, NOON), (None, NOON), (False, True)):
        yield answer(status=replace(CALM, maintenance=(Maintenance("", begins_at, ends_at, is_under_way),)))
    for fault, polls in product((SourceFault.TIMEOUT, SourceFault.BLOCKED), (1, 9)):
        yield answer(status=replace(CALM, fault=fault, silent_polls=polls))
    yield answer(status=replace(CALM, networks=(), as_of=None, fault=SourceFault.TIMEOUT))
    yield no_withdrawals_card(BINANCE, is_on=True)
    yield no_withdrawals_card(OKX, is_on=True)


def all_exchanges_answers() -> Iterator[Message]:
    closed = withdrawals(WithdrawalState.CLOSED)
    yield all_withdrawals_card([(replace(snapshot.exchange, name="OKX"), closed) for snapshot in MANY], 99, NOON)
    yield all_withdrawals_card([], 99, NOON)
    yield all_withdrawals_card([(OKX, CALM)], 1, NOON)
    yield all_withdrawals_card([(OKX, CALM)], 1, NOON + DAY)


def stress_answers() -> Iterator[Message]:
    closed = withdrawals(WithdrawalState.CLOSED)
    yield stress_today_card(OKX, FACTS, RESULT, closed, LEAGUE, unread=44, drills=drill_line(DRILLS))
    for turn in (None, NOON.date()):
        yield stress_card(OKX, FACTS, RESULT, closed, is_today=False, turn=turn)
    for criterion, outcome in zip(StressCriterion, 3 * tuple(StressOutcome), strict=False):
        yield stress_card(OKX, FACTS, replace(RESULT, outcome=outcome, criteria=(criterion,)), None, is_today=True)
    bare = replace(FACTS, flow_share=None, lived=None, proof_age=None, system=None)
    young = replace(FACTS, flow_low=None, closed_then=(None, ()), majors=majors())
    calm = replace(FACTS, lived=replace(FACTS.lived, day=None)) if FACTS.lived else bare
    for facts in (bare, young, calm):
        yield stress_card(OKX, facts, RESULT, None, is_today=True)
    yield no_stress_card()


def drill_answers() -> Iterator[Message]:
    under_way = Drill("ann", "traders", NOON, "USDT", "TRON")
    ended = [replace(under_way, outcome=outcome, finished_at=NOON + HOUR) for outcome in DrillOutcome]
    yield drill_card(BINANCE, "USDT", "TRON", DRILLS)
    yield drill_card(BINANCE, "USDT", "TRON", None)
    for communities in (1, 2):
        yield drill_card(BINANCE, "", "", DrillSummary((DrillFigures(3, None, 0, 0),), communities))
    yield requested_card(BINANCE, under_way)
    yield from (finished_card("Binance", drill) for drill in ended)
    yield from map(forgotten_drills_card, range(3))
    yield from (refusal(refused_press("Binance", *pressed, NOON)) for pressed in product(PressResult, ended))


def incident_words() -> Iterator[Message]:
    """Yield what incidents say of closed withdrawals, without the line of the majors."""
    count, share = Size(-2, Unit.COUNT), Size(-0.3, Unit.NETWORKS)

    def words(card: WithdrawalsCard | ClosedNetworkCard, found: Incident) -> Message:
        signal, worst = found.signal, WorstMoment(NOON, Severity.WATCH, CLOSED_AT, count)
        reasons = [card.reason(reason) for reason in signal.reasons]
        return Message(
            card.headline(found),
            lines=lines(card.figure(signal), *card.evidence(replace(signal, withdrawals=None)), card.ending(found)),
            footer=line(*reasons, card.brief(signal), card.worst_moment(worst), card.size(signal.size)),
            actions=card.actions(found),
        )

    limits = tuple(Reason(None, measure, 75.0, 600.0) for measure in (CLOSED_WITHDRAWALS, CLOSED_SHARE, "USDT"))
    shares = [Measurement(name, share) for name in (CLOSED_SHARE, USUAL_SHARE, SHARE_JUMPED_FOR)]
    known = [majors(), majors("BTC"), majors("BTC", "ETH", "USDT", "USDC"), majors(others=WithdrawalState.UNKNOWN)]
    for told, figures in product(known, ([], shares)):
        measured = (Measurement(CLOSED_WITHDRAWALS, count), *figures)
        signal = Signal(
            "gate", "withdrawals", NOON, NOON, "Gate", leading=CLOSED_WITHDRAWALS, withdrawals=told, figures=measured,
            reasons=limits,
        )  # fmt: skip
        yield words(WithdrawalsCard(), _story(signal))
    for closed, since in product(((1, 1), (1, 0), (0, 1)), (None, NOON)):
        at, gate, other = (Size(-float(number), Unit.COUNT) for number in (closed[0], closed[1], 0))
        network = Signal(
            "TRON", "network event", NOON, NOON, "exchanges", leading=CLOSED_AT, seen_since=since,
            figures=(Measurement(CLOSED_AT, at), Measurement("Gate", gate), Measurement("KuCoin", other)),
            reasons=(Reason(None, CLOSED_AT, 3.0, 3.0),),
        )  # fmt: skip
        yield words(ClosedNetworkCard(), _story(network))
    for card in (WithdrawalsCard(), ClosedNetworkCard()):
        texts = (card.footnote(), card.method(), card.nothing_measured(), card.measurement("USDT"), card.size(share))
        yield Message("", lines=lines(*texts, card.size(count), *map(card.thresholds, Sensitivity)))


def _story(signal: Signal) -> Incident:
    seen = incident(Severity.WATCH, seen=signal)
    return replace(seen, rule=signal.rule, subject=signal.subject, raised_by=signal, rests_on=("BTC", "ETH"))


def status_answers() -> Iterator[Message]:
    """Yield `/status` with each thing that a source may lack, and all that an owner is told of places and messages."""
    trouble = [
        SourceHealth(f"defillama/{what}", NOON, failing_since=since, fault=fault)
        for what in ("cexs", "OKX")
        for since in (None, NOON - HOUR)
        for fault in (SourceFault.WRONG_EXCHANGE, SourceFault.TIMEOUT, SourceFault.UNKNOWN_SLUG)
    ]
    odd = [SourceHealth(f"defillama/{what}", NOON, detail="9") for what in ("cexs", "OKX")]
    asked = [
        SourceStatus("Binance", SourceHealth("", fault=SourceFault.BLOCKED)),
        SourceStatus("OKX", SourceHealth("", fault=SourceFault.TIMEOUT)),
        SourceStatus("Gate"),
    ]
    stored = StoredCounts(
        1, {(Platform.TELEGRAM, Severity.WATCH): 9}, NOON, 3, {}, {Platform.TELEGRAM: SendRate(28.0)}, given_up=3
    )
    status = BotStatus(
        "1.2.3", NOON - DAY, NOON, {}, 80, 17, {"defillama": NOON}, {Platform.TELEGRAM: ""}, stored, (),
        withdrawal_sources=asked,
    )  # fmt: skip
    yield status_card(status, for_owner=True)
    for health in (*trouble, *odd):
        yield status_card(replace(status, sources={health.source: health}), for_owner=True)
    yield status_card(replace(status, sources={str(number): trouble[0] for number in range(9)}), for_owner=True)
    idle = replace(stored, backlog={}, disabled={Obstacle.REMOVED: 2}, refusing={Obstacle.REMOVED: 2})
    yield status_card(replace(status, stored=idle), for_owner=True)
    yield status_card(replace(status, stored=replace(stored, backlog={})), for_owner=True)
    for newest, listed in product(({}, {"defillama": NOON}), (None, NOON)):
        sources = {"defillama/cexs": SourceHealth("defillama/cexs", listed)}
        yield status_card(replace(status, newest_readings=newest, sources=sources))
    for kind, for_owner in product((ObstacleKind.WITHDRAWALS, ObstacleKind.POLLS), (False, True)):
        yield status_card(replace(status, obstacles=[AlertObstacle(kind, "")]), for_owner=for_owner)


def other_answers() -> Iterator[Message]:
    yield help_card([("/a", "", "member"), ("/b", "", "moderator"), ("/c", "", "owner")])
    yield command_card("/a", "", [("b", "", ("c", "d"))])
    yield refusal("")
    yield crowded_card(is_group=True)
    yield crowded_card(is_group=False)
    yield store_away_card()
    yield apology("1f")


@pytest.mark.parametrize(
    "answers",
    [
        exchange_answers,
        all_exchanges_answers,
        stress_answers,
        drill_answers,
        incident_words,
        status_answers,
        other_answers,
    ],
)
def test_no_word_is_left_in_english(monkeypatch: pytest.MonkeyPatch, answers: Callable[[], Iterator[Message]]) -> None:
    pseudo_language(monkeypatch)
    with written_in(PSEUDO):
        left_over = {said(message): leftover_words(message, NAMED) for message in answers()}

    assert {text: words for text, words in left_over.items() if words} == {}


def test_what_operators_read_is_english_whoever_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    pseudo_language(monkeypatch)
    facts = AlertFacts(NOON, jobs=(JobState("poll", HOUR, DAY),))
    with written_in(PSEUDO):
        (stuck,) = alert_obstacles(facts)

    assert stuck.sentence == "the job “poll” has not finished for 24 h: restart the bot"


def test_the_capital_of_a_word_is_that_of_its_language() -> None:
    assert capitalized("içinde") == "Içinde"
    with written_in("tr"):
        assert (capitalized("içinde"), capitalized("zaman"), capitalized("")) == ("İçinde", "Zaman", "")
