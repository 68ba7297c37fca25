"""Every answer fits on the screen of a phone, with the longest content that it may have."""

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from html import unescape
from textwrap import wrap

import pytest

from bot.chat.discord.render import payload
from bot.chat.telegram.render import render
from bot.chat.terminal import plain_text
from bot.domain.drill import DrillFigures, DrillSummary
from bot.domain.errors import SourceFault
from bot.domain.exchange import Exchange
from bot.domain.flow import AssetFlow, Flow, Hold, HoldReason, Window
from bot.domain.headline import Headline, Loudness
from bot.domain.incident import IncidentState
from bot.domain.mute import Mute
from bot.domain.outflow_curve import OutflowCurve
from bot.domain.place import Place, Platform
from bot.domain.place_export import PlaceExport
from bot.domain.place_import import ImportPlan, LeftOut, Omission
from bot.domain.place_settings import PlaceSetting
from bot.domain.proof_of_reserves import (
    AssetRatio,
    Liabilities,
    ProofMethod,
    ProofOfReserves,
    ProofRemark,
    ProofState,
)
from bot.domain.reading import SourceHealth
from bot.domain.rehearsal import Rehearsal
from bot.domain.setting_change import SettingChange, SettingEditor
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Note, NoteReason
from bot.domain.snapshot import ExchangeSnapshot, MissingPart
from bot.domain.stress import (
    LeagueRow,
    LivedOutflow,
    LivedThrough,
    StressCriterion,
    StressFacts,
    StressOutcome,
    StressResult,
)
from bot.domain.suppression import Suppression
from bot.domain.withdrawal_reading import Maintenance, SourceStanding, SystemState, WithdrawalState
from bot.domain.withdrawals import ExchangeWithdrawals, MajorWithdrawals, NetworkEvent, NetworkWithdrawals
from bot.inclusion_proofs.result import Balance, Caution, Fault, InclusionProof, Scheme
from bot.language.languages import ENGLISH, LANGUAGES
from bot.language.translation import tr, written_in
from bot.messages.cards.about import help_card
from bot.messages.cards.comparison import beside_the_past_card, side_by_side_card
from bot.messages.cards.drills import drill_card, drill_line
from bot.messages.cards.flows import flows_card
from bot.messages.cards.inclusion_proof import how_to_verify_card, inclusion_proof_card
from bot.messages.cards.news import news_card
from bot.messages.cards.porting import import_preview_card, imported_card
from bot.messages.cards.privacy import StoredHere, confirm_deletion_card, privacy_card, stored_card
from bot.messages.cards.proofs import proof_card
from bot.messages.cards.ranking import RankBy, exchanges_card, top_card
from bot.messages.cards.rehearsal import rehearsal_card
from bot.messages.cards.reserves import _reading_texts, _untroubled, reserves_card
from bot.messages.cards.stress import stress_card, stress_today_card
from bot.messages.cards.suppressions import suppressed_card
from bot.messages.cards.welcome import private_command_card
from bot.messages.cards.why import why_card
from bot.messages.cards.withdrawals import all_withdrawals_card, withdrawals_card
from bot.messages.model import Message, Tone
from bot.messages.plain_text import display_width, text_table, title_with_tone
from handlers import COMMANDS
from tests.builders import (
    DAY,
    HERE,
    HOUR,
    NOON,
    flow,
    incident,
    jump,
    listing,
    quiet_days,
    reading,
    signal,
    subscription,
)
from tests.known_withdrawals import closing

SCREEN_LINES, LINE_COLUMNS, TABLE_COLUMNS = 26, 40, 34
_WIDE = re.compile(r"[\u2e80-\u9fff\uff00-\uff60]")
LONG_NAME = "Crypto & Co Exchange"
CHAINS = ("Optimistic Ethereum", "Avalanche C-Chain", "Binance Smart Chain", "Polygon zkEVM", "Tron")

EXCHANGE = Exchange("long", LONG_NAME, "long-cex", frozenset({"BNB", "LONGTOKEN"}))
READING = reading(
    {f"Ethereum/LONGASSET{number}": (8.88e14 / (number + 1), 1e-3) for number in range(90)}
    | {"Binance/LONGTOKEN": (1e9, 300.0)},
    exchange="long",
)
NOTES = (
    Note(NoteReason.UNPRICED, "LONGASSET1 on Optimistic Ethereum", 9.99e9),
    Note(NoteReason.UNPRICED, "LONGASSET2 on Optimistic Ethereum", 9.99e9),
    Note(NoteReason.UNPRICED, "LONGASSET3 on Optimistic Ethereum", 9.99e9),
    Note(NoteReason.TOGETHER, "LONGASSET4", -9.99e9, NOON),
)
HEALTH = SourceHealth("defillama/long", failing_since=NOON - 9 * HOUR, fault=SourceFault.WRONG_EXCHANGE)


def longest_flow(window: Window, hold: Hold | None = None) -> Flow:
    """Return a flow with two ends, many assets, and parts that are missing or gone."""
    assets = tuple(AssetFlow(f"LONGASSET{number}", -8.88e14, -9.99e9) for number in range(60))
    return replace(
        flow(-0.555, window, reserves=9.99e11, missing=CHAINS[:2], hold=hold),
        assets=assets,
        lowest_usd=-666e9,
        highest_usd=-555e9,
        lost_at_start=CHAINS[2:3],
        gone_parts=CHAINS[3:4],
    )


SIGNAL = replace(
    signal(None, flows=[longest_flow(window) for window in Window], exchange="long"),
    notes=NOTES,
    jumps=(jump("LONGASSET1"),),
)
HELD = replace(
    SIGNAL,
    flows=tuple(
        longest_flow(window, Hold(HoldReason.WALLETS_CHANGED, "LONGASSET1, 14.0 % of reserves")) for window in Window
    ),
)
CALM = ExchangeSnapshot(EXCHANGE, listing(EXCHANGE, inflow=-555e9), READING, SIGNAL, quiet_days(90), HEALTH)
PARTIAL = replace(
    CALM,
    missing=tuple(MissingPart(f"LONGASSET{number} on {chain}", 9.99e9, NOON - number * HOUR)
                  for number, chain in enumerate(CHAINS)),
    last_complete=replace(READING, as_of=NOON - 5 * HOUR),
)  # fmt: skip
MANY = [replace(PARTIAL, exchange=replace(EXCHANGE, id=f"long{number}")) for number in range(40)]
INCIDENT = incident(Severity.CRITICAL, number=12345, exchange="long")
CURVE = OutflowCurve(
    LONG_NAME, NOON - 30 * DAY, tuple(day * DAY for day in range(31)), tuple(-0.03 * day for day in range(31))
)
PAST = replace(
    CURVE,
    title=f"{LONG_NAME}, November 2022",
    label="reconstruction from published figures",
    shares=(*CURVE.shares[:-1], -0.8),
)

DRILLS = DrillSummary(
    tuple(DrillFigures(1234, 9 * HOUR + HOUR / 2, 123, 123) for _ in range(2)),
    2,
    tuple((f"ASSET{number}", "OPTIMISTIC ETHEREUM", DrillFigures(1234, 9 * HOUR, 123, 123)) for number in range(3)),
)
NETWORKS = tuple(
    NetworkWithdrawals(
        asset, network, WithdrawalState.UNKNOWN, NOON - number * HOUR, NOON, last_known=WithdrawalState.CLOSED
    )
    for asset in ("BTC", "ETH", "USDT", "USDC", "SOL", "XRP", "TRX")
    for number, network in enumerate(("BITCOIN", "ETHEREUM", "TRON", "SOLANA", "XRPL", "OPTIMISM", "ARBITRUM", "BASE"))
)
MAJORS = tuple(
    MajorWithdrawals(asset, WithdrawalState.CLOSED, NOON - number * HOUR, network_event="TRON", began_unseen=True)
    for number, asset in enumerate(("BTC", "ETH", "USDT", "USDC"))
)


PROOF = ProofOfReserves(
    "long",
    LONG_NAME,
    as_of=(NOON - 999 * DAY).date(),
    cadence_days=31,
    method=ProofMethod.ATTESTED_MERKLE_TREE,
    reviewer="Mazars and Co, Certified Accountants",
    liabilities=Liabilities.UNKNOWN,
    ratios=tuple(AssetRatio(f"LONGASSET{number}", 0.9876, 8.88e14, 9.99e14) for number in range(50)),
    total_ratio=12.3456,
    ratio_range=(0.9876, 12.3456),
    remarks=(ProofRemark.REVIEWER_DISPUTED, ProofRemark.NEEDS_LOGIN),
    url="https://www.kucoin.com/_api/asset-front/current/por/monthly?lang=en_US",
    read_at=NOON - 9 * HOUR,
)


def withdrawals(state: WithdrawalState) -> ExchangeWithdrawals:
    """Return an exchange that says as much as it can, with every network in a state."""
    return ExchangeWithdrawals(
        "long",
        LONG_NAME,
        SourceStanding.UNDOCUMENTED,
        as_of=NOON - HOUR / 60,
        networks=tuple(replace(network, state=state) for network in NETWORKS),
        system=SystemState.CANCEL_ONLY,
        maintenance=tuple(
            Maintenance(
                "Maintenance of a wallet " * 30,
                NOON + HOUR,
                NOON + 9 * HOUR,
                assets=frozenset({"BTC", "ETH", "USDT"}),
                networks=frozenset({"OPTIMISM", "ARBITRUM"}),
            )
            for _ in range(9)
        ),
        events=tuple(NetworkEvent("OPTIMISM", NOON, tuple(f"long{number}" for number in range(9))) for _ in range(5)),
        fault=SourceFault.BLOCKED,
        silent_polls=1234,
        closed_share=0.5,
        usual_share=0.1,
        part_faults=(("maintenance page", SourceFault.WRONG_EXCHANGE), ("system status", SourceFault.WRONG_EXCHANGE)),
    )  # fmt: skip


CLOSINGS = tuple(
    closing(NOON - number * HOUR, asset, name)
    for number in range(20)
    for asset, name in (("USDT", "ETHEREUM"), ("USDT", "TRON"), ("USDC", "ETHEREUM"), ("BTC", "BITCOIN"))
)
NAMES = {f"long{number}": f"{LONG_NAME} {number}" for number in range(40)} | {"long": LONG_NAME}

OUTFLOW = LivedOutflow(-0.555, -555e9, NOON - 9 * DAY, NOON - 8 * DAY)
FACTS = StressFacts(
    "long",
    NOON,
    MAJORS,
    system=SystemState.CANCEL_ONLY,
    flow_share=-0.555,
    flow_z=-99.0,
    flow_low=-0.012,
    flow_high=0.012,
    lived=LivedThrough("long", NOON - 400 * DAY, NOON, OUTFLOW, OUTFLOW),
    closed_then=(("BTC", "ETH", "USDT", "USDC"), ("BTC", "ETH", "USDT", "USDC")),
    proof_age=99 * DAY,
)
RESULT = StressResult(NOON.date(), "long", StressOutcome.NOT_ENOUGH_DATA, NOON - HOUR, tuple(StressCriterion))
LEAGUE = [LeagueRow(replace(EXCHANGE, id=f"long{number}"), FACTS.lived, RESULT) for number in range(82)]

FIRED = [
    replace(incident(Severity.CRITICAL, state=IncidentState.RESOLVED, exchange="long"), number=number)
    for number in range(40)
]
REHEARSAL = Rehearsal(NOON - 90 * DAY, NOON, tuple(FIRED), dict.fromkeys(NAMES, NOON - 9 * DAY), "defillama", NOON)

SUBSCRIBED = tuple(
    subscription(name, sensitivity=Sensitivity.EARLY, usd=5e7, share=0.03, mention="1" * 19) for name in NAMES
)
ELSEWHERE = Place(Platform.DISCORD, "1" * 19)
MUTES = tuple(Mute(HERE, name, NOON, NOON + DAY, "telegram:1234567890") for name in NAMES)
SETTINGS = (("answers", "private"), ("digest", "weekly mon 08:00"), ("quiet", "22:00-07:00"),
            ("timezone", "America/Argentina/Buenos_Aires"))  # fmt: skip
_OF_EXCHANGES = {*Omission} - {Omission.NO_MENTIONS, Omission.UNKNOWN_LANGUAGE}
PLAN = ImportPlan(
    HERE,
    SettingEditor("telegram:7"),
    added=SUBSCRIBED,
    changed=tuple((subscription(name), kept) for name, kept in zip(NAMES, SUBSCRIBED, strict=True)),
    settings=tuple((name, "off", after) for name, after in SETTINGS),
    mutes=MUTES,
    # Of the two about mentions only one can be: a platform has them or not. A file has one language.
    left_out=(
        LeftOut(Omission.UNKNOWN_LANGUAGE, "x" * 100),
        *(LeftOut(omission, name) for omission in _OF_EXCHANGES for name in NAMES),
    ),
    kept=99,
)
STORED = StoredHere(
    PlaceExport(HERE, SUBSCRIBED, SETTINGS, MUTES),
    tuple(
        SettingChange(NOON, SettingEditor(f"telegram:123456789{number}", LONG_NAME), PlaceSetting.QUIET, "off", "off")
        for number in range(20)
    ),
    has_trouble=True,
)


INCLUSION_PROOF = InclusionProof(
    Scheme.BITGET,
    None,
    "ab" * 32,
    64,
    tuple(Balance("RENDER", Decimal(f"-10{number}000000000.12345678")) for number in range(50)),
    (Caution.HASH_64_BIT, Caution.NEGATIVE_SIBLING, Caution.NEGATIVE_OWN),
    audit="Au2025111815" * 9,
)
PROOF_OF_NUMBERS = InclusionProof(
    Scheme.BINANCE_2024,
    None,
    "ab" * 32,
    29,
    tuple(Balance(f"#{number}", Decimal(2**64 - 1)) for number in range(400, 450)),
    (Caution.EXPERIMENTAL,),
    equity_usd=Decimal("1.23e11"),
    debt_usd=Decimal("1.23e10"),
)


def longest_cards() -> dict[str, Message]:
    """Return every answer with the longest content that it may have, in the language in force."""
    drills = drill_line(DRILLS)
    return {
        "reserves": reserves_card(CALM, NOON, INCIDENT),
        "reserves without parts": reserves_card(PARTIAL, NOON, INCIDENT),
        "reserves by the list": reserves_card(replace(CALM, reading=None, signal=None), NOON),
        "flows": flows_card(CALM, Window.DAY, NOON, INCIDENT),
        "flows without parts": flows_card(PARTIAL, Window.WEEK, NOON, INCIDENT),
        "unclear flows": flows_card(replace(PARTIAL, signal=HELD), Window.DAY, NOON, INCIDENT),
        **{f"top {by}": top_card(MANY, by, Window.THREE_DAYS, NOON) for by in RankBy},
        "top of nothing": top_card(
            [replace(snapshot, signal=HELD) for snapshot in MANY], RankBy.OUTFLOW, Window.THREE_DAYS, NOON
        ),
        "exchanges": exchanges_card([listing(snapshot.exchange) for snapshot in MANY], MANY, NOON),
        "compared": side_by_side_card(PARTIAL, replace(PARTIAL, exchange=replace(EXCHANGE, id="two")), NOON),
        "compared unclear": side_by_side_card(replace(PARTIAL, signal=HELD), replace(PARTIAL, signal=HELD), NOON),
        "compared with the past": beside_the_past_card(PARTIAL, CURVE, PAST, INCIDENT),
        "withdrawals": withdrawals_card(EXCHANGE, withdrawals(WithdrawalState.UNKNOWN), CLOSINGS, NAMES, NOON, drills),
        "closed withdrawals": withdrawals_card(
            EXCHANGE, withdrawals(WithdrawalState.CLOSED), CLOSINGS, NAMES, NOON, drills
        ),
        "all withdrawals": all_withdrawals_card(
            [(snapshot.exchange, withdrawals(WithdrawalState.CLOSED)) for snapshot in MANY], 99, NOON
        ),
        "proof of reserves": proof_card(EXCHANGE, PROOF, NOON, HEALTH),
        "curated proof of reserves": proof_card(
            EXCHANGE, replace(PROOF, read_at=None, is_month=True, ratios_of="2022-06"), NOON
        ),
        "withdrawn proof of reserves": proof_card(EXCHANGE, replace(PROOF, state=ProofState.WITHDRAWN), NOON),
        "news": news_card(
            EXCHANGE,
            Loudness(1234, 12.5, 30, NOON),
            [Headline(f"{LONG_NAME} " * 9, "https://news.example.org/a", NOON, "news.example.org", ("long",))] * 9,
            feeds=["news.example.org"] * 9,
            read_at=NOON,
            now=NOON,
        ),
        "stress today": stress_today_card(
            EXCHANGE, FACTS, RESULT, withdrawals(WithdrawalState.CLOSED), LEAGUE, unread=44, drills=drills
        ),
        "stress": stress_card(
            EXCHANGE, FACTS, RESULT, withdrawals(WithdrawalState.CLOSED), is_today=False, drills=drills
        ),
        "rehearsal": rehearsal_card("early sensitivity, at least $50.0 M", REHEARSAL, FIRED, NAMES, left_out=77),
        "proof that holds": inclusion_proof_card(INCLUSION_PROOF),
        "proof of numbers": inclusion_proof_card(PROOF_OF_NUMBERS),
        "proof that does not hold": inclusion_proof_card(replace(INCLUSION_PROOF, fault=Fault.ASSETS)),
        "how to verify": how_to_verify_card(),
        "verify in a group": private_command_card("verify", "https://t.me/RunwatchBot?start=verify"),
        "drill": drill_card(EXCHANGE, "USDT", "ETHEREUM", DRILLS),
        "import preview": import_preview_card(PLAN, NAMES, "1f3a09bc", here=HERE, origin=ELSEWHERE),
        "imported": imported_card(PLAN, NAMES, here=HERE),
        "privacy": privacy_card(),
        "stored here": stored_card(STORED, NAMES, here=HERE),
        "deletion": confirm_deletion_card(STORED, "1f3a09bc", here=HERE),
        "paused": suppressed_card(Suppression("long", NOON, "ann", "their wallets are being moved " * 4), LONG_NAME),
    }


def longest_tables(cards: Mapping[str, Message]) -> dict[str, Message]:
    """Return those that have a table, and more than fit on one screen of which the rest is folded away."""
    return {name: card for name, card in cards.items() if card.table} | {
        "why": why_card(WHY, LONG_NAME),
        "why unclear": why_card(replace(WHY, raised_by=HELD), LONG_NAME),
    }


WHY = replace(INCIDENT, raised_by=SIGNAL)
CARDS = longest_cards()
TABLES = longest_tables(CARDS)
OTHER_LANGUAGES = [code for code in LANGUAGES if code != ENGLISH]


def lines_on_a_phone(text: str) -> int:
    """Return how many lines a text takes; a line of a table takes one, for none is wider than the screen."""
    return sum(max(1, _wrapped(line)) for line in text.splitlines())


def _wrapped(text: str) -> int:
    """Return how many lines a line takes; in Chinese it may break between any two letters, which are two columns wide.

    `wrap` counts letters and breaks at blanks: a Chinese one stands for two letters of a word that is as long as it.
    """
    return len(wrap(_WIDE.sub("\N{FULLWIDTH LOW LINE} ", text), LINE_COLUMNS, break_on_hyphens=False))


def telegram_lines(card: Message) -> int:
    """Return how many lines an answer takes in Telegram."""
    return lines_on_a_phone(render(card, NOON).text)


def discord_lines(card: Message) -> int:
    """Return how many lines an answer takes in Discord, which writes moments as the reader's own clock has them."""
    (embed,) = payload(card)["embeds"]
    parts = [
        embed["title"],
        embed["description"],
        *(f"{field['name']}\n{field['value']}" for field in embed.get("fields", ())),
    ]
    shown = "\n".join(parts).replace("\\", "").replace("*", "").replace("```\n", "").replace("\n```", "")
    shown = re.sub(r"<t:\d+:f>", "13 December 2022 14:05", re.sub(r"<t:\d+:R>", "2 hours ago", shown))
    return lines_on_a_phone(shown.replace("-# ", ""))


def widest_columns(card: Message) -> int:
    """Return how wide the table of an answer is, by itself and on both platforms."""
    assert card.table
    on_discord = payload(card)["embeds"][0]["description"].split("```")
    on_telegram = re.split("</?pre>", render(card, NOON).html)
    # Where everything is the matter at once, the table gives way to the flows.
    blocks = (text_table(card.table), *on_discord[1:2], *on_telegram[1:2])
    return max(display_width(line) for block in blocks for line in unescape(block).splitlines())


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_the_longest_answer_fits_on_one_screen_in_telegram(card: Message) -> None:
    assert telegram_lines(card) <= SCREEN_LINES


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_the_longest_answer_fits_on_one_screen_in_discord(card: Message) -> None:
    assert discord_lines(card) <= SCREEN_LINES


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_names_of_all_commands_fit_on_one_screen(code: str) -> None:
    """Of a quote that is folded away Telegram shows three lines, and an empty one before it."""
    with written_in(code):
        card = help_card((command.usage, tr(command.description), command.access) for command in COMMANDS)
        lines = discord_lines(card)

    assert card.fold
    assert lines <= SCREEN_LINES - 4


@pytest.mark.parametrize("card", TABLES.values(), ids=TABLES)
def test_no_table_is_wider_than_a_phone(card: Message) -> None:
    assert widest_columns(card) <= TABLE_COLUMNS


@pytest.mark.parametrize("code", OTHER_LANGUAGES)
def test_the_longest_answers_fit_on_one_screen_in_every_language(code: str) -> None:
    for texts in (_reading_texts, _untroubled):
        texts.cache_clear()  # of another catalogue that a test has put in the place of this one
    with written_in(code):
        cards = longest_cards()
        lines = {name: (telegram_lines(card), discord_lines(card)) for name, card in cards.items()}
        columns = {name: widest_columns(card) for name, card in longest_tables(cards).items()}

    assert {name: counts for name, counts in lines.items() if max(counts) > SCREEN_LINES} == {}
    assert {name: width for name, width in columns.items() if width > TABLE_COLUMNS} == {}


@pytest.mark.parametrize("code", OTHER_LANGUAGES)
def test_a_title_with_its_severity_fits_in_every_language(code: str) -> None:
    with written_in(code):
        longest = Message(f"SAMPLE · INC-12345 · {LONG_NAME}", tone=Tone.HELD)
        titles = [title_with_tone(replace(longest, tone=tone)) for tone in Tone]

    assert max(map(display_width, titles)) <= 2 * LINE_COLUMNS


@pytest.mark.parametrize("card", TABLES.values(), ids=TABLES)
def test_a_terminal_shows_every_row_and_a_narrow_one_breaks_none(card: Message) -> None:
    assert card.table
    narrow = plain_text(card, NOON, width=TABLE_COLUMNS + 2).splitlines()
    rows = text_table(card.table).splitlines()

    assert [row.removeprefix("  ") for row in narrow if row.removeprefix("  ") in rows][-len(rows) :] == rows
