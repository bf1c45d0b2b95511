"""Signing on elsewhere, and rules for signing in."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('people', '0004_second_step'),
    ]

    operations = [
        migrations.CreateModel(
            name='SignInRulesRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('two_steps', models.JSONField(default=list)),
            ],
            options={'verbose_name': 'rules for signing in', 'db_table': 'sign_in_rules'},
        ),
        migrations.CreateModel(
            name='SignOnRecord',
            fields=[
                ('kind', models.CharField(max_length=10, primary_key=True, serialize=False)),
                ('settings', models.JSONField(default=dict)),
            ],
            options={'verbose_name': 'sign-on elsewhere', 'db_table': 'sign_on'},
        ),
        migrations.CreateModel(
            name='OutsidePersonRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('issuer', models.CharField(max_length=500)),
                ('subject', models.CharField(max_length=255)),
                ('follows', models.BooleanField(default=True)),
                ('user', models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name='outside', to=settings.AUTH_USER_MODEL,
                )),
            ],
            options={
                'verbose_name': 'person elsewhere',
                'db_table': 'outside_person',
                'constraints': (
                    models.UniqueConstraint(fields=('issuer', 'subject'), name='one_person_of_an_issuer'),
                ),
            },
        ),
    ]
