"""`runwatch backtest`: the live rules over a history kept as files, naive rules beside them. The core is pure."""
