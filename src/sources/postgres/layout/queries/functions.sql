-- Which functions could claim jobs? Those that mention the table; the source of a function with a SQL-standard body
-- is deparsed. Functions of initdb have numbers below 16384. Without a jobs table there are none. The conditions are
-- one CASE because the planner of a new session reads statistics for each condition that it can compare with them.
select p.proname as name,
       case when p.prosrc = '' then pg_catalog.pg_get_functiondef(p.oid)
            else pg_catalog."left"(p.prosrc, 100000) end as source
  from pg_catalog.pg_proc p
 where p.oid >= 16384
   and case when {jobs} is null then false
            when p.prosrc = '' then p.prokind in ('f', 'p')
            else pg_catalog.texticregexeq(p.prosrc, E'\\mjobs\\M') end
 order by p.oid
 limit 500
