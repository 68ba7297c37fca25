"""Public prices of coins: DefiLlama's index and supplies, and exchanges' own tickers."""
