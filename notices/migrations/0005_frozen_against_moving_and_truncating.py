from django.db import migrations

# A row may neither leave an issued version nor be moved into one. Triggers for rows never hear of TRUNCATE; the
# tests' own connections alone say that they may empty a table.
FORWARD = """
CREATE OR REPLACE FUNCTION notices_part_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owners bigint[] := CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.version_id]
                                  WHEN 'DELETE' THEN ARRAY[OLD.version_id]
                                  ELSE ARRAY[OLD.version_id, NEW.version_id] END;
    frozen bigint := (SELECT min(id) FROM notices_version
                      WHERE id = ANY (owners) AND state IN ('issued', 'superseded', 'withdrawn'));
BEGIN
    IF frozen IS NOT NULL THEN
        RAISE EXCEPTION 'version % went out and is frozen', frozen USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;
CREATE TRIGGER version_kept BEFORE TRUNCATE ON notices_version
    FOR EACH STATEMENT EXECUTE FUNCTION base_refuse_truncate();
CREATE TRIGGER text_kept BEFORE TRUNCATE ON notices_text
    FOR EACH STATEMENT EXECUTE FUNCTION base_refuse_truncate();
CREATE TRIGGER row_kept BEFORE TRUNCATE ON notices_impactrow
    FOR EACH STATEMENT EXECUTE FUNCTION base_refuse_truncate();
"""
BACK = """
DROP TRIGGER row_kept ON notices_impactrow;
DROP TRIGGER text_kept ON notices_text;
DROP TRIGGER version_kept ON notices_version;
CREATE OR REPLACE FUNCTION notices_part_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owner bigint := CASE WHEN TG_OP = 'INSERT' THEN NEW.version_id ELSE OLD.version_id END;
BEGIN
    IF EXISTS (SELECT 1 FROM notices_version
               WHERE id = owner AND state IN ('issued', 'superseded', 'withdrawn')) THEN
        RAISE EXCEPTION 'version % went out and is frozen', owner USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("notices", "0004_wording_is_kept"), ("base", "0005_audit_is_never_emptied")]
    operations = [migrations.RunSQL(FORWARD, BACK)]
