import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations, models

# Texts of a version that went out are frozen, and what is searched spans four tables: it lies in one of its own, which
# the database fills in the moment a version becomes the issued one. Plain: no accents, capitals or punctuation.
FORWARD = """
CREATE FUNCTION notices_plain(said text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT btrim(regexp_replace(lower(unaccent(said)), '[[:punct:][:space:]]+', ' ', 'g'))
$$;
CREATE FUNCTION notices_grammar(language text) RETURNS regconfig LANGUAGE sql STABLE AS $$
    SELECT CASE language WHEN 'en' THEN 'english' WHEN 'fr' THEN 'french' WHEN 'es' THEN 'spanish' ELSE 'simple' END::regconfig
$$;
CREATE FUNCTION notices_enter(which bigint) RETURNS void LANGUAGE sql AS $$
    WITH said AS (
        SELECT v.notice_id, n.reference, spoken.language, t.title, t.body, t.instruction,
               v.spoken -> spoken.language ->> 'truth_line' AS truth_line,
               v.spoken -> spoken.language ->> 'office' AS office,
               (SELECT string_agg(concat_ws(' ', p.locode, p.fold_key, r.place_name, r.system), ' ')
                FROM notices_impactrow r LEFT JOIN contacts_place p ON p.id = r.place_id
                WHERE r.version_id = v.id) AS places
        FROM notices_version v
        JOIN notices_notice n ON n.id = v.notice_id
        CROSS JOIN LATERAL (SELECT jsonb_object_keys(v.spoken) AS language
                            UNION SELECT language FROM notices_text WHERE version_id = v.id) spoken
        LEFT JOIN notices_text t ON t.version_id = v.id AND t.language = spoken.language
        WHERE v.id = which AND v.status = 'Actual'
    )
    INSERT INTO notices_searchentry (notice_id, language, names, words)
    SELECT notice_id, language, ' ' || notices_plain(concat_ws(' ', reference, title, places)) || ' ',
           setweight(to_tsvector(notices_grammar(language), notices_plain(concat_ws(' ', title))), 'A')
        || setweight(to_tsvector(notices_grammar(language), notices_plain(concat_ws(' ', reference, places))), 'B')
        || setweight(to_tsvector(notices_grammar(language), notices_plain(concat_ws(' ', truth_line))), 'C')
        || setweight(to_tsvector(notices_grammar(language), notices_plain(concat_ws(' ', body, instruction, office))), 'D')
    FROM said
    ON CONFLICT (notice_id, language) DO UPDATE SET names = EXCLUDED.names, words = EXCLUDED.words
$$;
CREATE FUNCTION notices_nearly(word text) RETURNS SETOF bigint LANGUAGE plpgsql STABLE ROWS 500 AS $$
BEGIN
    -- For this statement: two words of nine letters that differ in one are alike by 0.58, of six letters by about 0.5.
    PERFORM set_config('pg_trgm.word_similarity_threshold', '0.45', true);
    RETURN QUERY
        WITH asked AS MATERIALIZED (SELECT notices_plain(word) AS said)
        SELECT e.id FROM notices_searchentry e, asked WHERE e.names %> asked.said
        ORDER BY word_similarity(asked.said, e.names) DESC, e.id DESC LIMIT 1000;
END $$;
CREATE FUNCTION notices_version_found() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM notices_searchentry WHERE notice_id = NEW.notice_id;
    PERFORM notices_enter(NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER version_found AFTER UPDATE OF state ON notices_version
    FOR EACH ROW WHEN (NEW.state = 'issued' AND OLD.state <> 'issued') EXECUTE FUNCTION notices_version_found();
SELECT notices_enter(id) FROM notices_version WHERE state = 'issued';
"""
BACK = """
DROP TRIGGER version_found ON notices_version;
DROP FUNCTION notices_version_found();
DROP FUNCTION notices_nearly(text);
DROP FUNCTION notices_enter(bigint);
DROP FUNCTION notices_grammar(text);
DROP FUNCTION notices_plain(text);
"""


class Migration(migrations.Migration):
    dependencies = [("notices", "0018_crisis_pages"), ("contacts", "0010_places_are_indexed")]
    operations = [
        UnaccentExtension(),
        TrigramExtension(),
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("language", models.CharField(max_length=5)),
                ("names", models.TextField(help_text="number, title and every name of its places, plain, between blanks")),
                ("words", django.contrib.postgres.search.SearchVectorField(help_text="A title, B names, C truth line, D the rest, by the grammar of the language")),
                ("notice", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="search_entries", to="notices.notice")),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fields=["words"], name="search_words"),
                    django.contrib.postgres.indexes.GinIndex(fields=["names"], name="search_names", opclasses=["gin_trgm_ops"]),
                ],
                "constraints": [models.UniqueConstraint(fields=("notice", "language"), name="search_entry_once")],
            },
        ),
        migrations.RunSQL(FORWARD, BACK),
    ]
