from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("delivery", "0011_cuts")]

    operations = [
        migrations.AddField(
            "delivery",
            "why",
            models.CharField(blank=True, db_default="", help_text="for what reasons it is sent", max_length=240),
        )
    ]
