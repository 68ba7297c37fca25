"""The summary of a page at Atlassian Statuspage: its components, and maintenance that is announced or under way.

Every such page has it under `/api/v2/summary.json`, in the same format: https://metastatuspage.com/api
"""

from collections.abc import Iterator
from dataclasses import replace

import msgspec

from bot.domain.withdrawal_reading import Maintenance
from bot.sources.withdrawals.adapter import WITHDRAWAL_LIMITS
from bot.sources.withdrawals.announcements import MOST_ANNOUNCEMENTS, plain_title, time_of_text
from bot.sources.withdrawals.status_pages.names import named_assets, named_networks

SUMMARY_PATH = "/api/v2/summary.json"
STATUS_PAGE = "status page"
"""What the part is called where it cannot be read."""

PAGE_LIMITS = replace(WITHDRAWAL_LIMITS, wire_bytes=1 << 20, plain_bytes=1 << 20)
"""Kraken's 826 components have some 0.3 MB. A page is read in one go, so that a much larger one would hold all up."""

_UNDER_WAY, _OVER = {"in_progress", "verifying"}, {"completed", "resolved", "postmortem"}
# Maintenance of what has nothing to do with paying out; Kraken has such components for most assets.
_OTHER_SERVICES = (" - Staking", " - Custody", " - Opt-in Rewards")


class PageComponent(msgspec.Struct):
    """A thing that a page tells the state of; `group_id` is the id of the group it stands in."""

    id: str
    name: str
    status: str
    group: bool = False
    group_id: str | None = None


class _AffectedComponent(msgspec.Struct):
    name: str = ""


class _PageMaintenance(msgspec.Struct):
    name: str
    status: str
    scheduled_for: str | None = None
    scheduled_until: str | None = None
    components: list[_AffectedComponent] | None = None


class PageSummary(msgspec.Struct):
    """The page as a whole. Its two lists are always there, and may be empty."""

    components: list[PageComponent]
    scheduled_maintenances: list[_PageMaintenance]


_DECODER = msgspec.json.Decoder(PageSummary)


def read_summary(body: bytes) -> PageSummary:
    """Return the page that a body holds; raise msgspec's errors."""
    return _DECODER.decode(body)


def announced_maintenance(summary: PageSummary) -> tuple[Maintenance, ...]:
    """Return the maintenance that is not over, with the assets and networks that titles and components name."""
    return tuple(_maintenances(summary))[:MOST_ANNOUNCEMENTS]


def _maintenances(summary: PageSummary) -> Iterator[Maintenance]:
    for entry in summary.scheduled_maintenances:
        names = [component.name for component in entry.components or ()]
        relevant = [name for name in names if not name.endswith(_OTHER_SERVICES)]
        if entry.status in _OVER or (names and not relevant):
            continue
        texts = (entry.name, *relevant)
        yield Maintenance(
            plain_title(entry.name) or "Maintenance",
            begins_at=time_of_text(entry.scheduled_for),
            ends_at=time_of_text(entry.scheduled_until),
            is_under_way=entry.status in _UNDER_WAY,
            assets=frozenset(asset for text in texts for asset in named_assets(text)),
            networks=frozenset(network for text in texts for network in named_networks(text)),
        )
