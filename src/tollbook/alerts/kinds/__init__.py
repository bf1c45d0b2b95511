"""The kinds of alert: a folder each."""
