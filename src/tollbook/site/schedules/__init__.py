"""Schedules of a site, and their runs."""
