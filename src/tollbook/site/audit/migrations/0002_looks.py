"""Whether it is noted who looked at whose calls."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='LookPolicyRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('noted', models.BooleanField(default=False)),
                ('asks_reason', models.BooleanField(default=False)),
            ],
            options={'verbose_name': 'what is noted of looking', 'db_table': 'look_policy'},
        ),
    ]
