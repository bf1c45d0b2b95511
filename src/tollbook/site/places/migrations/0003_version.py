"""Groups of places say which version is wanted."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('places', '0002_groups'),
    ]

    operations = [
        migrations.AddField(
            model_name='placegrouprecord',
            name='version',
            field=models.CharField(blank=True, default='', max_length=40),
        ),
    ]
