"""When something is done: words and cron expressions, and the moments that they mean. Nothing here reads a clock."""
