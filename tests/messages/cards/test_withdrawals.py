from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain.errors import SourceFault
from bot.domain.exchange import Exchange
from bot.domain.withdrawal_reading import Maintenance, SourceStanding, SystemState, WithdrawalState
from bot.domain.withdrawals import ExchangeWithdrawals, NetworkEvent, NetworkWithdrawals, WithdrawalTransition
from bot.messages.cards.withdrawal_words import network_label
from bot.messages.cards.withdrawals import all_withdrawals_card, no_withdrawals_card, withdrawals_card
from bot.messages.model import Message, Table, Tone, line
from bot.messages.plain_text import display_width, text_table
from tests.builders import BINANCE, DAY, HOUR, NOON, OKX
from tests.messages.cards.plain import plain, said

OPEN, DELAYED, CLOSED, UNKNOWN = WithdrawalState
GATE = Exchange("gate", "Gate", "gate")
PHONE_COLUMNS = 34


def on(
    asset: str, network: str, state: WithdrawalState = OPEN, since: datetime = NOON - 4 * HOUR
) -> NetworkWithdrawals:
    return NetworkWithdrawals(asset, network, state, since, NOON)


ALL_OPEN = (
    on("BTC", "BITCOIN"),
    on("ETH", "ETHEREUM"),
    on("USDC", "ETHEREUM"),
    on("USDC", "SOLANA"),
    on("USDT", "ETHEREUM"),
    on("USDT", "TRON"),
)
CALM = ExchangeWithdrawals("gate", "Gate", as_of=NOON, networks=ALL_OPEN)


def changed(
    asset: str, network: str, before: WithdrawalState, after: WithdrawalState, ago: timedelta
) -> WithdrawalTransition:
    return WithdrawalTransition(NOON - ago, asset, network, before, after)


def with_states(**states: WithdrawalState) -> ExchangeWithdrawals:
    """Return the calm exchange with an asset's networks in another state."""
    return replace(
        CALM, networks=tuple(replace(network, state=states.get(network.asset, OPEN)) for network in ALL_OPEN)
    )


def card(status: ExchangeWithdrawals, *changes: WithdrawalTransition, now: datetime = NOON) -> Message:
    return withdrawals_card(GATE, status, changes, {"gate": "Gate", "htx": "HTX"}, now)


def first_line(status: ExchangeWithdrawals) -> str:
    return plain(card(status).lines[0])


def test_the_first_line_is_the_answer() -> None:
    assert first_line(CALM) == "Withdrawals: BTC, ETH, USDT, USDC open"
    assert card(CALM).tone is Tone.GOOD


def test_what_is_closed_says_since_when_and_what_is_unknown_is_neither() -> None:
    status = with_states(ETH=DELAYED, USDT=UNKNOWN, USDC=CLOSED)

    assert first_line(status) == (
        "Withdrawals: BTC open; ETH delayed; USDC closed since 2022-12-13 08:00 UTC; USDT unknown"
    )
    assert card(status).tone is Tone.INFO
    assert card(with_states(ETH=DELAYED)).tone is Tone.INFO


def test_majors_closed_at_one_time_are_named_together() -> None:
    networks = (on("BTC", "BITCOIN", CLOSED, NOON - DAY), *with_states(USDT=CLOSED, USDC=CLOSED).networks[1:])

    assert first_line(replace(CALM, networks=networks)) == (
        "Withdrawals: ETH open; BTC closed since 2022-12-12 12:00 UTC; USDT, USDC closed since 2022-12-13 08:00 UTC"
    )


def test_an_exchange_that_tells_nothing_is_unknown_in_every_row() -> None:
    answer = card(ExchangeWithdrawals("gate", "Gate"))

    assert plain(answer.lines[0]) == "Withdrawals: unknown"
    assert answer.table
    assert [row[:3] for row in answer.table.rows] == [
        (asset, "–", "⚪ unknown") for asset in ("BTC", "ETH", "USDT", "USDC")
    ]
    assert "not read yet" in plain(answer.footer)


def test_the_grid_has_main_networks_each_and_other_assets_as_a_whole() -> None:
    networks = (
        *ALL_OPEN,
        on("USDT", "BSC", CLOSED),
        on("USDT", "ARBITRUMONE"),
        on("SOL", "SOLANA", DELAYED, NOON - 30 * HOUR),
        on("TRX", "TRON"),
        on("TRX", "BSC", CLOSED),
    )
    answer = card(replace(CALM, networks=networks))

    assert answer.table
    assert answer.table.rows == (
        ("BTC", "Bitcoin", "🟢 open", ""),
        ("ETH", "Ethereum", "🟢 open", ""),
        ("USDT", "Tron", "🟢 open", ""),
        ("USDT", "Ethereum", "🟢 open", ""),
        ("USDC", "Ethereum", "🟢 open", ""),
        ("USDC", "Solana", "🟢 open", ""),
        ("SOL", "Solana", "🟡 delayed", "12-12"),
        ("TRX", "Tron", "🟢 open", ""),
    )
    assert "More networks: USDT 1 open, 1 closed." in said(answer)


def test_a_flag_for_the_whole_asset_is_one_row() -> None:
    answer = card(replace(CALM, networks=(on("BTC", "*", CLOSED), on("BTC", "LIGHTNING"))))

    assert answer.table
    assert answer.table.rows[0] == ("BTC", "all", "🔴 closed", "08:00")
    assert "More networks: BTC 1 open." in said(answer)


def test_a_majors_only_networks_beside_the_main_ones_are_one_row() -> None:
    answer = card(replace(CALM, networks=(on("BTC", "LIGHTNING", CLOSED),)))

    assert answer.table
    assert answer.table.rows[0] == ("BTC", "Lightni…", "🔴 closed", "08:00")
    assert "More networks" not in said(answer)


def test_what_was_answered_too_long_ago_is_unknown() -> None:
    answer = card(with_states(USDC=CLOSED), now=NOON + HOUR)

    assert plain(answer.lines[0]) == "Withdrawals: BTC, ETH, USDT unknown; USDC unknown, closed when last known"
    assert answer.table
    assert {row[2] for row in answer.table.rows} == {"⚪ unknown"}
    assert "Closed when last told: USDC on Ethereum, USDC on Solana." in said(answer)
    assert all_withdrawals_card([(GATE, CALM)], 1, NOON + HOUR).table == Table(
        ("Exchange", "BTC", "ETH", "USDT", "USDC"), (("Gate", "⚪?", "⚪?", "⚪?", "⚪?"),), chat_rows=14
    )


def test_what_was_closed_at_the_first_look_does_not_say_since_when() -> None:
    networks = tuple(
        replace(network, began_unseen=network.asset == "BTC") for network in with_states(BTC=CLOSED).networks
    )

    assert "BTC closed since before 2022-12-13 08:00 UTC" in first_line(replace(CALM, networks=networks))


def test_the_latest_change_of_each_network_is_told_newest_first_and_closings_counted() -> None:
    answer = said(
        card(
            CALM,
            changed("BTC", "*", OPEN, CLOSED, 20 * DAY),
            changed("USDT", "TRON", OPEN, CLOSED, 9 * DAY),
            changed("USDT", "TRON", CLOSED, OPEN, 8 * DAY),
            changed("USDT", "TRON", OPEN, CLOSED, 3 * HOUR),
            changed("USDC", "SOLANA", UNKNOWN, CLOSED, 2 * HOUR),
        )
    )

    assert answer.splitlines()[3:7] == [
        "🔴 USDC on Solana closed 2022-12-13 10:00 UTC",
        "🔴 USDT on Tron closed 2022-12-13 09:00 UTC",
        "🔴 BTC closed 2022-11-23 12:00 UTC",
        "USDT on Tron: closed twice in 30 days.",
    ]
    assert "BTC: closed" not in answer
    assert "open again" not in answer


def test_more_than_two_closings_are_counted_in_figures() -> None:
    closings = [changed("BTC", "*", OPEN, CLOSED, day * DAY) for day in (9, 6, 3)]

    assert "BTC: closed 3 times in 30 days." in said(card(CALM, *closings))


def test_closings_of_networks_that_few_use_are_not_counted() -> None:
    closings = [changed("USDT", f"X{number % 30}", OPEN, CLOSED, number * HOUR) for number in range(90)]

    assert "times in 30 days" not in said(card(CALM, *closings))


def test_what_closed_is_not_pushed_out_by_a_source_that_fell_silent_nor_by_networks_that_few_use() -> None:
    closings = [changed("USDT", name, OPEN, CLOSED, 9 * HOUR) for name in ("TRON", "TON", "CELO", "KAVA", "NEAR")]
    silent = [changed(status.asset, status.network, OPEN, UNKNOWN, HOUR) for status in ALL_OPEN]

    told = [plain(text) for text in card(CALM, *closings, *silent).lines if "2022-12-13" in plain(text)]

    assert "🔴 USDT on Tron closed 2022-12-13 03:00 UTC" in told
    assert len(told) == 4
    assert not any("not told" in text for text in told)


def test_of_many_networks_that_were_closed_when_last_told_the_main_ones_are_named() -> None:
    dark = [replace(on("USDT", name, UNKNOWN), last_known=CLOSED) for name in ("TRON", "TON", "CELO")]

    assert "Closed when last told: USDT on Tron, 2 more networks." in said(card(replace(CALM, networks=tuple(dark))))
    assert "Closed when last told: 1 network." in said(card(replace(CALM, networks=tuple(dark[1:2]))))


def test_what_was_closed_when_last_told_is_not_forgotten() -> None:
    networks = (*ALL_OPEN[:-1], replace(on("USDT", "TRON", UNKNOWN), last_known=CLOSED))

    assert "Closed when last told: USDT on Tron." in said(card(replace(CALM, networks=networks)))


def test_what_the_exchange_announces_is_shown() -> None:
    under_way = Maintenance("Tron upgrade", NOON - HOUR, NOON + HOUR, is_under_way=True, networks=frozenset({"TRON"}))
    announced = Maintenance("Ether node", NOON + HOUR, assets=frozenset({"ETH"}))
    bare = Maintenance("Something")
    hostile = Maintenance("x" * 9000)
    answer = said(
        card(replace(CALM, maintenance=(under_way, announced, bare, bare, bare), system=SystemState.CANCEL_ONLY))
    )

    assert "🔧 Maintenance under way until 2022-12-13 13:00 UTC: Tron upgrade (Tron)" in answer
    assert "🔧 Maintenance announced from 2022-12-13 13:00 UTC: Ether node (ETH)" in answer
    assert answer.count("🔧 Maintenance announced: Something") == 1
    assert "Trading system: cancel only." in answer
    assert f": {'x' * 59}…" in said(card(replace(CALM, maintenance=(hostile,))))


def test_an_event_of_a_network_accuses_nobody() -> None:
    event = NetworkEvent("TRON", NOON - HOUR, ("gate", "htx", "unlisted"))

    assert (
        "Tron was closed by 3 exchanges (Gate, HTX, unlisted), the first 2022-12-13 11:00 UTC: a problem of the "
        "network, not counted against them."
    ) in said(card(replace(CALM, events=(event,))))
    many = replace(event, exchanges=("gate", "htx", "a", "b", "c"))
    assert "closed by 5 exchanges (Gate, HTX, a, 2 more), the first" in said(card(replace(CALM, events=(many,))))


def test_an_event_is_no_excuse_for_who_has_closed_other_networks_as_well() -> None:
    event = NetworkEvent("TRON", NOON - HOUR, ("gate", "htx", "unlisted"))
    run = with_states(BTC=CLOSED, ETH=CLOSED, USDT=CLOSED, USDC=CLOSED)

    assert ("a problem of the network. It does not excuse Gate, which has two other main networks closed.") in said(
        card(replace(run, events=(event,)))
    )


@pytest.mark.parametrize(
    ("share", "usual", "is_told"), [(0.2, 0.1, True), (0.12, 0.1, False), (None, 0.1, False), (0.2, None, False)]
)
def test_the_closed_share_is_told_where_it_is_unusual(
    share: float | None, usual: float | None, *, is_told: bool
) -> None:
    answer = said(card(replace(CALM, closed_share=share, usual_share=usual)))

    assert ("Of all its networks 20.0 % are closed, usually 10.0 %." in answer) is is_told


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (
            replace(CALM, fault=SourceFault.BLOCKED, silent_polls=5),
            "⚠️ Gate blocks this bot's host, perhaps for its region, 5 times in a row. Silent since 2022-12-13 12:00",
        ),
        (replace(CALM, fault=SourceFault.TIMEOUT, silent_polls=1), "⚠️ Gate has not answered (timeout). Silent since"),
        (
            ExchangeWithdrawals("gate", fault=SourceFault.TIMEOUT, silent_polls=2),
            "⚠️ Gate has not answered (timeout), 2 times in a row. It was never read.",
        ),
    ],
)
def test_a_source_that_is_silent_says_why_and_since_when(status: ExchangeWithdrawals, words: str) -> None:
    answer = card(status)

    assert words in said(answer)
    assert answer.tone is Tone.TROUBLE


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        (SourceStanding.DOCUMENTED, "Gate · documented interface · as of"),
        (SourceStanding.UNDOCUMENTED, "Gate · undocumented interface, may change without notice · as of"),
        (SourceStanding.KEY, "Gate · read with the operator's read-only key · as of"),
    ],
)
def test_the_footer_says_what_stands_behind_it(standing: SourceStanding, words: str) -> None:
    answer = card(replace(CALM, standing=standing))

    assert words in plain(answer.footer)
    assert "Gate's own word; nobody else checks it." in said(answer)


def test_what_could_not_be_read_is_named() -> None:
    status = replace(CALM, part_faults=(("status page", SourceFault.BLOCKED),))

    assert "Not read: status page (blocked)." in said(card(status))


def test_members_drills_are_shown_where_somebody_has_told() -> None:
    answer = withdrawals_card(GATE, CALM, (), {}, NOON, line("Members' drills, unverified: 14 in 24 h"))

    assert "Members' drills, unverified: 14 in 24 h" in said(answer)


@pytest.mark.parametrize(
    ("exchange", "is_on", "words"),
    [
        (OKX, True, "can set OKX_API_KEY to a read-only one"),
        (
            BINANCE,
            True,
            "Binance publishes nothing about them that this bot can read, or whoever runs this bot has switched",
        ),
        (OKX, False, "switched off in this bot (setting WITHDRAWALS)"),
    ],
)
def test_an_exchange_without_a_source_says_why(exchange: Exchange, words: str, *, is_on: bool) -> None:
    answer = said(no_withdrawals_card(exchange, is_on=is_on))

    assert "Withdrawals: unknown, no source." in answer
    assert words in answer


def test_all_exchanges_are_listed_worst_first() -> None:
    long_name = Exchange("long", "An Exchange With a Name")
    answer = all_withdrawals_card(
        [
            (BINANCE, CALM),
            (OKX, with_states(BTC=DELAYED)),
            (GATE, with_states(USDC=CLOSED)),
            (long_name, ExchangeWithdrawals("long", "Long")),
        ],
        77,
        NOON,
    )

    assert answer.table
    assert answer.table.rows == (
        ("Gate", "🟢o", "🟢o", "🟢o", "🔴c"),
        ("OKX", "🟡d", "🟢o", "🟢o", "🟢o"),
        ("An Exchange…", "⚪?", "⚪?", "⚪?", "⚪?"),
        ("Binance", "🟢o", "🟢o", "🟢o", "🟢o"),
    )
    assert "A major asset is closed at Gate. Withdrawals are known of 3 of 4 exchanges." in said(answer)
    assert "No source: 73 of 77 exchanges." in said(answer)
    assert plain(answer.footer) == "newest: 2022-12-13 12:00 UTC (ago)"


def test_of_many_with_closed_majors_a_few_are_named() -> None:
    closed = [(Exchange(str(number), f"Ex{number}"), with_states(BTC=CLOSED)) for number in range(7)]

    assert (
        "A major asset is closed at Ex0, Ex1, Ex2, Ex3, Ex4 and 2 more. Withdrawals are known of 7 of 7 exchanges."
        in said(all_withdrawals_card(closed, 7, NOON))
    )


def test_where_nothing_is_closed_that_is_said_without_more() -> None:
    answer = all_withdrawals_card([(BINANCE, CALM)], 1, NOON)

    assert plain(answer.lines[0]) == "No major asset is closed anywhere. Withdrawals are known of 1 of 1 exchanges."
    assert answer.tone is Tone.GOOD
    assert "No source" not in said(answer)


def test_before_the_first_answer_nothing_is_listed() -> None:
    assert "No exchange's own interface has been read yet" in said(all_withdrawals_card([], 77, NOON))
    never_read = all_withdrawals_card([(GATE, ExchangeWithdrawals("gate"))], 77, NOON)
    assert plain(never_read.lines[0]) == "Withdrawals: unknown at all 1 exchanges that have a source. /status says why."
    assert never_read.tone is Tone.INFO
    assert never_read.footer == ()


@pytest.mark.parametrize(
    ("network", "label"), [("TRON", "Tron"), ("BSC", "BSC"), ("XRPL", "XRPL"), ("ARBITRUM", "Arbitrum"), ("*", "all")]
)
def test_networks_have_readable_names(network: str, label: str) -> None:
    assert network_label(network) == label


def test_tables_fit_a_phone() -> None:
    widest = replace(
        CALM, networks=tuple(replace(network, state=UNKNOWN) for network in (*ALL_OPEN, on("XRP", "XRPLEDGER")))
    )
    listed = [(Exchange("long", "An Exchange With a Name"), widest)]

    for table in (card(widest).table, all_withdrawals_card(listed, 1, NOON).table):
        assert table
        assert max(map(display_width, text_table(table, width=60).splitlines())) <= PHONE_COLUMNS
