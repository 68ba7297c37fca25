"""The running service: `application` puts the parts together, `lifetime` starts and stops them.

`upkeep` looks after things every few seconds or minutes, `latest_updates` keeps what answers are made from up to date,
`worker_status` says how this worker is doing, `alert_facts` gathers what decides whether alerts can come, `self_report`
says so wherever it is asked or has to be told, `health_server` serves /healthz, /readyz and /metrics.
"""
