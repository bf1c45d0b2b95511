"""Destinations of messages: adding, trying and changing them, and what became of what was sent."""
