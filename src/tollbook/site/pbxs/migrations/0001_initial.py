"""The table of PBXs. Sites of before had it already: there `migrate` takes it over."""

from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='PbxRecord',
            fields=[
                ('name', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('dialect', models.CharField(max_length=80)),
                ('source', models.CharField(max_length=40)),
                ('timezone', models.CharField(default='UTC', max_length=80)),
                ('settings', models.JSONField(default=dict)),
                ('paused', models.BooleanField(default=False)),
                ('removed', models.BooleanField(default=False)),
                ('added_at', models.DateTimeField(auto_now_add=True)),
                ('changed_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name': 'PBX',
                'db_table': 'pbx',
                'ordering': ('name',),
            },
        ),
    ]
