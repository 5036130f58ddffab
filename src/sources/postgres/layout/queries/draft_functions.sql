-- Which functions could claim jobs of a table ($1)? Those that mention it; the source of a function with a SQL-standard
-- body is deparsed. Functions of initdb have numbers below 16384.
select p.proname::text as name,
       case when p.prosrc = '' then pg_catalog.pg_get_functiondef(p.oid)
            else pg_catalog."left"(p.prosrc, 100000) end as source
  from pg_catalog.pg_proc p
 where p.oid >= 16384
   and p.prokind in ('f', 'p')
   and (p.prosrc = '' or pg_catalog.strpos(pg_catalog.lower(p.prosrc), pg_catalog.lower($1)) > 0)
 order by p.oid
 limit 500
