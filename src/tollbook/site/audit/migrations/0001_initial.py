"""The table of the audit."""

from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='AuditRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_index=True)),
                ('actor_kind', models.CharField(max_length=10)),
                ('actor', models.CharField(max_length=150)),
                ('address', models.CharField(blank=True, max_length=100)),
                ('action', models.CharField(max_length=40)),
                ('name', models.CharField(blank=True, max_length=150)),
                ('changes', models.JSONField(default=dict)),
            ],
            options={
                'db_table': 'audit',
                'ordering': ('-id',),
            },
        ),
    ]
