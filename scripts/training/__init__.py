"""Commands that train encoders and classifiers, or judge them."""
