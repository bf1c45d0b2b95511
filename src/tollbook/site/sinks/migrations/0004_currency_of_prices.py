"""The column `currency` is that of a call's price from now on: columns that meant the PBX's say so."""

import re

from django.db import migrations

_NAME = re.compile(r"(?<![\w'])currency(?![\w'])")


def as_meant(columns):
    """Return columns in which `currency` is the currency of the PBX's charge.

    A part is a field, or a name and what stands for it behind `=`.
    """
    told = []
    for part in columns.split(";"):
        name, equals, source = part.partition("=")
        if equals:
            told.append(name + equals + _NAME.sub("pbx_currency", source))
        else:
            told.append(_NAME.sub("currency = pbx_currency", part))
    return ";".join(told)


def keep(apps, schema_editor):
    """Say which currency sinks are handed."""
    sinks = apps.get_model("sinks", "SinkRecord").objects.using(schema_editor.connection.alias)
    for sink in sinks.filter(columns__contains="currency"):
        sink.columns = as_meant(sink.columns)
        sink.save(update_fields=["columns"])


class Migration(migrations.Migration):

    dependencies = [
        ('sinks', '0003_filter'),
    ]

    operations = [
        migrations.RunPython(keep, migrations.RunPython.noop),
    ]
