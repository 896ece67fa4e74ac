"""A migration for `test_migrate`: it wants the table of notices for itself."""

from django.db import migrations


class Migration(migrations.Migration):
    operations = [
        migrations.RunSQL(
            "ALTER TABLE notices_notice ADD COLUMN probe integer", "ALTER TABLE notices_notice DROP COLUMN probe"
        )
    ]
