"""Subscriptions, files of settings and `/privacy`: no English word is left in the longest answers but names."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from bot.domain.exchange import Exchange
from bot.domain.mute import Mute
from bot.domain.place import Place, Platform
from bot.domain.place_export import PlaceExport
from bot.domain.place_import import ImportPlan, LeftOut, Omission
from bot.domain.place_settings import PlaceSetting
from bot.domain.setting_change import SettingChange, SettingEditor
from bot.domain.severity import Sensitivity, Severity
from bot.domain.stress import STRESS
from bot.language.translation import written_in
from bot.messages.cards.porting import export_card, import_preview_card, imported_card, nothing_to_import_card
from bot.messages.cards.privacy import StoredHere, confirm_deletion_card, deleted_card, privacy_card, stored_card
from bot.messages.cards.subscription_list import ListedPlace, subscription_detail_card, subscriptions_card
from bot.messages.cards.subscription_refusals import never_critical, never_large_enough, never_watched
from bot.messages.cards.subscriptions import CriticalReach, subscribed_card, subscribed_to_stress_card
from bot.messages.cards.unsubscribed import restored_card, unsubscribed_card
from bot.messages.documents import Document
from bot.messages.model import Message, lines
from tests.builders import BINANCE, DAY, HERE, NOON, incident, subscription
from tests.language.pseudo import PSEUDO, leftover_words, pseudo_language

ON_DISCORD, ELSEWHERE = Place(Platform.DISCORD, "77"), Place(Platform.TELEGRAM, "7")
NAMES = {"binance": "Binance", "okx": "OKX"}
OKX = Exchange("okx", "OKX")
ALL = subscription(None, place=ON_DISCORD, usd=5e7)
EARLY = subscription(sensitivity=Sensitivity.EARLY, usd=5e7, share=0.03, mention="here")
ON_A_ROLE = subscription("okx", place=ON_DISCORD, share=0.03, mention="1" * 19, severity=Severity.CRITICAL)
PINGING = replace(ON_A_ROLE, mention="here", sensitivity=Sensitivity.CALM, created_at=NOON)
TEST = subscription(STRESS.id)
MANY = [EARLY, ON_A_ROLE, ALL, *(subscription(f"ex{number}") for number in range(9))]
MUTES = (Mute(HERE, "okx", NOON, NOON + DAY, "7"), Mute(HERE, None, NOON, NOON + DAY, "7"))
CHANGE = SettingChange(NOON, SettingEditor("7", "Ann"), PlaceSetting.QUIET, "off", "22:00-07:00")
SETTINGS = (("quiet", "22:00-07:00"),)
STORED = StoredHere(PlaceExport(HERE, tuple(MANY), SETTINGS, MUTES), (CHANGE,), has_trouble=True)
PLAN = ImportPlan(
    HERE,
    SettingEditor("7"),
    added=(EARLY, ON_A_ROLE),
    changed=((subscription(), EARLY),),
    settings=(("quiet", "off", "22:00-07:00"),),
    mutes=MUTES,
    left_out=tuple(LeftOut(omission, "okx") for omission in Omission for _ in range(9)),
    kept=99,
)
LISTED = ListedPlace(HERE, HERE, [*MANY, TEST], NAMES, may_name_channels=True)
TYPED = {"okx", "quiet", "off", "here", "subscribe", "mychannel", "subscriptions", "file"}
"""Names of settings, their values and what stands in a command: typed in English in every language."""
NAMED = {"Binance", "OKX", "Runwatch", "Ann", "Send Messages", "OKX_API_KEY", *TYPED}

CARDS: Mapping[str, Callable[[], Message]] = {
    "subscribed": lambda: subscribed_card(
        EARLY, "Binance", ("Send Messages",), [incident()] * 5, critical=CriticalReach(0, 1), general=ALL, before=ALL
    ),
    "subscribed to all": lambda: subscribed_card(
        ALL, None, (), critical=CriticalReach(1, 4), own=[PINGING, *MANY], names=NAMES, mention_lacks=("Send Messages",)
    ),
    "subscribed elsewhere": lambda: subscribed_card(
        ON_A_ROLE, "OKX", ("Send Messages",), [incident()], here=ELSEWHERE, is_tracked=False, before=ON_A_ROLE
    ),
    "subscribed to the stress test": lambda: subscribed_to_stress_card(("Send Messages",)),
    "unsubscribed from everything": lambda: unsubscribed_card(None, 3, everything=True),
    "unsubscribed from all": lambda: unsubscribed_card(None, 1, left=[EARLY]),
    "unsubscribed": lambda: unsubscribed_card(BINANCE, 1, left=[ALL]),
    "unsubscribed from the stress test": lambda: unsubscribed_card(STRESS, 1),
    "nothing to cancel": lambda: unsubscribed_card(STRESS, 0),
    "restored": lambda: restored_card(MANY, NAMES),
    "list": lambda: subscriptions_card(replace(LISTED, paused_because="7", unwatched=frozenset({"okx"}))),
    "list's end": lambda: subscriptions_card(LISTED, 2),
    "empty list": lambda: subscriptions_card(replace(LISTED, subscriptions=())),
    "detail": lambda: subscription_detail_card(replace(LISTED, subscriptions=[PINGING]), "okx", can_be_critical=True),
    "detail of the stress test": lambda: subscription_detail_card(LISTED, STRESS.id, can_be_critical=False),
    "detail of none": lambda: subscription_detail_card(
        replace(LISTED, subscriptions=[ALL]), "okx", can_be_critical=False
    ),
    "export": lambda: export_card(STORED.export, Document("a.json", "")),
    "preview": lambda: import_preview_card(PLAN, NAMES, "1f3a09bc", here=HERE, origin=ELSEWHERE),
    "short preview": lambda: import_preview_card(
        replace(PLAN, added=(), changed=(), left_out=()), NAMES, "1f3a09bc", here=HERE, origin=HERE
    ),
    "nothing to import": lambda: nothing_to_import_card(PLAN, NAMES),
    "imported": lambda: imported_card(PLAN, NAMES, here=HERE),
    "privacy": privacy_card,
    "stored": lambda: stored_card(STORED, NAMES, here=HERE),
    "stored, without people": lambda: stored_card(STORED, NAMES, here=HERE, names_people=False),
    "deletion": lambda: confirm_deletion_card(STORED, "1f3a09bc", here=HERE, is_own_chat=True),
    "deleted": lambda: deleted_card(STORED, drills=2),
    "nothing deleted": lambda: deleted_card(StoredHere(PlaceExport(HERE)), drills=None),
}


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_no_english_word_is_left(monkeypatch: pytest.MonkeyPatch, card: Callable[[], Message]) -> None:
    pseudo_language(monkeypatch)
    with written_in(PSEUDO):
        message = card()

    assert leftover_words(message, NAMED) == []


def test_of_a_refusal_the_command_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    pseudo_language(monkeypatch)
    with written_in(PSEUDO):
        refusals = (
            never_critical(OKX, is_on=True),
            never_critical(None, is_on=True),
            never_large_enough("OKX", 1e12, 1e9),
            never_large_enough(None, 1e12, 1e9),
            never_watched("OKX"),
        )

    assert "/subscribe okx severe" in refusals[0]
    assert leftover_words(Message("", lines=lines(*refusals)), NAMED) == ["severe", "all"]
