"""A database sink keeps the columns that its table has: three of the calls' columns have other names from now on."""

from django.db import migrations

WERE = (
    "id", "pbx", "direction", "outcome", "started_at", "answered_at", "ended_at", "started_local", "ring_s", "talk_s",
    "total_s", "extension", "caller", "called", "trunk", "account_code", "device", "feature", "option1", "option2",
    "call_id", "status", "source_channel", "destination_channel", "caller_name", "ddi", "trunk_group", "auth_code",
    "third_party", "charge = pbx_charge", "currency = pbx_currency", "units = pbx_units", "hold_s", "linked_id",
    "legs", "body", "member", "position", "length",
)
"""What `tollbook` stood for among the columns of a sink."""


def keep(apps, schema_editor):
    """Write out what `tollbook` stood for."""
    sinks = apps.get_model("sinks", "SinkRecord").objects.using(schema_editor.connection.alias)
    sinks.filter(kind="sql", columns__in=("", "tollbook")).update(columns="; ".join(WERE))


class Migration(migrations.Migration):

    dependencies = [
        ('sinks', '0001_initial'),
    ]

    operations = [
        migrations.RunPython(keep, migrations.RunPython.noop),
    ]
