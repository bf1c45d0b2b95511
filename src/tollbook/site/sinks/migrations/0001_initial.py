"""The table of sinks. Sites of before had this table already: there `migrate` takes it over."""

from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='SinkRecord',
            fields=[
                ('name', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=40)),
                ('settings', models.JSONField(default=dict)),
                ('columns', models.TextField(default='tollbook')),
                ('words', models.JSONField(default=dict)),
                ('paused', models.BooleanField(default=False)),
                ('added_at', models.DateTimeField(auto_now_add=True)),
                ('changed_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name': 'sink',
                'db_table': 'sink',
                'ordering': ('name',),
            },
        ),
    ]
