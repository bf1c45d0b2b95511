"""The table of rejects that were put aside."""

from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='PutAsideRecord',
            fields=[
                ('reject', models.CharField(max_length=36, primary_key=True, serialize=False)),
                ('pbx', models.CharField(max_length=40)),
                ('note', models.CharField(max_length=200)),
                ('who', models.CharField(max_length=150)),
                ('at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'reject that was put aside',
                'db_table': 'put_aside',
                'ordering': ('reject',),
            },
        ),
    ]
