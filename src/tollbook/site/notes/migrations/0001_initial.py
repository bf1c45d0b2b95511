"""Notes and tags on calls, and private calls."""

from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='NoteRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('call', models.UUIDField(db_index=True)),
                ('text', models.CharField(max_length=2000)),
                ('author', models.CharField(max_length=150)),
                ('author_kind', models.CharField(max_length=10)),
                ('at', models.DateTimeField()),
                ('changed_at', models.DateTimeField(null=True)),
            ],
            options={'verbose_name': 'note', 'db_table': 'call_note', 'ordering': ('at', 'id')},
        ),
        migrations.CreateModel(
            name='TagRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('call', models.UUIDField(db_index=True)),
                ('tag', models.CharField(db_index=True, max_length=40)),
            ],
            options={'verbose_name': 'tag', 'db_table': 'call_tag', 'ordering': ('tag',)},
        ),
        migrations.AddConstraint(
            'tagrecord', models.UniqueConstraint(fields=('call', 'tag'), name='tag_of_a_call')
        ),
        migrations.CreateModel(
            name='PrivateCallRecord',
            fields=[
                ('call', models.UUIDField(primary_key=True, serialize=False)),
                ('who', models.CharField(max_length=150)),
                ('at', models.DateTimeField()),
            ],
            options={'verbose_name': 'private call', 'db_table': 'private_call'},
        ),
    ]
