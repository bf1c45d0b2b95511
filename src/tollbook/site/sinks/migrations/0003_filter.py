"""Which calls a sink is handed is its filter."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('sinks', '0002_columns_as_they_were'),
    ]

    operations = [
        migrations.RenameField(model_name='sinkrecord', old_name='words', new_name='filter'),
    ]
