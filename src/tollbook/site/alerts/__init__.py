"""Rules of alerts, what they found, and how far the calls have been looked at."""
