-- The current role, and the schemas that the API exposes.
select pg_catalog.json_build_object(
         'user', current_user,
         -- All roles and schemas, to check names given by the operator.
         'all_roles', (select pg_catalog.json_agg(r.rolname) from pg_catalog.pg_roles r),
         'all_schemas', (select pg_catalog.json_agg(n.nspname) from pg_catalog.pg_namespace n),
         'api_schemas', (
           -- PostgREST reads its settings from the role that it connects as; the most specific setting wins.
           select pg_catalog.substr(setting, 18)
             from pg_catalog.pg_db_role_setting s,
                  pg_catalog.unnest(s.setconfig) as setting
            where pg_catalog.starts_with(setting, 'pgrst.db_schemas=')
              and s.setdatabase in (0, (select d.oid from pg_catalog.pg_database d
                                         where d.datname = pg_catalog.current_database()))
            order by s.setdatabase desc, s.setrole desc
            limit 1)
       )::text as session
