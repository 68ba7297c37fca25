"""Every key that Runwatch keeps in Redis, in one table: its name, its type, how long it lives and what it is for.

Python makes a concrete key from its row: `ALERT.key("INC-1:1:post")` is `{ob}:alert:INC-1:1:post`. Lua scripts say
`KEY.alert .. id`, and `bot.storage.lua.script` fills in the same row. The table of docs/storage.md is written from this
one, and a test finds a key that is spelled anywhere else.

`<…>` in a name stands for a part that differs: `<place>` is `platform:chat` or `platform:chat/topic`, `<chat>` is
`platform:chat`. All keys of one script share a hash tag, the part in braces, because Redis Cluster runs a script on one
node only: `{ob}` incidents and the outbox, `{subs}` subscriptions, `{pace}` the rate limit, `{wd}` withdrawals,
`{news}` news,
`{drill}` drills, `{rd:<exchange>}` readings.

With `REDIS_PREFIX=second:` all of them begin with `second:`, so that several bots share one server. The prefix is not
in this table: `Database` puts it before every `KeyName`, and `script` fills it into the scripts.

A name that is stored already never changes: a new layout gets a new version and a migration (schema.py).
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cache

from bot.domain.headline import HEADLINES_KEPT
from bot.domain.mute import LONGEST_MUTE
from bot.ports.pending_changes import PENDING_FOR

_PART = re.compile(r"<\w+>")
_WEEK = timedelta(days=7)
_MONTH = timedelta(days=30)


class RedisType(StrEnum):
    """What the Redis command TYPE says of a key."""

    STRING = "string"
    HASH = "hash"
    LIST = "list"
    SET = "set"
    SORTED_SET = "zset"
    STREAM = "stream"


class KeyName(str):
    """A key as the table names it. Where the store has a prefix `Database` puts it before every argument of this type.

    Text that is made from it, such as `f"{key}:1"`, is a plain string again and would get none.
    """

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class RedisKey:
    """One row of the table: a key, or a family of keys whose names differ in their `<…>` parts.

    `kept` says in words how long it is kept; "" means exactly its `lifetime`. `lifetime` is the time to live that is
    set on the key, None where Redis never removes it by itself. `lua` is what scripts call it: `KEY.<lua>`; "" where
    none does.
    """

    name: str
    type: RedisType
    kept: str
    purpose: str
    lua: str = ""
    lifetime: timedelta | None = None

    def key(self, *parts: str | int) -> KeyName:
        """Return the key with its `<…>` parts filled in, in order; raise ValueError when their number is wrong."""
        fixed = fixed_parts(self.name)
        if len(parts) != len(fixed) - 1:
            raise ValueError(f"{self.name} takes {len(fixed) - 1} parts, not {len(parts)}")
        return KeyName(fixed[0] + "".join(f"{part}{text}" for part, text in zip(parts, fixed[1:], strict=True)))

    @property
    def lifetime_s(self) -> int:
        """Return the time to live in seconds; raise ValueError for a key without one."""
        if self.lifetime is None:
            raise ValueError(f"{self.name} has no time to live")
        return self.lifetime // timedelta(seconds=1)


@cache
def fixed_parts(name: str) -> tuple[str, ...]:
    """Return what stands before, between and after the `<…>` parts: `("{rd:", "}:detail")` for readings."""
    return tuple(_PART.split(name))


def part_names(name: str) -> tuple[str, ...]:
    """Return what the `<…>` parts are called: `("exchange",)` for readings."""
    return tuple(part.strip("<>") for part in _PART.findall(name))


# The store as a whole.
SCHEMA = RedisKey(
    "runwatch:schema",
    RedisType.STRING,
    "ever",
    "version of the layout; older data is moved forward at start, a program older than its data refuses to run",
)
WRITE_PROBE = RedisKey(
    "runwatch:writable",
    RedisType.STRING,
    "",
    "written again and again to find out whether the server takes writes",
    lifetime=timedelta(minutes=1),
)
OWNERS = RedisKey(
    "runwatch:bots",
    RedisType.HASH,
    "ever",
    "platform → the bot whose data this is: id and name (JSON); another bot is refused",
)
LISTINGS = RedisKey("runwatch:listings", RedisType.HASH, "ever", "exchange → newest row of the upstream's list (JSON)")
HEALTH = RedisKey("runwatch:health", RedisType.HASH, "ever", "source → its health (JSON)")
SUPPRESSIONS = RedisKey(
    "runwatch:holds",
    RedisType.HASH,
    "until released",
    "exchange, or exchange and metric → the suppression by an operator: since when, by whom and why (JSON)",
)
BLIND_SPANS = RedisKey(
    "runwatch:blind",
    RedisType.SORTED_SET,
    "30 days after the last",
    "spans in which nothing was seen, `since until` by their end (microseconds)",
    lifetime=_MONTH,
)
CHANGE_FEED = RedisKey(
    "runwatch:bulletin",
    RedisType.STREAM,
    "the last 1,000 or so",
    'the change feed: which exchanges a worker has read or judged anew; "" is the list alone',
)

UNREADABLE = RedisKey(
    "runwatch:unreadable",
    RedisType.HASH,
    "until an operator deletes it, at most 1,000",
    "key and field of a value that could not be read → its bytes as they were",
)

# Readings. Scores are `as_of` in microseconds; spans count back from the newest reading, not from the clock.
READINGS = RedisKey(
    "{rd:<exchange>}:detail", RedisType.SORTED_SET, "10 days", "readings (reading_encoding.py) by `as_of`"
)
DAILY_READINGS = RedisKey(
    "{rd:<exchange>}:days", RedisType.SORTED_SET, "410 days", "the first reading of each UTC day, by `as_of`"
)
PROPOSED_READINGS = RedisKey(
    "{rd:<exchange>}:proposed",
    RedisType.SORTED_SET,
    "until a body tells them again or takes them back, at most 7 days",
    "daily points that the source's newest body tells otherwise than they are stored, by `as_of`",
    lifetime=timedelta(days=7),  # bodies come every few hours: after a week without one the next is no second in a row
)
SUPERSEDED_READINGS = RedisKey(
    "{rd:<exchange>}:superseded",
    RedisType.SORTED_SET,
    "410 days after the last revision",
    "what was first seen of times that the source has revised since, by `as_of`; no window starts from it",
    lua="superseded_readings",
    lifetime=timedelta(days=410),
)
REVISED_DAYS = RedisKey(
    "{rd:<exchange>}:revised",
    RedisType.HASH,
    "30 days after the last revision",
    "`as_of` of a revised daily point → when the revision was taken over (both microseconds)",
    lua="revised_days",
    lifetime=_MONTH,
)
SLOTS = RedisKey(
    "{rd:<exchange>}:slots",
    RedisType.HASH,
    "ever",
    "[chain, asset] (JSON) → its number in the readings; a number given never changes",
)

# Withdrawals: what is known of each exchange, and how that changed.
WITHDRAWALS = RedisKey(
    "{wd}:known",
    RedisType.HASH,
    "ever",
    "exchange → everything that is known of its withdrawals (JSON)",
)
WITHDRAWALS_CONFIRMED = RedisKey(
    "{wd}:confirmed",
    RedisType.HASH,
    "ever",
    "exchange → when it last said once more what `{wd}:known` has (microseconds)",
    lua="withdrawals_confirmed",
)
WITHDRAWAL_TRANSITIONS = RedisKey(
    "{wd}:transitions:<exchange>",
    RedisType.SORTED_SET,
    "400 days, the last 4,000",
    "which asset's withdrawals on which network became open, delayed, closed or unknown (JSON), by time",
    lua="withdrawal_transitions",
    lifetime=timedelta(days=400),
)

# Stablecoins.
PEGS = RedisKey(
    "runwatch:pegs",
    RedisType.HASH,
    "",
    "stablecoin → its prices and its supply by the polls of the last hour (JSON)",
    lifetime=_WEEK,
)

# The bot's own reading on chain.
OWN_READINGS = RedisKey(
    "runwatch:chain",
    RedisType.HASH,
    "ever",
    "exchange/chain → the last complete own reading of its wallets (JSON)",
)

# Prices at exchanges.
PRICE_GAPS = RedisKey(
    "runwatch:price-gaps",
    RedisType.HASH,
    "",
    "exchange → how far its prices were from those of others by the polls of the last hour (JSON)",
    lifetime=_WEEK,
)

# The stress test.
STRESS_RESULTS = RedisKey(
    "runwatch:stress:results",
    RedisType.HASH,
    "the last 400 days",
    "UTC day → how the exchange whose turn it was came through the stress test (JSON)",
)
STRESS_LIVED = RedisKey(
    "runwatch:stress:lived",
    RedisType.HASH,
    "ever",
    "exchange → its worst outflows over 24 h and 7 d in 400 days (JSON)",
)
STRESS_POSTED = RedisKey(
    "runwatch:stress:posted", RedisType.STRING, "ever", "the newest UTC day whose stress test was posted"
)

# Proofs of reserves.
PROOFS = RedisKey(
    "runwatch:proofs", RedisType.HASH, "ever", "`exchange month` → the proof of reserves that it told that month (JSON)"
)

# News.
HEADLINES = RedisKey(
    "{news}:headlines",
    RedisType.SORTED_SET,
    "35 days, the last 5,000",
    "headlines that name an exchange: title, link, time, feed, exchanges (JSON), by time",
    lifetime=HEADLINES_KEPT,
)
NEWS_READS = RedisKey(
    "{news}:reads",
    RedisType.SORTED_SET,
    "35 days",
    "UTC days on which a feed was read, by when that was last",
    lifetime=HEADLINES_KEPT,
)

# Incidents.
INCIDENT_NUMBER = RedisKey("{ob}:number", RedisType.STRING, "ever", "the last incident number given")
CURRENT_INCIDENTS = RedisKey(
    "{ob}:current", RedisType.HASH, "until over", "subject/rule/preset → its pending or open incident (JSON)"
)
INCIDENTS = RedisKey(
    "{ob}:incidents",
    RedisType.HASH,
    "the last 2,000",
    "number → newest state of the incident (JSON); where several presets have the same, that of `normal`",
    lua="incidents",
)
HISTORY = RedisKey("{ob}:history", RedisType.SORTED_SET, "the last 2,000", "incident numbers, by number", lua="history")
SUBJECT_HISTORY = RedisKey(
    "{ob}:history:<subject>",
    RedisType.SORTED_SET,
    "the last 2,000",
    "the same of one exchange, or of another subject",
    lua="subject_history",
)

# The outbox: alerts that are being delivered.
QUEUED_ALERT = RedisKey(
    "{ob}:queued:<alert>",
    RedisType.STRING,
    "",
    "which call queued the alert, so that it is queued once however often the call is sent",
    lua="queued_alert",
    lifetime=timedelta(minutes=10),  # a call whose reply was lost is sent again within seconds
)
ALERT = RedisKey(
    "{ob}:alert:<alert>",
    RedisType.HASH,
    "until its last delivery, at most 7 days after its expiry",
    "its message and facts, once for all places; `left` and `left:<platform>` count deliveries that are not over",
    lua="alert",
    lifetime=timedelta(days=7),  # on top of its own; longer than any sane pause, so a late try still finds its text
)
ALERTS = RedisKey(
    "{ob}:alerts", RedisType.SORTED_SET, "until over", "alerts with deliveries left, by creation", lua="alerts"
)
FANOUT = RedisKey(
    "{ob}:fan",
    RedisType.LIST,
    "until queued",
    "chunks of up to 200 places that are still to be queued, in the order of the commits",
    lua="fanout",
)
URGENT_FANOUT = RedisKey(
    "{ob}:fan:first",
    RedisType.LIST,
    "until queued",
    "the same for p0 alerts, unless something of their incident waits in the other list",
    lua="urgent_fanout",
)
FANOUT_INCIDENTS = RedisKey(
    "{ob}:fanning",
    RedisType.HASH,
    "until queued",
    "alert with chunks in `{ob}:fan` → its incident",
    lua="fanout_incidents",
)
SUPERSEDING_ALERTS = RedisKey(
    "{ob}:superseding",
    RedisType.SET,
    "until queued",
    "alerts with chunks in either list that follow an alert of the same incident",
    lua="superseding_alerts",
)
DELIVERIES = RedisKey(
    "{ob}:<platform>:p<priority>",
    RedisType.STREAM,
    "until over",
    "one entry per delivery, read by one consumer group; p0 critical and severe, p1 elevated, p2 watch",
    lua="deliveries",
)
LANES = RedisKey(
    "{ob}:lanes:<incident>",
    RedisType.HASH,
    "",
    "place → what waits there behind a delivery about the same incident (lua/lanes.lua)",
    lua="lanes",
    lifetime=_MONTH,
)
POSTPONED = RedisKey(
    "{ob}:later:<platform>", RedisType.SORTED_SET, "until due", "postponed deliveries, by due time", lua="postponed"
)
FAILED = RedisKey(
    "{ob}:failed:<place>",
    RedisType.SET,
    "until due, at most 30 days",
    "those postponed because they failed in this place: due at once when it can be written to again",
    lua="failed",
    lifetime=_MONTH,
)
WORKER_HEARTBEAT = RedisKey(
    "{ob}:courier:<platform>",
    RedisType.STRING,
    "",
    "that some worker delivers to this platform",
    lifetime=timedelta(seconds=15),
)
SENT_MESSAGES = RedisKey(
    "{ob}:sent:<incident>",
    RedisType.HASH,
    "",
    "place → id of the newest message there, when it was last edited, and the alert whose text it shows",
    lua="sent_messages",
    lifetime=_MONTH,
)
SENT_TEXTS = RedisKey(
    "{ob}:texts:<incident>",
    RedisType.HASH,
    "as long as some message shows it, at most 30 days",
    "alert → its text (JSON), for the line that an earlier message gains; `#<alert>` counts the messages that show it",
    lua="sent_texts",
    lifetime=_MONTH,
)
FORMER_ADDRESS = RedisKey(
    "{ob}:came:<chat>",
    RedisType.STRING,
    "",
    "the address a chat had before it moved: incidents announced there go on in a new message",
    lua="former_address",
    lifetime=_MONTH,
)
ALERT_TESTED = RedisKey(
    "{ob}:tested:<place>",
    RedisType.STRING,
    "",
    "that a test alert was sent there: one a minute",
    lifetime=timedelta(minutes=1),
)
WAKE_UP = RedisKey(
    "{ob}:bell:<platform>",
    RedisType.STREAM,
    "the last one",
    "one entry, replaced when there is something to do: it wakes the workers that wait for it",
    lua="wake_up",
)
DEAD_LETTERS = RedisKey(
    "{ob}:dead", RedisType.STREAM, "the last 1,000 or so", "deliveries given up, with reasons", lua="dead_letters"
)
LEASE = RedisKey(
    "{ob}:duty:<duty>",
    RedisType.HASH,
    "ever; the token of the last owner stays",
    "which worker owns the lease to `poll`, or to listen to `telegram` or `discord`: its token, its name, until when, "
    "what troubles it",
    lua="lease",
)

# The rate limit that all workers of a bot share.
RATE_LIMIT = RedisKey(
    "{pace}:<platform>",
    RedisType.HASH,
    "2 days after the last message, longer where a pause is",
    "when the next message may go and how much of the full rate is allowed (lua/rate_limit.lua)",
    lua="rate_limit",
    lifetime=timedelta(days=2),
)
PAUSED_CHATS = RedisKey(
    "{pace}:<platform>:paused",
    RedisType.SORTED_SET,
    "2 days after the last pause began, longer where a pause is",
    "chats that asked for a pause, by its end",
    lua="paused_chats",
    lifetime=timedelta(days=2),
)

# Subscriptions. `*` as the exchange of a key is the subscription to all of them.
SUBSCRIBERS = RedisKey(
    "{subs}:to:<exchange>",
    RedisType.HASH,
    "until unsubscribed",
    "place → its subscription to this exchange, or to `*`: all of them (JSON, without place and exchange)",
    lua="subscribers",
)
PRESET_COUNTS = RedisKey(
    "{subs}:presets:<exchange>",
    RedisType.HASH,
    "until unsubscribed",
    "preset → how many of those subscriptions have it",
    lua="preset_counts",
)
PLACES = RedisKey(
    "{subs}:places",
    RedisType.HASH,
    "until unsubscribed",
    "every place with a subscription → to what: exchanges or `*`, one a line",
    lua="places",
)
TOPICS = RedisKey(
    "{subs}:topics:<chat>",
    RedisType.SET,
    "until unsubscribed",
    "places with a subscription that are topics of this chat",
    lua="topics",
)
SUBSCRIBED_EXCHANGES = RedisKey(
    "{subs}:exchanges",
    RedisType.SET,
    "until unsubscribed",
    "exchanges that somebody subscribed to by name",
    lua="subscribed_exchanges",
)
NOTICES_OFF = RedisKey(
    "{subs}:notices:off",
    RedisType.SET,
    "until switched on, or the place is forgotten",
    "places that have switched data notices off",
    lua="notices_off",
)
DRILLS_OFF = RedisKey(
    "{subs}:drills:off",
    RedisType.SET,
    "until switched on, or the place is forgotten",
    "places that have switched drills off",
    lua="drills_off",
)
LANGUAGES_SET = RedisKey(
    "{subs}:languages",
    RedisType.HASH,
    "until it is `auto` again, or the place is forgotten",
    "place → the code of the language that it has set",
    lua="languages_set",
)
PLACE_SETTINGS = RedisKey(
    "{subs}:settings",
    RedisType.HASH,
    "until they are what they are at first, or the place is forgotten",
    "place → its settings that differ from what they are at first (JSON), but for notices, drills and language, which "
    "the three keys above have",
    lua="place_settings",
)
SETTING_CHANGES = RedisKey(
    "{subs}:settings:log:<place>",
    RedisType.LIST,
    "the last 20, for 180 days after the last",
    "who changed which setting of the place, when, from what to what (JSON), the newest first",
    lua="setting_changes",
    lifetime=timedelta(days=180),
)
SETTINGS_TOPICS = RedisKey(
    "{subs}:settings:topics:<chat>",
    RedisType.SET,
    "until the chat moves or the place is forgotten",
    "topics of this chat of which a setting was ever changed, so that their settings move with the chat",
    lua="settings_topics",
)
APPROVALS = RedisKey(
    "{subs}:approvals:<place>",
    RedisType.HASH,
    "",
    "incident → whether a moderator was asked before its first post there, and what they decided (JSON)",
    lua="approvals",
    lifetime=_MONTH,
)
DIGESTS = RedisKey(
    "{subs}:digests",
    RedisType.SORTED_SET,
    "until switched off, or the place is forgotten",
    "places with a digest, by when the next one is due (microseconds)",
    lua="digests",
)
DIGESTS_TOLD = RedisKey(
    "{subs}:digests:told",
    RedisType.HASH,
    "until the place is forgotten",
    "place → up to when its last digest told, and when the first one was due that was left out since (microseconds, 0: "
    "none)",
    lua="digests_told",
)
MUTES = RedisKey(
    "{subs}:mutes:<place>",
    RedisType.HASH,
    "until all have ended and were told of, 7 days after the last end at most",
    "exchange, or `*`: all of them → the mute of this place: until when, since when (both microseconds), its id, and "
    "by whom and what it waits for (JSON)",
    lua="mutes",
    lifetime=LONGEST_MUTE + _WEEK,  # the service may be away when a mute ends, and what was missed is told later
)
MISSED = RedisKey(
    "{subs}:missed:<place>",
    RedisType.HASH,
    "until it is told, no longer than the mutes",
    "incident of one preset → the worst that was not posted of it while the place was muted (1 watch to 4 critical), "
    "and its exchange",
    lua="missed",
    lifetime=LONGEST_MUTE + _WEEK,
)
MUTE_ENDS = RedisKey(
    "{subs}:mutes:ends",
    RedisType.SORTED_SET,
    "until the last one was told of, 37 days after the last mute at most",
    "`place exchange` of every mute, by its end",
    lua="mute_ends",
    lifetime=LONGEST_MUTE + _WEEK,
)
MUTES_UNTIL_WORSE = RedisKey(
    "{subs}:mutes:worse",
    RedisType.SET,
    "until the last one has ended, 37 days after the last mute at most",
    "`place exchange` of the mutes that wait until it gets worse",
    lua="mutes_until_worse",
    lifetime=LONGEST_MUTE + _WEEK,
)
NEW_ADDRESS = RedisKey(
    "{subs}:moved:<chat>",
    RedisType.STRING,
    "",
    "where a chat went, for what is on its way to the old address",
    lua="new_address",
    lifetime=_MONTH,
)
PENDING_CHANGE = RedisKey(
    "{subs}:pending:<place>",
    RedisType.STRING,
    "",
    "what the place may still confirm or take back with a button: its code, what it is, each on a line, and a file of "
    "the form of `/export`",
    lifetime=PENDING_FOR,
)
TROUBLE = RedisKey(
    "{subs}:trouble",
    RedisType.HASH,
    "until the place answers or is forgotten",
    "place → what is wrong with it (JSON)",
    lua="trouble",
)
DISABLED = RedisKey(
    "{subs}:disabled",
    RedisType.SORTED_SET,
    "until the place answers or is forgotten",
    "places that get no alerts, by the time their trouble began",
    lua="disabled",
)
RECOVERY_CHECKS = RedisKey(
    "{subs}:visits:<platform>",
    RedisType.SORTED_SET,
    "until the place answers or is forgotten",
    "disabled places, by when to check them next; 0: never checked yet",
    lua="recovery_checks",
)

# Drills. People and communities are keyed hashes (pseudonyms.py).
DRILLS = RedisKey(
    "{drill}:on:<exchange>:<day>",
    RedisType.HASH,
    "",
    "person, hashed → that day's drill: requested and finished (microseconds, 0: not yet), outcome, community, hashed, "
    "asset and network; `<day>` counts from 1970",
    lua="drills",
    lifetime=_MONTH,
)
DRILL_DAYS = RedisKey(
    "{drill}:days",
    RedisType.SORTED_SET,
    "30 days after the last drill",
    "`exchange:day` of every key of drills, by the day, so that a person's can be deleted",
    lua="drill_days",
    lifetime=_MONTH,
)

KEYS: tuple[RedisKey, ...] = tuple(row for row in list(globals().values()) if isinstance(row, RedisKey))
"""All rows above, in their order: what a store of the present layout holds."""

# Layout 1, which schema.py moves forward: each place's exchanges, and each chat's places, were sets of their own.
LAYOUT_1_PLACES = RedisKey(
    "{subs}:places:1",
    RedisType.SET,
    "while it is moved",
    "layout 1: places that are still to be moved; `{subs}:places` was this set",
    lua="layout_1_places",
)
LAYOUT_1_EXCHANGES = RedisKey(
    "{subs}:place:<place>",
    RedisType.SET,
    "while it is moved",
    "layout 1: what a place subscribed to",
    lua="layout_1_exchanges",
)
LAYOUT_1_CHAT = RedisKey(
    "{subs}:chat:<chat>", RedisType.SET, "while it is moved", "layout 1: places of a chat", lua="layout_1_chat"
)
FORMER_KEYS = (LAYOUT_1_PLACES, LAYOUT_1_EXCHANGES, LAYOUT_1_CHAT)
