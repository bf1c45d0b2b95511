"""Sinks: adding and changing them, what they have taken and what not."""
