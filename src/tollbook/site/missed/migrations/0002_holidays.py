"""Whose holidays have no opening hours."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("missed", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="missedsettingrecord",
            name="holidays",
            field=models.CharField(blank=True, default="", max_length=20),
        ),
    ]
