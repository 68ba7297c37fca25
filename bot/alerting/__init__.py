"""Turns signals into incidents and decides which places hear of each step. Pure: no clock, no store, no network.

Nothing is sent from here: `bot/monitoring/watch.py` makes the alerts of a step and stores them with the incident.
"""
