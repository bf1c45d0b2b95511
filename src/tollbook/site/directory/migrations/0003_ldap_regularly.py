from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('directory', '0002_ldap'),
    ]

    operations = [
        migrations.AddField(
            model_name='ldapsettingsrecord',
            name='read',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='ldapsettingsrecord',
            name='read_at',
            field=models.DateTimeField(null=True),
        ),
    ]
