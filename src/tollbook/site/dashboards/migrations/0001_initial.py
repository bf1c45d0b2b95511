"""The tables of people's tiles and of wallboards."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='DashboardRecord',
            fields=[
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('version', models.PositiveIntegerField(default=1)),
                ('tiles', models.JSONField(default=list)),
            ],
            options={
                'verbose_name': 'dashboard',
                'db_table': 'dashboard',
            },
        ),
        migrations.CreateModel(
            name='WallboardRecord',
            fields=[
                ('name', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('title', models.CharField(max_length=60)),
                ('theme', models.CharField(max_length=10)),
                ('columns', models.PositiveSmallIntegerField(default=3)),
                ('words', models.JSONField(default=dict)),
                ('tiles', models.JSONField(default=list)),
                ('version', models.PositiveIntegerField(default=1)),
                ('made_by', models.CharField(max_length=150)),
                ('made_by_kind', models.CharField(max_length=10)),
                ('digest', models.CharField(blank=True, db_index=True, max_length=64)),
                ('linked_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'wallboard',
                'db_table': 'wallboard',
                'ordering': ('name',),
            },
        ),
    ]
