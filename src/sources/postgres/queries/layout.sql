-- Which variant of the backend's schema is this? One round trip, catalog only, no table is read.
with tables as (
  select c.oid, c.relname, c.reltuples, c.relkind
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where n.nspname = 'public'
     and c.relname in ('jobs', 'job_events')
     and c.relkind in ('r', 'p', 'v', 'm', 'f')
), described as (
  select t.relname,
         pg_catalog.json_build_object(
           'columns', (
             select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
                      'name', a.attname,
                      'type', pg_catalog.format_type(a.atttypid, null),
                      'not_null', a.attnotnull,
                      'has_default', a.atthasdef or a.attidentity <> ''
                    ) order by a.attnum), '[]')
               from pg_catalog.pg_attribute a
              where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped),
           'checks', (
             select coalesce(pg_catalog.json_agg(pg_catalog.pg_get_constraintdef(k.oid)), '[]')
               from pg_catalog.pg_constraint k
              where k.conrelid = t.oid and k.contype = 'c'),
           'indexes', (
             select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
                      'name', ic.relname,
                      'columns', (select pg_catalog.json_agg(pg_catalog.pg_get_indexdef(i.indexrelid, k, true)
                                                             order by k)
                                    from pg_catalog.generate_series(1, i.indnkeyatts) k),
                      'predicate', pg_catalog.pg_get_expr(i.indpred, i.indrelid))), '[]')
               from pg_catalog.pg_index i
               join pg_catalog.pg_class ic on ic.oid = i.indexrelid
              where i.indrelid = t.oid and i.indisvalid),
           'estimated_rows', (
             -- The planner's own arithmetic: rows a page at the last ANALYZE, times the pages of now;
             -- 20 rows a page where nobody ever analysed. A partitioned table is the sum of its leaves.
             select coalesce(pg_catalog.sum(
                      case when l.reltuples >= 0 and l.relpages > 0
                           then l.reltuples / l.relpages else 20 end
                      * (pg_catalog.pg_relation_size(l.oid)
                         / pg_catalog.current_setting('block_size')::bigint)), 0)
               from pg_catalog.pg_class l
              where (t.relkind in ('r', 'm') and l.oid = t.oid)
                 or (t.relkind = 'p' and l.relkind = 'r'
                     and l.oid in (select p.relid from pg_catalog.pg_partition_tree(t.oid) p))),
           'can_select', pg_catalog.has_table_privilege(t.oid, 'SELECT'),
           'rls_active', pg_catalog.row_security_active(t.oid)
         ) as description
    from tables t
)
select pg_catalog.json_build_object(
         'jobs', (select description from described where relname = 'jobs'),
         'events', (select description from described where relname = 'job_events'),
         'in_recovery', pg_catalog.pg_is_in_recovery(),
         'server_time', pg_catalog.to_char(pg_catalog.now() at time zone 'utc',
                                           'YYYY-MM-DD"T"HH24:MI:SS"Z"')
       )::text as catalog
