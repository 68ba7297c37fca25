"""Exchanges' public tickers of BTC, ETH, USDT and USDC: a small adapter for each exchange."""
