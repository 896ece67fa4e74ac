-- Run once, when the database is made: Fairway's own role owns its own database and is no superuser.
\set password `cat /run/secrets/database_password`
CREATE ROLE fairway LOGIN PASSWORD :'password';
CREATE DATABASE fairway OWNER fairway;
-- As for any disk that does not turn: whom a notice concerns is then found by index.
ALTER DATABASE fairway SET random_page_cost = 1.1;
