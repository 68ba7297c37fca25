"""`runwatch backtest`: the live rules over a past kept as files, and simple rules beside them. The core is pure."""
