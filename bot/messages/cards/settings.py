"""The answer to `/settings`: what a place has switched on and off, and how to change it."""

from bot.messages.model import Action, Message, Tone, bold, line, lines


def settings_card(*, notices: bool, drills: bool, changed: bool) -> Message:
    """Return the settings of a place as they are; `changed` says that one was just changed."""
    notices_state, notices_other = _states(is_on=notices)
    drills_state, drills_other = _states(is_on=drills)
    return Message(
        title="Settings · changed" if changed else "Settings",
        tone=Tone.GOOD if changed else Tone.INFO,
        lines=lines(
            line(bold(f"notices {notices_state}"), " · steps of reserves that are held or not counted as a flow: one "
                 "message each, which is edited with its outcome and pings nobody"),
            line(bold(f"drills {drills_state}"), " · members may begin withdrawal drills here with /drill, and answers "
                 "here show what drills found"),
            line(f"Change it with /settings notices {notices_other} or /settings drills {drills_other}."),
        ),
        actions=(
            Action(f"Notices {notices_other}", f"settings notices {notices_other}"),
            Action(f"Drills {drills_other}", f"settings drills {drills_other}"),
        ),
        private=True,
    )  # fmt: skip


def _states(*, is_on: bool) -> tuple[str, str]:
    """Return the word for what a setting is, and for what it can be changed to."""
    return ("on", "off") if is_on else ("off", "on")
