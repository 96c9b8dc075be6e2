"""When can I come? Loads facts, asks the core, answers."""
