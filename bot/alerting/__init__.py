"""Turns signals into incidents and decides which places hear of each step. Pure: no clock, no store, no network."""
