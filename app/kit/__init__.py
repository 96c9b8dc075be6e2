"""Tools that know no clinic: database, errors, wire types, pages, idempotency, limits, jobs, clock."""
