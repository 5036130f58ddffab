-- Which functions could claim jobs? Those that mention the table; the source of a function with a SQL-standard body
-- is deparsed. Functions of initdb have numbers below 16384; skipping them first saves 3,000 comparisons.
select p.proname::text as name,
       case when p.prosrc = '' then pg_catalog.pg_get_functiondef(p.oid)
            else pg_catalog."left"(p.prosrc, 100000) end as source
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
 where n.nspname not in ('pg_catalog', 'information_schema')
   and p.oid >= 16384
   and p.prokind in ('f', 'p')
   and (p.prosrc = '' or p.prosrc ~* E'\\mjobs\\M')
 order by p.oid
 limit 500
