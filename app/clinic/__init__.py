"""The clinic itself: its settings, its locations, the places in them."""
