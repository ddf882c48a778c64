"""HTTP, one module a resource. It alone knows FastAPI; it asks the other rooms and sends."""
