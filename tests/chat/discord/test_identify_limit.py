"""How soon the bot may sign in to the gateway again."""

from bot.chat.discord.identify_limit import IdentifyLimit


def test_the_first_sign_in_waits_for_nothing() -> None:
    assert IdentifyLimit().pause(now=100.0) == 0


def test_sign_ins_are_five_seconds_apart() -> None:
    limit = IdentifyLimit()
    limit.record(100.0)
    assert limit.pause(101.0) == 4.0
    assert limit.pause(105.0) == 0


def test_a_day_never_holds_a_thousand_sign_ins() -> None:
    limit, now_s, identified_at = IdentifyLimit(), 0.0, []
    while now_s < 3 * 86_400:
        now_s += limit.pause(now_s)
        limit.record(now_s)
        identified_at.append(now_s)
    busiest_day = max(sum(start <= at < start + 86_400 for at in identified_at) for start in identified_at[::50])
    assert 500 < busiest_day < 1000
