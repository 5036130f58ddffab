-- Partitions of the jobs table, parents first, with the size of the leaves. Run only if the table is
-- partitioned.
select pg_catalog.quote_ident(n.nspname) as schema,
       pg_catalog.format('%I.%I', n.nspname, l.relname) as name,
       p.parentrelid = $1::oid as below_root,
       pg_catalog.format('%I.%I', m.nspname, q.relname) as parent,
       p.isleaf as leaf,
       l.reltuples as rows_counted,
       l.relpages as pages_counted,
       pg_catalog.pg_relation_size(l.oid) as bytes
  from pg_catalog.pg_partition_tree($1::oid::regclass) p
  join pg_catalog.pg_class l on l.oid = p.relid
  join pg_catalog.pg_namespace n on n.oid = l.relnamespace
  join pg_catalog.pg_class q on q.oid = p.parentrelid
  join pg_catalog.pg_namespace m on m.oid = q.relnamespace
 where l.relkind in ('r', 'p')
 order by p.level, name
