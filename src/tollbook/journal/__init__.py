"""Every byte ever captured, on disk before anyone looks at it. The truth that everything else is computed from."""

from tollbook.journal import writes
from tollbook.journal.journal import Damaged, Journal, JournalFull, NotWritten

__all__ = ["Damaged", "Journal", "JournalFull", "NotWritten", "writes"]
