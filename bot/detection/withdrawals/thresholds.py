"""Every number that withdrawals are judged by. All of them are judgement, not fitted on events: few are on record.

A reference: Binance paused USDC for eight hours on 13 December 2022, FTX closed everything on the third day of its run.
"""

from datetime import timedelta

from bot.domain.severity import Sensitivity

ONE_MAJOR_FOR = timedelta(minutes=60)
"""One major closed for so long is watch. Pauses of wallet work are mostly shorter."""
TWO_MAJORS_FOR = timedelta(minutes=15)
"""Two majors closed for so long are elevated: two wallets at work at the same time are rare, minutes of it are not."""
SCALES = {Sensitivity.EARLY: 0.7, Sensitivity.NORMAL: 1.0, Sensitivity.CALM: 1.5}
"""By what a preset multiplies the minutes: `early` waits 42 and 10.5 of them, `calm` 90 and 22.5. All four majors
closed are severe at once under every preset."""

SILENT_POLLS = 3
"""After so many polls without an answer nothing is known any more: one or two are lost on any network."""
MAX_AGE = timedelta(minutes=45)
"""What was answered longer ago is not known any more: three polls of a source that is asked four times an hour. Where
an exchange is asked less often it is three polls of its own (`is_too_old`)."""

NETWORK_EVENT_EXCHANGES = 3
"""So many exchanges that close one network within NETWORK_EVENT_SPAN make it the network's maintenance."""
NETWORK_EVENT_SPAN = timedelta(hours=1)
NETWORK_EVENT_EXCUSES_FOR = timedelta(hours=24)
"""How long a network event excuses a closing. Upgrades take hours; who is still closed a day later has a reason of its
own."""
FORGOTTEN_AFTER = timedelta(days=30)
"""A network that an exchange has not told for so long is forgotten, whether it answers or not. That it was closed when
it was last known keeps no incident from ending any more: one that is critical for ever hides whatever comes later."""

SHARE_JUMP = 0.2
"""The closed share has jumped when it is so much above the exchange's own median: a fifth of all its networks more than
usual. At most exchanges a tenth to a fifth is always closed, mostly of coins that nobody trades any more."""
SHARE_JUMP_EASING = 0.6
"""It is back once it is above the median by less than this fraction of SHARE_JUMP, as for flows."""
SHARE_DAYS = 30
MIN_SHARE_DAYS = 7
"""Over so many days the median is taken, and with fewer than MIN_SHARE_DAYS nothing is usual yet."""

KEPT_TRANSITIONS = 100
"""So many of an exchange's latest changes are kept in memory; the store keeps those of 400 days."""
