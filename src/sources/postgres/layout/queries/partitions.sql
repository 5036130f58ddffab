-- How large are the leaves of the partitioned jobs table? Asked only where it is one.
select l.reltuples as rows_counted,
       l.relpages as pages_counted,
       pg_catalog.pg_relation_size(l.oid) as bytes
  from pg_catalog.pg_partition_tree($1) p
  join pg_catalog.pg_class l on l.oid = p.relid
 where l.relkind = 'r'
