-- How many values do state and status hold? Statistics alone, no table is read; planning this costs
-- a new session more than all the rest.
select s.attname as column, s.n_distinct as values
  from pg_catalog.pg_stats s
 where s.schemaname = 'public' and s.tablename = 'jobs' and s.attname in ('state', 'status')
