"""Who and what is occupied when: the ledger behind every promise. Knows ids and times, not people."""
