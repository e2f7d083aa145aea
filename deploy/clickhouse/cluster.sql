-- On a cluster, after roles.sql: the tables over all shards are in a database of their own, and are used by all but
-- evaluators; what is written through them is in the shards, and in more than one replica, before it is acknowledged.
GRANT CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW, SELECT, SHOW ON noshow_cluster.* TO noshow_migrator;
GRANT CLUSTER, REMOTE ON *.* TO noshow_migrator;
GRANT SELECT ON system.clusters TO noshow_migrator;
GRANT SELECT, INSERT ON noshow_cluster.* TO noshow_collector;
GRANT SELECT, INSERT ON noshow_cluster.* TO noshow_reconciler;
GRANT SELECT, INSERT ON noshow_cluster.* TO noshow_api;
GRANT SELECT ON noshow_cluster.* TO noshow_analyst;
GRANT REMOTE ON *.* TO noshow_collector, noshow_reconciler, noshow_api, noshow_analyst;
GRANT CLUSTER ON *.* TO noshow_reconciler, noshow_api;
CREATE SETTINGS PROFILE IF NOT EXISTS noshow_cluster SETTINGS insert_quorum = 'auto', insert_quorum_timeout = 8000, distributed_foreground_insert = 1, distributed_product_mode = 'global', optimize_skip_unused_shards = 1, skip_unavailable_shards = 0 TO noshow_migrator, noshow_collector, noshow_evaluator, noshow_reconciler, noshow_api;
