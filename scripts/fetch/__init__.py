"""`rgz-explorer fetch`: what is got from archives and surveys, to keep."""
