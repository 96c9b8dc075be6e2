"""The best course of sessions, exactly (K1), and where there is none the best part of one (K2). Pure, as all of the core.

    values ────┐                          Option, Task in; Plan, Cost out
      ├ days ──┤                          openings of practitioners -> options by practitioner and day
      ├ costs ─┤                          a plan's cost as one whole number, a sum over its sessions and gaps
      └─ tables                           forwards: the least cost of coming to a practitioner on a day with a session
           └ search                       backwards, guided by that: whole plans, the best first

The order of K1 is lexicographic, and each part of it is a sum: over sessions (preference, minutes away, the starts themselves, the ids) or over gaps
(changes, deviation). So a cost is packed into one integer, what counts first in the highest bits, and two plans never cost the same.

Forwards, only the best start of each practitioner and day counts, since gaps see no more than the day. Backwards, the cheapest is always continued
first, by what it costs already and what the tables say is the least that it will; the first that arrives is the best plan, the next the next best.
What two sessions in a row forbid each other, around a midnight, is looked at on the way.
"""
