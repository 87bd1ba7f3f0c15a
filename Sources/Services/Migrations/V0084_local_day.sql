-- See V0083: a function that catches errors can't run in a parallel query.
ALTER FUNCTION catalogue.local_day(timestamptz, text) PARALLEL UNSAFE;
