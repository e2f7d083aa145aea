-- What each process of Noshow may do in ClickHouse, and no more. Executed by an administrator, once `noshow migrate` or
-- before: grants do not need the tables to be there. On a cluster put `ON CLUSTER noshow` behind each name that is created
-- and behind GRANT, and execute cluster.sql after it. docs/deploying.md#clickhouse-users

-- Makes and changes the tables: `noshow migrate` alone.
CREATE ROLE IF NOT EXISTS noshow_migrator;
GRANT CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW, ALTER TABLE, ALTER VIEW, SELECT, INSERT, SHOW ON noshow.* TO noshow_migrator;

-- Takes events in, and keeps what it refuses. It reads no event.
CREATE ROLE IF NOT EXISTS noshow_collector;
GRANT INSERT ON noshow.events TO noshow_collector;
GRANT SELECT, INSERT ON noshow.quarantine TO noshow_collector;
GRANT SELECT ON noshow.migrations TO noshow_collector;

-- Judges. Verdicts on their way have a table of their own for each lease, whose name begins so.
CREATE ROLE IF NOT EXISTS noshow_evaluator;
GRANT SELECT ON noshow.events TO noshow_evaluator;
GRANT SELECT ON system.parts TO noshow_evaluator;
GRANT SELECT ON noshow.touched TO noshow_evaluator;
GRANT SELECT ON noshow.arrivals TO noshow_evaluator;
GRANT SELECT ON noshow.quarantine TO noshow_evaluator;
GRANT SELECT ON noshow.migrations TO noshow_evaluator;
GRANT SELECT, INSERT ON noshow.instances TO noshow_evaluator;
GRANT SELECT, INSERT ON noshow.findings TO noshow_evaluator;
GRANT SELECT, INSERT ON noshow.deadlines TO noshow_evaluator;
GRANT CREATE TABLE, DROP TABLE, TRUNCATE, SELECT, INSERT ON noshow.verdicts_* TO noshow_evaluator;

-- Makes cases of findings, stores testimony as events, copies the audit trail and empties what was redacted in it.
CREATE ROLE IF NOT EXISTS noshow_reconciler;
GRANT SELECT ON noshow.instances TO noshow_reconciler;
GRANT SELECT ON noshow.findings TO noshow_reconciler;
GRANT SELECT ON noshow.quarantine TO noshow_reconciler;
GRANT SELECT ON noshow.migrations TO noshow_reconciler;
GRANT SELECT, INSERT ON noshow.events TO noshow_reconciler;
GRANT SELECT, INSERT, ALTER UPDATE ON noshow.audit TO noshow_reconciler;

-- Answers, takes refused events once more, and takes personal data out: what is changed in place is changed here alone.
CREATE ROLE IF NOT EXISTS noshow_api;
GRANT SELECT ON noshow.instances TO noshow_api;
GRANT SELECT ON noshow.findings TO noshow_api;
GRANT SELECT ON noshow.deadlines TO noshow_api;
GRANT SELECT ON noshow.instance_starts TO noshow_api;
GRANT SELECT ON noshow.arrivals TO noshow_api;
GRANT SELECT ON noshow.lags TO noshow_api;
GRANT SELECT, ALTER DELETE ON noshow.identifiers TO noshow_api;
GRANT SELECT ON noshow.migrations TO noshow_api;
GRANT INSERT ON noshow.touched TO noshow_api;
GRANT SELECT, INSERT, ALTER DELETE ON noshow.events TO noshow_api;
GRANT SELECT, INSERT, ALTER DELETE ON noshow.quarantine TO noshow_api;
GRANT SELECT, ALTER UPDATE ON noshow.audit TO noshow_api;

-- Reads the views of docs/analysts.md and the tables beneath them, attributes of events with them: where these are
-- personal, leave out the last two grants.
CREATE ROLE IF NOT EXISTS noshow_analyst;
GRANT SELECT ON noshow.noshow_instances TO noshow_analyst;
GRANT SELECT ON noshow.noshow_steps TO noshow_analyst;
GRANT SELECT ON noshow.noshow_findings TO noshow_analyst;
GRANT SELECT ON noshow.instances TO noshow_analyst;
GRANT SELECT ON noshow.findings TO noshow_analyst;
GRANT SELECT ON noshow.noshow_events TO noshow_analyst;
GRANT SELECT ON noshow.events TO noshow_analyst;

-- A question of an analyst must not slow down the judge.
CREATE SETTINGS PROFILE IF NOT EXISTS noshow_analyst SETTINGS readonly = 2, max_execution_time = 60 MAX 600, max_memory_usage = 4000000000 MAX 8000000000, max_threads = 2 MAX 4, priority = 10 TO noshow_analyst;
