"""The table of what phone bills of the site are like."""

from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='PhoneBillSettingRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mask', models.CharField(max_length=40)),
            ],
            options={
                'verbose_name': 'setting of phone bills',
                'db_table': 'phone_bill_setting',
            },
        ),
    ]
