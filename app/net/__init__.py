"""HTTP to others: a client with a total deadline, and a breaker that leaves the sick alone.

Nothing in here knows what is asked for.
"""
