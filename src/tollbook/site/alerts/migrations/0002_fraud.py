"""The alerts of a new site. One that has PBXs already is left as it is."""

from django.db import migrations
from django.utils import timezone

from tollbook.site.alerts.preset import FRAUD, HISTORY_DAYS


def keep(apps, schema_editor):
    alias = schema_editor.connection.alias
    if apps.get_model("pbxs", "PbxRecord").objects.using(alias).exists():
        return
    table = apps.get_model("alerts", "AlertRuleRecord").objects.using(alias)
    for each in FRAUD:
        owner = {"owner_kind": "program", "owner": "tollbook"}
        table.create(**each, **owner, since=timezone.now(), history_days=HISTORY_DAYS, preset=True)


class Migration(migrations.Migration):

    dependencies = [
        ("alerts", "0001_initial"),
        ("pbxs", "0003_plan"),
    ]

    operations = [migrations.RunPython(keep, migrations.RunPython.noop)]
