"""Who treats: registrations, what they offer, weekly hours."""
