"""`bot/storage/keys.py` says the whole truth: every key in the store is in it, and no other file spells one.

The names are pinned here, in `STORED`. Other tests in this folder spell keys as well where they look into the store or
put something wrong there: they see it as an operator with `redis-cli` does.
"""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from bot.domain.approval import Approval
from bot.domain.bot_account import BotAccount
from bot.domain.digest import BlindSpan
from bot.domain.headline import Headline
from bot.domain.incident import Incident
from bot.domain.local_time import DigestSchedule
from bot.domain.mute import LONGEST_MUTE, MissedIncident, UntilWorse
from bot.domain.own_reading import BITCOIN, OwnReading
from bot.domain.peg import CoinPeg, PegReading
from bot.domain.place import Place, Platform, Subscription
from bot.domain.price_gap import ExchangeGaps, GapReading
from bot.domain.proof_of_reserves import ProofOfReserves
from bot.domain.reading import SourceHealth
from bot.domain.severity import Severity
from bot.domain.stress import LivedThrough, StressOutcome, StressResult
from bot.domain.suppression import Suppression
from bot.domain.worker import Lease
from bot.messages.model import Message
from bot.ports.digests import DigestStep
from bot.ports.drills import DrillMember
from bot.ports.outbox import Alert, Delivery, DeliveryKind
from bot.ports.subscriptions import PlaceTrouble
from bot.ports.withdrawals import TRANSITIONS_MAX, TRANSITIONS_SPAN
from bot.storage import keys
from bot.storage.alert_tests import RedisAlertTestRecords
from bot.storage.drills import RedisDrills
from bot.storage.keys import FORMER_KEYS, KEYS, RedisKey, fixed_parts
from bot.storage.lua import script
from bot.storage.pseudonyms import Pseudonyms
from bot.storage.readings import DAYS_SPAN, DETAIL_SPAN
from bot.storage.store import Store
from docs.storage_keys import PAGE, with_table
from tests.builders import NOON, holding, incident, listing
from tests.known_withdrawals import closing, known
from tests.storage.conftest import StillClock
from tests.storage.set_place import set_place
from tests.stored_keys import differences, rows_of, stored_rows

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "bot" / "storage" / "keys.py"
SCRIPTS = sorted((ROOT / "bot" / "storage" / "lua").glob("*.lua"))
CHAT = Place(Platform.TELEGRAM, "-100")
TOPIC = Place(Platform.TELEGRAM, "-100", "7")
CHANNEL = Place(Platform.DISCORD, "998")

# What is stored already is found by its name and read by its type: to change one takes a new layout and a migration
# (bot/storage/schema.py).
STORED = """\
runwatch:schema string
runwatch:writable string
runwatch:bots hash
runwatch:listings hash
runwatch:health hash
runwatch:holds hash
runwatch:blind zset
runwatch:bulletin stream
runwatch:unreadable hash
{rd:<exchange>}:detail zset
{rd:<exchange>}:days zset
{rd:<exchange>}:proposed zset
{rd:<exchange>}:superseded zset
{rd:<exchange>}:revised hash
{rd:<exchange>}:slots hash
{wd}:known hash
{wd}:confirmed hash
{wd}:transitions:<exchange> zset
runwatch:pegs hash
runwatch:chain hash
runwatch:price-gaps hash
runwatch:stress:results hash
runwatch:stress:lived hash
runwatch:stress:posted string
runwatch:proofs hash
{news}:headlines zset
{news}:reads zset
{ob}:number string
{ob}:current hash
{ob}:incidents hash
{ob}:history zset
{ob}:history:<subject> zset
{ob}:queued:<alert> string
{ob}:alert:<alert> hash
{ob}:alerts zset
{ob}:fan list
{ob}:fan:first list
{ob}:fanning hash
{ob}:superseding set
{ob}:<platform>:p<priority> stream
{ob}:lanes:<incident> hash
{ob}:later:<platform> zset
{ob}:failed:<place> set
{ob}:courier:<platform> string
{ob}:sent:<incident> hash
{ob}:texts:<incident> hash
{ob}:came:<chat> string
{ob}:tested:<place> string
{ob}:bell:<platform> stream
{ob}:dead stream
{ob}:duty:<duty> hash
{pace}:<platform> hash
{pace}:<platform>:paused zset
{subs}:to:<exchange> hash
{subs}:presets:<exchange> hash
{subs}:places hash
{subs}:topics:<chat> set
{subs}:exchanges set
{subs}:notices:off set
{subs}:drills:off set
{subs}:languages hash
{subs}:settings hash
{subs}:settings:log:<place> list
{subs}:settings:topics:<chat> set
{subs}:approvals:<place> hash
{subs}:digests zset
{subs}:digests:told hash
{subs}:mutes:<place> hash
{subs}:missed:<place> hash
{subs}:mutes:ends zset
{subs}:mutes:worse set
{subs}:moved:<chat> string
{subs}:pending:<place> string
{subs}:trouble hash
{subs}:disabled zset
{subs}:visits:<platform> zset
{drill}:on:<exchange>:<day> hash
{drill}:days zset
"""


def test_no_key_has_another_name_or_type_than_before() -> None:
    assert [f"{row.name} {row.type}" for row in KEYS] == STORED.splitlines()


def test_the_page_lists_the_keys_as_they_are() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_table(page), "write it again: python -m docs.storage_keys"


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (keys.FANOUT.key(), "{ob}:fan"),
        (keys.ALERT.key("INC-1:1:post"), "{ob}:alert:INC-1:1:post"),
        (keys.READINGS.key("binance"), "{rd:binance}:detail"),
        (keys.DELIVERIES.key(Platform.DISCORD, 0), "{ob}:discord:p0"),
    ],
)
def test_a_key_is_its_name_with_the_parts_filled_in(key: str, text: str) -> None:
    assert key == text


def test_a_key_with_a_part_too_few_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\{ob\}:alert:<alert> takes 1 parts, not 0"):
        keys.ALERT.key()


def test_a_key_that_stays_has_no_lifetime_in_seconds() -> None:
    assert keys.LANES.lifetime_s == 30 * 86400
    with pytest.raises(ValueError, match="has no time to live"):
        _ = keys.FANOUT.lifetime_s


def test_the_table_says_how_long_readings_are_kept() -> None:
    assert keys.READINGS.kept == f"{DETAIL_SPAN.days} days"
    assert keys.DAILY_READINGS.kept == f"{DAYS_SPAN.days} days"
    assert keys.SUPERSEDED_READINGS.lifetime == DAYS_SPAN


def test_the_table_says_how_long_transitions_are_kept() -> None:
    assert keys.WITHDRAWAL_TRANSITIONS.kept == f"{TRANSITIONS_SPAN.days} days, the last {TRANSITIONS_MAX:,}"
    assert keys.WITHDRAWAL_TRANSITIONS.lifetime == TRANSITIONS_SPAN


# No key is spelled outside the table.


def spellings(row: RedisKey) -> str:
    """Return what betrays a key of this row: its hash tag, or its name where it has none."""
    text = fixed_parts(row.name)[0]
    return text[: text.find("}") + 1] or text


BETRAYS = re.compile("|".join(sorted({re.escape(spellings(row)) for row in (*KEYS, *FORMER_KEYS)})))


def literals(path: Path, text: str) -> Iterator[str]:
    """Yield the string literals of Python, the pieces of f-strings and docstrings among them; of Lua the whole text."""
    if path.suffix == ".lua":
        yield text
        return
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Constant(value=str(value)):
                yield value
            case ast.Constant(value=bytes(value)):
                yield value.decode(errors="replace")


def spelled(path: Path, text: str) -> list[str]:
    return [found for literal in literals(path, text) for found in BETRAYS.findall(literal)]


def test_no_key_is_spelled_outside_the_table() -> None:
    sources = [path for folder in ("bot", "handlers") for path in (ROOT / folder).rglob("*") if path.is_file()]
    scanned = [path for path in sources if path.suffix in {".py", ".lua"} and path != TABLE]
    assert len(scanned) > 100
    assert {str(path): found for path in scanned if (found := spelled(path, path.read_text(encoding="utf-8")))} == {}


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("a.py", 'KEY = "{ob}:fan"'),
        ("a.py", 'key = f"{{ob}}:alert:{alert}"'),
        ("a.py", 'key = f"{{rd:{exchange}}}:detail"'),
        ("a.py", 'key = b"{subs}:places"'),
        ("a.py", 'key = "{pa" "ce}:telegram"'),
        ("a.py", '"""What runwatch:holds keeps."""'),
        ("a.lua", "redis.call('GET', '{ob}:duty:poll')"),
        ("a.lua", "-- KEYS[1] {subs}:places"),
    ],
)
def test_a_key_that_is_spelled_somewhere_is_found(name: str, line: str) -> None:
    assert spelled(Path(name), line)


def test_the_table_itself_would_be_found() -> None:
    assert len(spelled(TABLE, TABLE.read_text(encoding="utf-8"))) >= len(KEYS)


# Lua takes its keys from the table.


def test_every_name_that_a_script_uses_is_in_the_table_and_the_other_way_round() -> None:
    used = {name for path in SCRIPTS for name in re.findall(r"\b(?:KEY|LIFETIME_S)\.(\w+)", path.read_text())}
    named = [row.lua for row in (*KEYS, *FORMER_KEYS) if row.lua]
    assert sorted(used) == sorted(named)


def test_a_script_is_sent_with_its_keys_filled_in() -> None:
    sent = script("lanes", "finish_deliveries").text
    assert "redis.call('HSET', '{ob}:sent:' .. incident, sent_to" in sent
    assert "redis.call('EXPIRE', '{ob}:sent:' .. incident, 2592000)" in sent
    assert "(function(platform, priority) return '{ob}:' .. platform .. ':p' .. priority end)" in sent
    assert not re.search(r"\b(KEY|LIFETIME_S)\.", sent)


def test_no_script_makes_a_key_from_another_key() -> None:
    for path in SCRIPTS:
        assert not re.search(r"KEYS\[1\] *\.\.", path.read_text()), path.name


def test_every_script_explains_itself() -> None:
    for path in SCRIPTS:
        head = re.match(r"(?:--.*\n)+", path.read_text())
        assert head, path.name
        shared = "Shared by the scripts" in head[0]
        assert all(word in head[0] for word in (("Example:",) if shared else ("KEYS[1]", "Returns", "Example:"))), path


def test_every_script_is_one_file_that_python_asks_for() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "bot" / "storage").rglob("*.py"))
    assert [path.stem for path in SCRIPTS if f'"{path.stem}"' not in sources] == []


# A store holds what the table says.


def alert(step: str, severity: Severity, kind: DeliveryKind, about: Incident) -> Alert:
    """Return an alert for a topic and a channel."""
    return Alert(
        id=step,
        incident=about.label,
        severity=severity,
        kind=kind,
        message=Message(step),
        created_at=NOON,
        expires_at=NOON + timedelta(hours=6),
        recipients=tuple(Subscription(place, None) for place in (TOPIC, CHANNEL)),
    )


async def claim_everything(store: Store) -> list[Delivery]:
    batches = [await store.outbox.claim(platform, limit=10, wait=timedelta()) for platform in Platform]
    return [delivery for batch in batches for delivery in batch]


async def keep_everything(store: Store, pause: timedelta) -> set[RedisKey]:
    """Let a store keep something of every sort, and return the rows of which there was a key on the way."""
    await store.readings.add([holding(70.0, at=NOON - timedelta(days=1)), holding(70.5)])
    revised = holding(80.0, at=NOON - timedelta(days=1))
    await store.revisions.propose("binance", [revised])
    await store.revisions.revise("binance", [revised], standing=[], told_until=NOON, now=NOON)
    await store.readings.save_listings([listing()])
    await store.readings.save_health(SourceHealth("defillama/cexs", NOON))
    await store.suppressions.add(Suppression("okx", NOON, "telegram:1", "a migration"))
    await store.withdrawals.save([known("gate")], {"gate": [closing(await store.check_writes())]})
    await store.withdrawals.confirm({"gate": NOON})
    await store.pegs.save([CoinPeg("USDC", (PegReading(NOON),))])
    await store.own_readings.save(OwnReading("gate", BITCOIN))
    await store.price_gaps.save([ExchangeGaps("gate", "Gate", (GapReading(NOON),))])
    await store.stress.save_result(StressResult(NOON.date(), "gate", StressOutcome.PASSED, NOON))
    await store.stress.save_lived(LivedThrough("gate", NOON, NOON))
    await store.stress.mark_posted(NOON.date())
    await store.proofs.save(ProofOfReserves("binance", "Binance", as_of=NOON.date(), read_at=NOON))
    await store.news.save([Headline("Gate halts", "https://a.org/1", NOON, "a.org", ("gate",))], read_at=NOON)
    await store.heartbeats.beat([Platform.TELEGRAM])
    await store.digests.record_blind_span(BlindSpan(NOON, NOON + timedelta(hours=4)))
    await store.database.unreadable.set_aside(b"{", "{ob}:current", "okx/outflow/normal", ValueError("cut off"))
    await store.owner.claim(BotAccount(Platform.TELEGRAM, "4242", "RunwatchBot"))
    await store.leases.acquire(Lease.POLL)
    await store.send_budget.reserve(Platform.TELEGRAM, per_second=28, number=1)
    await store.send_budget.slow_down(Platform.TELEGRAM, chat="7", pause=timedelta(seconds=3), whole_bot=False)

    opened = incident(Severity.SEVERE, number=await store.incidents.next_number())
    calm = incident(Severity.ELEVATED, number=await store.incidents.next_number(), exchange="okx")
    for about, severity, step, kind in (
        (opened, Severity.SEVERE, "urgent", DeliveryKind.POST),
        (calm, Severity.ELEVATED, "ordinary", DeliveryKind.POST),
        (calm, Severity.ELEVATED, "newer", DeliveryKind.CLOSE),
    ):
        await store.incidents.commit(about.subject, about.rule, about, [alert(step, severity, kind, about)])
    seen = await stored_rows(store.database)

    first, second, *others = await claim_everything(store)
    await store.outbox.postpone(first, pause=pause)
    await store.outbox.give_up(second, "no reason")
    for delivery in others:
        await store.outbox.finish(delivery, message_id="42")
    seen |= await stored_rows(store.database)

    for place in (CHAT, TOPIC):
        await store.subscriptions.add(Subscription(place, "binance"))
    await set_place(store, TOPIC, notices=False, drills=False, language="es", digest=DigestSchedule(time(8)))
    await store.approvals.put(TOPIC, "INC-8", before=None, after=Approval(Severity.SEVERE, NOON))
    (due,) = await store.digests.due(datetime.now(UTC), limit=1)
    await store.digests.advance([DigestStep(due, due.due + timedelta(days=1), posted=True)])
    await store.pending_changes.keep(TOPIC, "a file")
    drills = RedisDrills(store.database, Pseudonyms({Platform.TELEGRAM: "4242:token"}), store.simulated)
    await drills.request("binance", DrillMember(Platform.TELEGRAM, "7", "-100"), asset="USDT", network="TRON")
    worse = UntilWorse(42, Severity.SEVERE)
    await store.mutes.mute(TOPIC, None, length=LONGEST_MUTE, by="telegram:1", worse=worse)
    await store.mutes.record_missed([(TOPIC, MissedIncident("INC-1:normal", "binance", Severity.WATCH))])
    await RedisAlertTestRecords(store.database, store.simulated).begin(CHANNEL)
    await store.subscriptions.record_trouble(PlaceTrouble(CHANNEL, "no rights", NOON, disabled=True))
    await store.subscriptions.move(CHAT, Place(Platform.TELEGRAM, "-200"))
    return seen | await stored_rows(store.database)


async def test_every_key_in_a_store_is_as_the_table_says_and_every_row_is_used(store: Store, clock: StillClock) -> None:
    seen = await keep_everything(store, timedelta(days=1))
    assert await differences(store.database) == []
    assert {row.name for row in seen} == {row.name for row in KEYS}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("SET", "{ob}:stray", 1), "{ob}:stray belongs to no row"),
        (("SET", "{ob}:fan", 1), "{ob}:fan is a string, not a list"),
        (("HSET", "{ob}:lanes:INC-1", "a", 1), "{ob}:lanes:INC-1 has -1 ms to live, its row says 30 days, 0:00:00"),
        (("SET", "{ob}:queued:a", 1, "EX", 601), "{ob}:queued:a lives longer than 0:10:00"),
    ],
)
async def test_what_is_not_as_the_table_says_is_found(
    store: Store, words: tuple[str | int, ...], complaint: str
) -> None:
    await store.database.command(*words)
    assert await differences(store.database) == [complaint]
    await store.database.command("DEL", words[1])


@pytest.mark.parametrize(
    "key", ["{ob}:history:okx", "{ob}:alert:telegram:p1", "{pace}:discord:paused", "{subs}:topics:telegram:-100"]
)
def test_similar_names_are_told_apart(key: str) -> None:
    assert len(rows_of(key)) == 1
