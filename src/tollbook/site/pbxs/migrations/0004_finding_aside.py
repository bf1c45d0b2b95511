"""What looked odd about a PBX and was put aside."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pbxs', '0003_plan'),
    ]

    operations = [
        migrations.CreateModel(
            name='FindingAsideRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('pbx', models.CharField(max_length=40)),
                ('check_name', models.CharField(max_length=40)),
                ('count', models.BigIntegerField()),
                ('note', models.CharField(max_length=200)),
                ('who', models.CharField(max_length=150)),
                ('at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'finding that was put aside',
                'db_table': 'finding_aside',
                'ordering': ('pbx', 'check_name'),
                'constraints': [models.UniqueConstraint(fields=('pbx', 'check_name'), name='one_aside_a_check')],
            },
        ),
    ]
