from django.db import migrations

# An issued version may still be superseded or withdrawn, and told which publication carries it; nothing else.
FORWARD = """
CREATE FUNCTION notices_version_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state NOT IN ('issued', 'superseded', 'withdrawn') THEN
        RETURN COALESCE(NEW, OLD);
    END IF;
    IF TG_OP = 'DELETE'
       OR to_jsonb(NEW) - ARRAY['state', 'replaced_at', 'publication_id']
          IS DISTINCT FROM to_jsonb(OLD) - ARRAY['state', 'replaced_at', 'publication_id']
       OR (NEW.state IS DISTINCT FROM OLD.state
           AND NOT (OLD.state = 'issued' AND NEW.state IN ('superseded', 'withdrawn'))) THEN
        RAISE EXCEPTION 'version % went out and is frozen', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER version_frozen BEFORE UPDATE OR DELETE ON notices_version
    FOR EACH ROW EXECUTE FUNCTION notices_version_frozen();

CREATE FUNCTION notices_part_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owner bigint := CASE WHEN TG_OP = 'INSERT' THEN NEW.version_id ELSE OLD.version_id END;
BEGIN
    IF EXISTS (SELECT 1 FROM notices_version
               WHERE id = owner AND state IN ('issued', 'superseded', 'withdrawn')) THEN
        RAISE EXCEPTION 'version % went out and is frozen', owner USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;
CREATE TRIGGER text_frozen BEFORE INSERT OR UPDATE OR DELETE ON notices_text
    FOR EACH ROW EXECUTE FUNCTION notices_part_frozen();
CREATE TRIGGER row_frozen BEFORE INSERT OR UPDATE OR DELETE ON notices_impactrow
    FOR EACH ROW EXECUTE FUNCTION notices_part_frozen();
"""
BACK = """
DROP TRIGGER row_frozen ON notices_impactrow;
DROP TRIGGER text_frozen ON notices_text;
DROP FUNCTION notices_part_frozen();
DROP TRIGGER version_frozen ON notices_version;
DROP FUNCTION notices_version_frozen();
"""


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACK)]
