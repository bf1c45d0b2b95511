"""Roles and scopes: who was an administrator is one, and everybody else sees what they saw."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def give_roles(apps, schema_editor):
    """Give everybody who may sign in the role that they had."""
    alias = schema_editor.connection.alias
    access = apps.get_model("people", "PersonAccessRecord").objects.using(alias)
    for user in apps.get_model("auth", "User").objects.using(alias):
        access.get_or_create(user=user, defaults={"role": "admin" if user.is_staff else "viewer"})


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0002_permission'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.AddField('tokenrecord', 'role', models.CharField(blank=True, default='', max_length=40), False),
        migrations.AddField('tokenrecord', 'scope', models.JSONField(null=True)),
        migrations.CreateModel(
            name='RoleRecord',
            fields=[
                ('name', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('title', models.CharField(max_length=60)),
                ('permissions', models.JSONField(default=list)),
            ],
            options={'verbose_name': 'role', 'db_table': 'role', 'ordering': ('name',)},
        ),
        migrations.CreateModel(
            name='GroupRecord',
            fields=[
                ('name', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('role', models.CharField(max_length=40)),
                ('scope', models.JSONField(null=True)),
                ('outside', models.JSONField(default=list)),
                ('rank', models.PositiveIntegerField(default=100)),
            ],
            options={'verbose_name': 'group', 'db_table': 'person_group', 'ordering': ('rank', 'name')},
        ),
        migrations.CreateModel(
            name='PersonAccessRecord',
            fields=[
                ('user', models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='access',
                    serialize=False, to=settings.AUTH_USER_MODEL,
                )),
                ('role', models.CharField(max_length=40)),
                ('scope', models.JSONField(null=True)),
                ('telephones_of', models.IntegerField(null=True)),
                ('group', models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name='people',
                    to='people.grouprecord',
                )),
            ],
            options={'verbose_name': 'access of a person', 'db_table': 'person_access'},
        ),
        migrations.RunPython(give_roles, migrations.RunPython.noop),
    ]
