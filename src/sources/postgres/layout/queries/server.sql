-- What is the time there, does this server only replay another one, and how large are its pages?
select pg_catalog.now() as now, pg_catalog.pg_is_in_recovery() as in_recovery,
       pg_catalog.current_setting('block_size')::float8 as block_size
