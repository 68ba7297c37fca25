"""The greeting to a new chat or server."""

from bot.language.translation import written_in
from bot.messages.cards.welcome import welcome_card


def test_a_greeting_in_another_language_offers_to_post_in_it() -> None:
    """Alerts are in English until the place says otherwise: who reads the greeting can say so at a press."""
    with written_in("es"):
        card = welcome_card()
    assert [action.command for action in card.actions] == ["subscribe ?", "help", "settings language es"]
    assert card.actions[-1].label.endswith("Español")


def test_a_greeting_in_english_has_nothing_to_offer() -> None:
    assert [action.command for action in welcome_card().actions] == ["subscribe ?", "help"]
