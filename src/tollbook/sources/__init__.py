"""The ways records arrive: one folder each, an `Options` declaration and one async generator of arrivals."""
