from django.db import migrations

# Triggers for rows never hear of TRUNCATE. A session that sets fairway.may_truncate, as the tests' own do, may.
FORWARD = """
CREATE FUNCTION base_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('fairway.may_truncate', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION 'table % is never emptied', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER audit_kept BEFORE TRUNCATE ON base_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION base_refuse_truncate();
CREATE TRIGGER audit_link_kept BEFORE TRUNCATE ON base_auditlink
    FOR EACH STATEMENT EXECUTE FUNCTION base_refuse_truncate();
"""
BACK = """
DROP TRIGGER audit_link_kept ON base_auditlink;
DROP TRIGGER audit_kept ON base_auditentry;
DROP FUNCTION base_refuse_truncate();
"""


class Migration(migrations.Migration):
    dependencies = [("base", "0004_delete_heartbeat")]
    operations = [migrations.RunSQL(FORWARD, BACK)]
