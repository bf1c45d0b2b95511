"""Writes what the dialects make of their cases beside the cases: `python -m tests.catalogue.generate`.

A file that is there already is left alone without `--force`. Whatever is written has to be read by a person, line by
line, before it is committed: this program only knows what the dialect does, not what it should do.
"""

import argparse
import sys

from tests.catalogue.found import cases
from tollbook.dialects.authoring.accepting import KeptOutcomes, accept
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
    found = [(case, accept(case, force=given.force)) for case in chosen]
    for case, kept in found:
        if kept is not KeptOutcomes.UNCHANGED:
            sys.stdout.write(f"{kept.value}: {case}\n")
    return int(any(kept is KeptOutcomes.LEFT for _, kept in found))


if __name__ == "__main__":
    sys.exit(main())
