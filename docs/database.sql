-- Run once, when the database is made: Fairway's own role owns its own database and is no superuser.
\set password `cat /run/secrets/database_password`
CREATE ROLE fairway LOGIN PASSWORD :'password';
CREATE DATABASE fairway OWNER fairway;
