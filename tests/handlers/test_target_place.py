"""How another place is named in a command, on every platform."""

from tests.fakes.dispatcher import DispatcherBench


def test_a_channel_is_described_as_each_platform_writes_it() -> None:
    described = [
        parameter.description
        for command in DispatcherBench().commands
        for parameter in command.parameters
        if "@mychannel" in parameter.description
    ]
    assert len(described) > 5
    assert all("#mychannel" in text for text in described)
