"""Limits on formats that are passed on as files, and on providers beside them; they stand beside those of `limits`."""

from __future__ import annotations

from tollbook.model import page_limits  # noqa: F401 - the reference tells of its limits first, whoever imports these
from tollbook.model.limits import FORMAT_CASES, way

_FILES = way("Formats that somebody shared")
_NOT_TAKEN = "the file is refused, and nothing is changed"
SHARED_BYTES = _FILES.limit("a format, packed and unpacked", 4 << 20, "bytes", _NOT_TAKEN)
SHARED_FILES = _FILES.limit("files of a format", 3 * FORMAT_CASES + 4, "files", _NOT_TAKEN)
SHARED_RESULT = _FILES.limit("the outcomes of a case", 4 << 20, "bytes", _NOT_TAKEN)
SHARED_CASES_S = _FILES.limit("reading a format's own cases", 30, "seconds", "the process is ended, the file refused")
SHARED_CHECK_S = _FILES.limit("comparing a format with those there are", 60, "seconds", _NOT_TAKEN)

_PROVIDERS = way("Providers of a site's own (`provider.toml`)")
_NO_PROVIDER = "the provider is refused, and its PBXs say why"
PROVIDER_FILE = _PROVIDERS.limit("a provider", 65_536, "bytes", _NO_PROVIDER)
PROVIDER_TEXT = _PROVIDERS.limit("a text in it", 2048, "characters", _NO_PROVIDER)
PROVIDER_KEYS = _PROVIDERS.limit("parameters, headers or fields in it", 100, "each", _NO_PROVIDER)
