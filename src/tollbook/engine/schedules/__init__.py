"""Makes the runs of schedules: what is due, by whose right, and what is handed to the outbox."""
