"""The table of what was handed down to this site."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('places', '0003_version'),
    ]

    operations = [
        migrations.CreateModel(
            name='HandedDownRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64)),
                ('texts', models.BinaryField()),
            ],
            options={
                'verbose_name': 'set-up that was handed down',
                'db_table': 'handed_down',
            },
        ),
    ]
