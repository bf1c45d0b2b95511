"""The table of groups of places."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('places', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='PlaceGroupRecord',
            fields=[
                ('name', models.CharField(max_length=60, primary_key=True, serialize=False)),
                ('parts', models.JSONField(default=list)),
            ],
            options={
                'verbose_name': 'group of places',
                'db_table': 'place_group',
                'ordering': ('name',),
            },
        ),
    ]
