"""The upstreams that lists of exchanges and readings come from, one folder or file each; DefiLlama is the first.

To add a source: a folder beside `defillama/` with a class that fits `bot.ports.sources.Source`, fetching through
`http.Http` and raising nothing but SourceError; a URL in `bot/config/settings.py`; a line in
`bot/service/application.py`. The steps in full are in docs/adding-a-source.md.

What all sources share: `http` (client, limits, retries), `http_errors` (what each failure means), `decompression`,
`json_stream` (large documents in pieces), `loop_sharing` (long work on the event loop), `own_tokens` (a table).
"""
