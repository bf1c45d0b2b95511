"""The table of the plan for backups."""

from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='BackupPlanRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('folder', models.CharField(max_length=1000)),
                ('every_h', models.PositiveIntegerField()),
                ('keep', models.PositiveIntegerField()),
            ],
            options={
                'verbose_name': 'plan for backups',
                'db_table': 'backup_plan',
            },
        ),
    ]
