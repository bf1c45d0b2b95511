"""Sends what stands in the outbox: one worker a destination."""
