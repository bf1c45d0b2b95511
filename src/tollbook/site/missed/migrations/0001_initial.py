"""The tables of what people say of missed calls, and of what the site has set for them."""


from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='FollowUpRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('call', models.UUIDField(unique=True)),
                ('missed_at', models.DateTimeField(db_index=True)),
                ('claimed_by', models.CharField(blank=True, max_length=150)),
                ('claimed_at', models.DateTimeField(null=True)),
                ('done_by', models.CharField(blank=True, max_length=150)),
                ('done_at', models.DateTimeField(null=True)),
                ('done_how', models.CharField(blank=True, max_length=12)),
                ('note', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'verbose_name': 'follow-up of a missed call',
                'db_table': 'missed_follow_up',
            },
        ),
        migrations.CreateModel(
            name='MissedSettingRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('target_minutes', models.PositiveIntegerField()),
                ('open', models.CharField(max_length=300)),
                ('shortest_s', models.PositiveIntegerField()),
                ('span_days', models.PositiveIntegerField()),
            ],
            options={
                'verbose_name': 'setting of missed calls',
                'db_table': 'missed_setting',
            },
        ),
    ]
