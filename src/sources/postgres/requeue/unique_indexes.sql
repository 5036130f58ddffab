-- Which unique indexes beside the primary key have the table $1 and its partitions? Partitions repeat the same index
-- under other names.
with relations as (
  select pg_catalog.to_regclass($1)::pg_catalog.oid as oid
  union
  select tree.relid from pg_catalog.pg_partition_tree(pg_catalog.to_regclass($1)) tree
)
select min(c.relname)::text as name, d.keys, d.predicate
  from relations
  join pg_catalog.pg_index i on i.indrelid = relations.oid
  join pg_catalog.pg_class c on c.oid = i.indexrelid
 cross join lateral (
   select array(select pg_catalog.pg_get_indexdef(i.indexrelid, n, true)
                  from pg_catalog.generate_series(1, i.indnkeyatts::int) n) as keys,
          pg_catalog.pg_get_expr(i.indpred, i.indrelid) as predicate) d
 where i.indisunique and not i.indisprimary and i.indisvalid
 group by d.keys, d.predicate
 order by 1
