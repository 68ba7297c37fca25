"""Replay episodes of the past, or invented ones, in DefiLlama's own format. The data is in `episodes/`.

The engine, in the order that data passes through it: `episode` and `faults` (what an episode is made of) → `prices`
and `generator` (what every exchange really held at every hour) → `observations` (what the upstream saw of it) →
`recorder`, `protocol_body` and `upstream` (the bodies it would answer with) → `server` (over HTTP, at the time of
`clock`) or `export` (as files for a backtest). `outflow_curve` lays a past run beside the present for `/compare`.
"""
