"""When backups are made by themselves, and where they go."""
