"""The best course of sessions, exactly (K1), and where there is none the best part of one (K2). Pure, as all of the core.

    values ──────┐                        Option, Task in; Plan, Cost out
      ├ days ────┤                        openings of practitioners -> options by practitioner and day
      ├ costs ───┤                        a plan's cost as one whole number, a sum over its sessions and gaps
      ├ sweep    │                        sets of days from one end of a course to the other, the cheapest first
      │  └ outline                        by days alone: the few that a good plan can have -> smaller tasks, one after another
      ├ crossing │                        from some days to others, over one gap, at the least cost
      │  └ tables┤                        forwards: the least cost of coming to a practitioner on a day with a session
               search                     backwards, guided by that: whole plans, the best first

The order of K1 is lexicographic, and each part of it is a sum: over sessions (preference, minutes away, the starts themselves, the ids) or over gaps
(changes, deviation). So a cost is packed into one integer, what counts first in the highest bits, and two plans never cost the same.

Forwards, only the best start of each practitioner and day counts, since gaps see no more than the day. Backwards, the cheapest is always continued
first, by what it costs already and what the tables say is the least that it will; the first that arrives is the best plan, the next the next best.
What two sessions in a row forbid each other, around a midnight, is looked at on the way.

Of a task only a small part is looked at, as long as that is enough: the days that plans can have which cost little by days alone (outline). A part
has every plan up to some cost, so that those are told in their order; then comes the next larger part, and at last the whole task, which also answers
what no part could.
"""
