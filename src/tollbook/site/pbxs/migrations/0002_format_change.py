"""Changes of formats. Sites of before had this table already: there `migrate` takes it over, as it is initial."""

from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('pbxs', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='FormatChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('pbx', models.CharField(max_length=40)),
                ('was', models.CharField(max_length=80)),
                ('became', models.CharField(max_length=80)),
                ('was_text', models.TextField(blank=True, default='')),
                ('was_options', models.JSONField(default=dict)),
                ('before', models.JSONField(default=dict)),
                ('changed_at', models.DateTimeField(auto_now_add=True)),
                ('undone_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'format_change',
                'ordering': ('-id',),
            },
        ),
    ]
