-- The role that web, calls, worker and beat connect as. It reads and writes rows, owns nothing, and is
-- no superuser: row-level security holds for it. `migrate` and `restore` connect as the tables' owner.
--
-- Once in each database of the platform, also in one that a backup was restored into: rights are a database's own.
-- A role that is there already stays as it is, with its password. As that owner, who needs CREATEROLE to make the role:
--
--   psql --variable password=... --file roles.sql "$OWNER_URL"
--
-- or as a superuser, for an owner without it:
--
--   psql --variable password=... --variable owner=... --file roles.sql "$SUPERUSER_URL"
--
-- docker-compose.yml does it when the database is made.

\set ON_ERROR_STOP on

\if :{?app}
\else
  \set app voicebot_app
\endif
\if :{?owner}
\else
  SELECT current_user AS owner \gset
\endif

SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'app') AS is_new \gset
\if :is_new
  \if :{?password}
  \else
    \set password `cat /run/secrets/postgres_app_password`
  \endif
  CREATE ROLE :"app" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'password';
\endif

GRANT USAGE ON SCHEMA public TO :"app";
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :"app";
GRANT SELECT, USAGE, UPDATE ON ALL SEQUENCES IN SCHEMA public TO :"app";

-- Of tables that the owner makes later; a restore makes the schema itself anew.
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" GRANT USAGE ON SCHEMAS TO :"app";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"app";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" GRANT SELECT, USAGE, UPDATE ON SEQUENCES TO :"app";
