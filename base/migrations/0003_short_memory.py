from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("base", "0002_audit_is_append_only"),
    ]

    operations = [
        migrations.CreateModel(
            name="ShortMemory",
            fields=[
                ("key", models.CharField(max_length=250, primary_key=True, serialize=False)),
                ("value", models.TextField()),
                ("expires_at", models.DateTimeField(db_index=True)),
            ],
        ),
    ]
