"""`make bench`: what the product costs, measured on the real server and printed as one table."""
