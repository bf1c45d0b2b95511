"""Where calls are copied to: one folder a kind, each with its options and what it does with changes."""
