"""An image that a person sends, as bytes: what it is, its limits, and its pixels."""
