"""What the server serves: files and manifest, catalogue, latent space and its search."""
