"""The outflow as a signal source gives the same signals as the engine."""

from bot.detection.engine import signal_at_newest
from bot.detection.exchange_state import ExchangeState
from bot.detection.outflow_source import Outflow, OutflowState
from bot.domain.severity import Sensitivity, Severity
from tests.builders import OKX, holding
from tests.detection.quiet_past import MIDNIGHT, quiet_weeks


def test_the_signal_source_gives_the_signal_of_the_engine() -> None:
    outflow, fallen = Outflow(), holding(57, at=MIDNIGHT)
    state = outflow.update(OutflowState({"binance": quiet_weeks(), "okx": ExchangeState(OKX)}), [fallen])

    signal = outflow.signal(state, "binance", MIDNIGHT)

    assert outflow.subjects(state) == ["binance"]
    assert signal == signal_at_newest(quiet_weeks().with_reading(fallen), MIDNIGHT)
    assert outflow.grade(signal, Sensitivity.NORMAL).severity is Severity.ELEVATED
    assert (
        outflow.signal(state, "okx", MIDNIGHT) is outflow.signal(outflow.initial_state(), "binance", MIDNIGHT) is None
    )
