"""Takes calls of many sites from NATS, and writes them into one table of ClickHouse: `tollbook load`."""
