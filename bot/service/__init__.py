"""The running service: `application` puts the parts together, `lifetime` starts and stops them.

`upkeep` looks after things every few seconds or minutes, `latest_updates` keeps what answers are made from up to date,
`worker_status` and `readiness` say how this worker is doing, `server` serves /healthz, /readyz and /metrics.
"""
