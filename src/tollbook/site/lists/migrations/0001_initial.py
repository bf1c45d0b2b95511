"""The tables of saved filters, and of how people like the list."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ListChoiceRecord',
            fields=[
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('columns', models.JSONField(default=list)),
                ('size', models.PositiveIntegerField(default=0)),
            ],
            options={
                'verbose_name': 'choice of columns',
                'db_table': 'list_choice',
            },
        ),
        migrations.CreateModel(
            name='SavedFilterRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('words', models.JSONField(default=dict)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'saved filter',
                'db_table': 'saved_filter',
                'ordering': ('name',),
                'constraints': [models.UniqueConstraint(fields=('person', 'name'), name='saved_filter_of_a_person')],
            },
        ),
    ]
