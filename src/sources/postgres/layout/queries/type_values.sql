-- Which values do the types of these columns allow? Labels of an enum, in order, and constraints of a domain.
select a.attname::text as column,
       array(select e.enumlabel::text from pg_catalog.pg_enum e
              where e.enumtypid = a.atttypid order by e.enumsortorder) as labels,
       array(select pg_catalog.pg_get_constraintdef(k.oid) from pg_catalog.pg_constraint k
              where k.contypid = a.atttypid and k.contype = 'c' order by k.oid) as checks
  from pg_catalog.pg_attribute a
 where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped and a.attname = any($2)
