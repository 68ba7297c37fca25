"""`runwatch backtest`: the live rules over a past kept as files."""
