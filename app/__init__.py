"""The explorer's server: survey cutouts, the bundle, the query and HTTP. Never training."""
