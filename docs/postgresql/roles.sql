-- The role that web, calls, worker and beat connect as. It reads and writes rows, owns nothing, and is
-- no superuser: row-level security holds for it. `migrate` and `restore` connect as the tables' owner.
--
-- Once, as that owner, in the database of the platform:
--
--   psql --variable password=... --file roles.sql "$OWNER_URL"
--
-- docker-compose.yml does it when the database is made.

\if :{?app}
\else
  \set app voicebot_app
\endif
\if :{?password}
\else
  \set password `cat /run/secrets/postgres_app_password`
\endif

CREATE ROLE :"app" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'password';

GRANT USAGE ON SCHEMA public TO :"app";
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :"app";
GRANT SELECT, USAGE, UPDATE ON ALL SEQUENCES IN SCHEMA public TO :"app";

-- Of tables to come; a restore makes the schema itself anew.
ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO :"app";
ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"app";
ALTER DEFAULT PRIVILEGES GRANT SELECT, USAGE, UPDATE ON SEQUENCES TO :"app";
