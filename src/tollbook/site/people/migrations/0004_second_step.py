"""The second step of signing in."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0003_access'),
    ]

    operations = [
        migrations.CreateModel(
            name='SecondStepRecord',
            fields=[
                ('user', models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+',
                    serialize=False, to=settings.AUTH_USER_MODEL,
                )),
                ('secret', models.CharField(max_length=64)),
                ('last_step', models.BigIntegerField()),
                ('recovery', models.JSONField(default=list)),
            ],
            options={'verbose_name': 'second step', 'db_table': 'second_step'},
        ),
    ]
