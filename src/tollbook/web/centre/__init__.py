"""The centre as a place sees it: joining and leaving it, and telling it each minute how this site is doing."""
