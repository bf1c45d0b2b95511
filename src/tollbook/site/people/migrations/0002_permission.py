"""What a token may do is its permission; a scope is which calls somebody may see."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0001_initial'),
    ]

    operations = [
        migrations.RenameField(model_name='tokenrecord', old_name='scope', new_name='permission'),
    ]
