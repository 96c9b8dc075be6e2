"""The core: which starts are free, and why the others are not. Values in, values out.

Nothing here reads a clock, a database or a request, and nothing is imported but the standard library, so every rule of
time can be tested by calling a function.

    zones ─────────┐                      wall time <-> instant (T3)
    intervals ───┐ │                      union, intersect, subtract, containing
                 │ └─ hours               WeeklyRule… -> Schedule of Windows (T3–T6)
    footprint ───┤      │                Phase… -> Footprint: who is occupied when, relative to the start (T7, T8)
       └ places ─┤      │                Pool of Places: are all taken, which one to take (T9)
                 └─ facts                 Facts: all that is known about one practitioner, treatment, location and caller
                      └ obstacles         each rule of T15 as the starts it forbids
                          └ slots         openings, starts: what is free; reasons: why a start is not
                              └ planning   openings -> the best course of sessions, a package of its own

Instants are int Unix seconds and lengths are seconds, unless a name ends in `_minutes` or `_days`. Intervals are
half-open `(start, end)` (T2). A list of intervals that comes in is sorted by start; one that goes out is sorted,
disjoint and non-touching as well.

    schedule = hours.schedule(rules, zone, from_on, to_on)         # cached; rules of one practitioner at one location
    footprint = Footprint.of(phases, buffer_before_minutes=0, buffer_after_minutes=10)
    facts = Facts(now=…, footprint=footprint, schedule=schedule, …)
    slots.starts(facts, from_at, to_at)                            # [int, …]
    slots.openings(facts, from_at, to_at)                          # the same, a bitmask for each window
    slots.reasons(facts, start)                                    # () when it can be booked
    pool.free(start, footprint)                                    # ids of the places that serve it, the best first

The rule on which all else rests: `openings` and `reasons` read the same `obstacles`, so every offered start has no
reason and every other start on the grid has a true one.
"""
