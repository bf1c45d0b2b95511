"""Writes what the dialects make of their cases beside the cases: `python -m tests.catalogue.generate`.

A file that is there already is left alone without `--force`. Whatever is written has to be read by a person, line by
line, before it is committed: this program only knows what the dialect does, not what it should do.
"""

import argparse
import sys

from tests.catalogue.outcomes import Case, cases, written
from tollbook.dialects.known import layouts


def main(arguments: list[str] | None = None) -> int:
    """Write the files that are missing; with `--force` also those that differ."""
    parser = argparse.ArgumentParser(prog="python -m tests.catalogue.generate", description=__doc__)
    parser.add_argument("slug", nargs="*", help="only these dialects")
    parser.add_argument("--force", action="store_true", help="write files again that say something else")
    given = parser.parse_args(arguments)
    unknown = set(given.slug) - layouts().keys()
    if unknown:
        parser.error(f"no dialect is called {', '.join(sorted(unknown))}; there are: {', '.join(layouts())}")
    chosen = [case for case in cases() if not given.slug or case.slug in given.slug]
    kept = [case for case in chosen if not _write(case, force=given.force)]
    for case in kept:
        sys.stderr.write(f"left as it is, though the dialect now says something else: {case}\n")
    return int(bool(kept))


def _write(case: Case, *, force: bool) -> bool:
    """Write one case's outcomes; say whether the file now holds what the dialect says."""
    text = written(case.outcomes)
    there = case.expected_path.read_bytes() if case.expected_path.exists() else None
    if there == text:
        return True
    if there is not None and not force:
        return False
    case.expected_path.write_bytes(text)
    sys.stdout.write(f"{'written again' if there else 'written'}, to be read before it is committed: {case}\n")
    return True


if __name__ == "__main__":
    sys.exit(main())
