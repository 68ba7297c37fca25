"""The command line: run, demo, ask, check and backtest; each is one click command in `main`."""
