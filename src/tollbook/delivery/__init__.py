"""How messages leave Tollbook: one folder a kind, each with its options and how it hands a message on."""
