"""Schedules: which reports are sent when, and what became of each."""
