"""Alerts: what they found, and setting them up."""
