"""Price lists as carriers send them, as rows of text."""

from __future__ import annotations

import csv
import io

from tollbook.rating.lists.headings import ListRow


def rows_of_text(text: str, separator: str) -> list[ListRow]:
    """Return the rows of a text; each is a line."""
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    return [ListRow(reader.line_num, tuple(cells)) for cells in reader]
