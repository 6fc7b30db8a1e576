"""The simulated Kubernetes: plain Python without Django, a wall clock or global randomness."""
