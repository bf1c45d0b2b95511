"""Phone bills as tables, and as files."""
