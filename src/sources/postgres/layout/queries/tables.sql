-- Kind, size and privileges of jobs and job_events, from the catalog; no table is read. Also the server's time,
-- whether it is a standby, and its page size.
select c.oid,
       (select n.nspname from pg_catalog.pg_namespace n where n.oid = c.relnamespace) as schema,
       c.relname as name,
       c.relkind as kind,
       c.reltuples as rows_counted,
       c.relpages as pages_counted,
       pg_catalog.pg_relation_size(c.oid) as bytes,
       pg_catalog.has_table_privilege(c.oid, 'SELECT') as can_select,
       pg_catalog.row_security_active(c.oid) as rls_active,
       pg_catalog.now() as now,
       pg_catalog.pg_is_in_recovery() as in_recovery,
       pg_catalog.current_setting('block_size') as block_size
  from pg_catalog.pg_class c
 where c.oid in ({jobs},
                 {job_events})
