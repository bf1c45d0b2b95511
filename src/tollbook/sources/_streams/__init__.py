"""What all sources of streams share: connections whose bytes wait for the engine, merged into events."""
