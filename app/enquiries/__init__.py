"""Questions from outside, and the inbox they land in."""
