"""The table of places."""

from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='PlaceRecord',
            fields=[
                ('name', models.CharField(max_length=60, primary_key=True, serialize=False)),
                ('group', models.CharField(default='all', max_length=60)),
                ('code_digest', models.CharField(db_index=True, default='', max_length=64)),
                ('code_ends_at', models.DateTimeField(null=True)),
                ('token_digest', models.CharField(db_index=True, default='', max_length=64)),
                ('added_at', models.DateTimeField(auto_now_add=True)),
                ('joined_at', models.DateTimeField(null=True)),
                ('heard_at', models.DateTimeField(null=True)),
                ('clock_s', models.FloatField(default=0.0)),
                ('health', models.JSONField(null=True)),
            ],
            options={
                'verbose_name': 'place',
                'db_table': 'place',
                'ordering': ('name',),
            },
        ),
    ]
