"""What people write, read: words, times of day, lengths of time, business hours, zones. Pure."""
