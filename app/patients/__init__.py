"""Who is treated."""
