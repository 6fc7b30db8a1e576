"""The simulated Kubernetes: an engine in plain Python, the rows it is kept in, thin adapters around it."""
