-- Labels of the enums that the columns of jobs have, in order.
select e.enumtypid as type, e.enumlabel as label
  from pg_catalog.pg_enum e
 where e.enumtypid = any(array(select a.atttypid from pg_catalog.pg_attribute a where a.attrelid = {jobs}))
 order by e.enumtypid, e.enumsortorder
