"""What a run has done or would do, in words, for the page and the commands."""

from __future__ import annotations

import msgspec

from tollbook.model.retention import RetentionCounts

_WORDS = {
    "records": ("call is kept without its record", "calls are kept without their records"),
    "bodies": ("answer, file or connection is dropped from the journal", "answers, files and connections are dropped"),
    "held": (
        "old answer or file stays, since it has younger records or some that could not be read",
        "old answers and files stay, since they have younger records or some that could not be read",
    ),
    "numbers": ("call loses the last three digits of its number", "calls lose the last three digits of their numbers"),
    "calls": ("call is deleted", "calls are deleted"),
    "rejects": ("record that could not be read is deleted", "records that could not be read are deleted"),
    "notes": ("note is deleted", "notes are deleted"),
    "history": ("alert, follow-up, message or file is deleted", "alerts, follow-ups, messages and files are deleted"),
    "looks": ("line of who looked is deleted", "lines of who looked are deleted"),
    "backups": ("backup is deleted", "backups are deleted"),
}


def told(counts: RetentionCounts) -> list[str]:
    """Return a sentence for each kind of which there is something."""
    found = msgspec.structs.asdict(counts)
    return [f"{found[name]:,} {words[found[name] != 1]}" for name, words in _WORDS.items() if found[name]]
