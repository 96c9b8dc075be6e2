"""What Meridian's speed promises are measured with: `python -m benchmarks`, described in docs/benchmarks.md.

workload     what is asked, of what diary; pure
seed         puts the workload into a running server, through its API
bulk         puts many appointments in, in SQL
servers      PostgreSQL, the product and the floors, each in a process of its own
target       everything that a run needs, started and filled
floors       the applications that the product is compared with
load         the HTTP client, in a process of its own
desk         bookings, and those that are refused, as requests that are sent once
rush         many who want one and the same time at once
memory       what a worker occupies, and how it grows
pgbench      PostgreSQL's own tool, doing the SQL of a booking
core         the same questions, put to app.scheduling alone
cases        everything that is measured
rounds       measures it, interleaved
figures      medians, ratios
promises     what the ratios are held against, and what was claimed before
report, plot tables and picture
"""
