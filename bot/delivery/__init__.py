"""Delivery: messages leave the outbox at the platform's rate and are tried again until they arrive or are given up."""
