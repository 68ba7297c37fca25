from collections.abc import Iterable, Mapping
from datetime import timedelta

from bot.domain.doors import Gate
from bot.domain.exchange import Exchange
from bot.domain.flow import HoldReason
from bot.domain.incident import IncidentState, StepReason
from bot.domain.reading import Reading
from bot.domain.severity import Sensitivity, Severity
from bot.hindsight.rounds import rounds
from bot.hindsight.trial import Telling, Trial
from tests.builders import BINANCE, DAY, HOUR, NOON, OKX, holding, reading

DAWN = NOON - timedelta(hours=12)


def days(*billions: float, exchange: Exchange = BINANCE, quiet: int = 40) -> list[Reading]:
    """Return readings of quiet days, then of these, the last of which is at dawn."""
    held = [*(billions[0] * (1.002 if day % 2 else 1.0) for day in range(quiet)), *billions]
    return [holding(one, at=DAWN - (len(held) - 1 - day) * DAY, exchange=exchange.id) for day, one in enumerate(held)]


def told(trial: Trial, *pasts: Iterable[Reading]) -> list[Telling]:
    return [one for some in rounds(pasts) for one in trial.take(some)]


def reasons(tellings: Iterable[Telling]) -> list[tuple[str, StepReason, Severity | None]]:
    return [(one.exchange, one.reason, one.incident.severity if one.incident else None) for one in tellings]


def test_a_past_is_told_as_it_would_have_been() -> None:
    trial = Trial([BINANCE])

    opened, worse = told(trial, days(60.1, 58, 53))

    assert (opened.at, opened.reason) == (DAWN - DAY, StepReason.OPENED)
    assert opened.flow is opened.signal.leading_flow
    assert (worse.reason, worse.incident and worse.incident.severity) == (StepReason.ESCALATED, Severity.SEVERE)
    (incident,) = trial.incidents()
    assert (incident.label, incident.peak) == ("INC-1", Severity.SEVERE)


def test_a_run_is_not_learned_as_usual() -> None:
    trial = Trial([BINANCE])
    first = told(trial, days(60.1, 57, 54, 51.5))
    spells = first[-1].signal.baseline

    assert spells
    assert spells.worst > -0.01


def test_what_lies_before_the_beginning_only_teaches() -> None:
    trial = Trial([BINANCE], since=DAWN)

    (opened,) = told(trial, days(60.1, 50, 47))

    assert opened.at == DAWN
    assert opened.signal.baseline


def test_presets_live_beside_the_normal_one_under_one_number() -> None:
    trial = Trial([BINANCE], sensitivity=Sensitivity.EARLY)

    tellings = told(trial, days(60.1, 58.6, 57))

    assert reasons(tellings) == [
        ("binance", StepReason.OPENED, Severity.ELEVATED),
    ]
    assert {one.incident.sensitivity for one in tellings if one.incident} == {Sensitivity.EARLY}
    assert [one.label for one in trial.incidents()] == ["INC-1"]


def test_doors_that_close_are_known_from_the_next_reading_on() -> None:
    closed = [Gate(asset, network, is_open=False, since=DAWN - 20 * HOUR) for asset, network in GATES.items()]
    trial = Trial([BINANCE, OKX], gates={"binance": closed, "okx": []})

    tellings = told(trial, days(60.1, 57.5, 55), days(9, 9.01, 9, exchange=OKX))

    assert reasons(tellings) == [
        ("binance", StepReason.OPENED, Severity.ELEVATED),
        ("binance", StepReason.ESCALATED, Severity.CRITICAL),
    ]


GATES: Mapping[str, str] = {"BTC": "BTC", "ETH": "ETH"}


def test_a_hold_is_told_once_a_spell() -> None:
    whole = days(60, 60.1, 60, 60.1, 60, 60.1)
    for place in (-5, -4, -2):
        held = {slot: one for slot, one in whole[place].holdings.items() if slot.chain != "Tron"}
        whole[place] = Reading("binance", "defillama", whole[place].as_of, whole[place].as_of, held)

    tellings = told(Trial([BINANCE]), whole)

    assert [(one.at, one.reason, one.incident) for one in tellings] == [
        (DAWN - 4 * DAY, StepReason.HELD, None),
        (DAWN - DAY, StepReason.HELD, None),
    ]
    assert [hold.reason for hold in tellings[0].holds] == [HoldReason.CHAIN_MISSING]
    assert tellings[0].flow
    assert tellings[0].flow.hold


def test_a_hold_while_an_incident_is_open_is_told_of_it() -> None:
    whole = days(60.1, 57, 54, 51)
    whole.append(reading({"Bitcoin/BTC": (1e6, 20_000.0)}, at=DAWN + DAY))

    tellings = told(Trial([BINANCE]), whole)

    assert tellings[-1].reason is StepReason.HELD
    assert tellings[-1].incident
    assert tellings[-1].incident.label == "INC-1"
    assert tellings[-1].flow
    assert tellings[-1].flow.hold in tellings[-1].holds


def test_what_is_market_wide_is_told_first_and_over_once_it_is() -> None:
    three = [Exchange(id_, id_) for id_ in ("a", "b", "c")]
    calm = [19.2 if day % 2 else 19.21 for day in range(20)]
    trial = Trial(three)

    tellings = told(trial, *(days(20.1, 19.2, *calm, exchange=one) for one in three))
    of_the_market = [one for one in tellings if one.exchange == "market"]

    assert [one.reason for one in of_the_market] == [StepReason.OPENED, StepReason.RESOLVED]
    assert tellings[0] is of_the_market[0]
    singles = [one for one in tellings if one.reason is StepReason.OPENED and one.exchange != "market"]
    assert [one.inhibited_by and one.inhibited_by.label for one in singles] == ["INC-4"] * 3
    assert {one.state for one in trial.incidents()} == {IncidentState.RESOLVED}
