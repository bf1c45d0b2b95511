"""What may stand within an address for a name: registered where it is imported, before any address is written."""

from __future__ import annotations

from django.urls import register_converter

from tollbook.model.pbx import NAME
from tollbook.site.tariffs.files import VERSION


class PbxName:
    """A PBX's name within an address, or another one that is written like it."""

    regex = NAME.pattern

    def to_python(self, value: str) -> str:
        """Return the name."""
        return value

    def to_url(self, value: str) -> str:
        """Return the name."""
        return value


class VersionName(PbxName):
    """The name of a version of a tariff within an address."""

    regex = VERSION.pattern


register_converter(PbxName, "pbx")
register_converter(VersionName, "version")
