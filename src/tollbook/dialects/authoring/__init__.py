"""Finds, guesses and writes formats, and checks what their folders have to show."""
