"""How long to wait before the next connection to Discord."""

from bot.chat.discord.reconnect_backoff import ReconnectBackoff, ReconnectTimeouts


def pause_s(backoff: ReconnectBackoff, *, was_connected: bool = False, identify_pause_s: float = 0.0) -> float:
    return backoff.pause_s(was_connected=was_connected, token_is_refused=False, identify_pause_s=identify_pause_s)


def test_pauses_double_up_to_two_minutes_and_begin_anew_after_a_connection() -> None:
    backoff = ReconnectBackoff(ReconnectTimeouts())
    longest = [4, 8, 16, 32, 64, 120, 120]
    pauses = [pause_s(backoff) for _ in longest]
    assert all(most / 2 <= pause <= most for pause, most in zip(pauses, longest, strict=True))
    assert 1 <= pause_s(backoff, was_connected=True) <= 2


def test_a_thousand_failures_still_make_a_pause_of_two_minutes() -> None:
    backoff = ReconnectBackoff(ReconnectTimeouts())
    assert max(pause_s(backoff) for _ in range(1000)) <= 120


def test_no_connection_is_made_before_an_identify_is_allowed() -> None:
    backoff = ReconnectBackoff(ReconnectTimeouts())
    assert pause_s(backoff, was_connected=True, identify_pause_s=190.0) == 190.0
    assert backoff.pause_s(was_connected=False, token_is_refused=True, identify_pause_s=400.0) == 400.0


def test_a_refused_token_is_tried_every_five_minutes() -> None:
    backoff = ReconnectBackoff(ReconnectTimeouts())
    assert backoff.pause_s(was_connected=False, token_is_refused=True, identify_pause_s=0.0) == 300.0
