"""Survey access: one module a service, and what makes them dependable."""
