from django.db import migrations

FORWARD = """
CREATE FUNCTION base_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON base_auditentry
    FOR EACH ROW EXECUTE FUNCTION base_refuse_change();
CREATE TRIGGER audit_link_append_only BEFORE UPDATE OR DELETE ON base_auditlink
    FOR EACH ROW EXECUTE FUNCTION base_refuse_change();
"""
BACK = """
DROP TRIGGER audit_append_only ON base_auditentry;
DROP TRIGGER audit_link_append_only ON base_auditlink;
DROP FUNCTION base_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("base", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACK)]
