"""The bot's own reading on chain: an Esplora server for Bitcoin, a JSON-RPC node for Ethereum. Off by default."""
