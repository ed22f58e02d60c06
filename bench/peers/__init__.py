"""What we are compared with: a few lines each on stock libraries, and a process each."""
