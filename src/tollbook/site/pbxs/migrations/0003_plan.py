"""Dial plans of PBXs."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pbxs', '0002_format_change'),
    ]

    operations = [
        migrations.AddField(
            model_name='pbxrecord',
            name='plan',
            field=models.JSONField(default=dict),
        ),
    ]
