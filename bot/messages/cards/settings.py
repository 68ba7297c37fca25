"""The answer to `/settings`: what a place has switched on and off, and how to change it."""

from bot.messages.model import Action, Message, Tone, bold, line, lines


def settings_card(*, notices: bool, changed: bool) -> Message:
    """Return the settings of a place as they are; `changed` says that one was just changed."""
    state, other = ("on", "off") if notices else ("off", "on")
    return Message(
        title="Settings · changed" if changed else "Settings",
        tone=Tone.GOOD if changed else Tone.INFO,
        lines=lines(
            line(bold(f"notices {state}"), " · steps of reserves that are held or not counted as a flow: one message "
                 "each, which is edited with its outcome and pings nobody"),
            line(f"Change it with /settings notices {other}."),
        ),
        actions=(Action(f"Notices {other}", f"settings notices {other}"),),
        private=True,
    )  # fmt: skip
